"""Fence 5: every route × method × object × role, with twin tenants full of canaries.

Routes come from the URLconf and rows from the models, so both new ones are swept by
themselves. A parameter that nobody explained here fails with a sentence.
"""

import logging
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.urls import get_resolver

from common.ids import uuid7
from tenants.models import Role
from tests.routes import Route, all_routes
from tests.twins import Twin, make_twin
from tests.visitors import Form, Forms, Visitor, seen, why

# Some thousand visits: half a minute on a quiet machine.
pytestmark = [pytest.mark.django_db, pytest.mark.timeout(300)]

# A parameter of an address -> the model whose id it is.
ROWS = {
    "account_id": "Account",
    "attempt_id": "ConnectAttempt",
    "guideline_id": "Guideline",
    "invitation_id": "Invitation",
    "item_id": "Item",
    "media_id": "ItemMedia",
    "member_id": "Membership",
    "notice_id": "Notice",
    "publication_id": "Publication",
    "share_id": "Share",
    "team_id": "Team",
    "token_id": "ApiToken",
    "topic_id": "Topic",
    "version_id": "GuidelineVersion",
}
# The objects of an API view, by the name under which its router knows it.
BASENAMES = {
    "account": "Account",
    "guideline": "GuidelineVersion",
    "item": "Item",
    "publication": "Publication",
    "share": "Share",
}
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Parameters that name no row of a tenant.
WORDS = {
    "network": "linkedin",
    "kind": "events",
    "token": "an-invented-secret",
    "key": "an-invented-key",
    "signed": "an-invented-signature",
    "uidb36": "1",
    "rest": "nothing/here",
}
PAGE_METHODS = ("get", "post")
API_METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """A thousand refusals are no news."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(autouse=True)
def _networks(settings: Any) -> None:
    settings.NETWORKS_ENVIRON = {
        f"NETWORK_{network}_{name}": "app"
        for network in ("LINKEDIN", "X")
        for name in ("CLIENT_ID", "CLIENT_SECRET")
    } | {"NETWORK_X_MODE": "api"}


@pytest.fixture
def acme(db: None) -> Twin:  # type: ignore[override]
    return make_twin("acme")


@pytest.fixture
def globex(db: None) -> Twin:  # type: ignore[override]
    return make_twin("globex")


@pytest.fixture
def members(acme: Twin) -> list[Visitor]:
    return [Visitor(role, acme, role) for role in Role.values]


ROUTES = list(all_routes(get_resolver()))
INSIDE = [route for route in ROUTES if "slug" in route.names]
API = [route for route in ROUTES if route.is_api]


def addresses(
    route: Route, home: Twin, objects: Twin, who: Visitor | None = None
) -> Iterator[str]:
    """Yield the route's addresses under ``home``'s slug with the ids of ``objects``.

    There are an employee's rows and an admin's; the admin tries both.
    """
    for number in range(2 if who and who.name == Role.ADMIN else 1):
        values = {name: value(route, name, objects, number) for name in route.names}
        yield route.fill(values | {"slug": home.tenant.slug})
        if not has_rows(route):
            return


def value(route: Route, name: str, objects: Twin, number: int) -> str:
    if name == "slug":
        return objects.tenant.slug
    if name in WORDS:
        return WORDS[name]
    if name == "code":
        return str(objects.rows["TrackedLink"][number].code)
    model = BASENAMES.get(route.basename) if name == "pk" else ROWS.get(name)
    if model is None:
        pytest.fail(
            f"{route.path}: say in tests/test_sweep.py which row <{name}> names "
            "(ROWS, BASENAMES), or that it names none (WORDS)."
        )
    return str(objects.rows[model][number].pk)


def has_rows(route: Route) -> bool:
    return any(name in ROWS or name in ("pk", "code") for name in route.names)


def methods(route: Route) -> tuple[str, ...]:
    """Return the methods worth a visit: of an API view its own, and one that it refuses."""
    if not route.is_api:
        return PAGE_METHODS
    known = own_methods(route)
    refused = [method for method in API_METHODS if method not in known]
    return (*sorted(known), *refused[:1])


def own_methods(route: Route) -> set[str]:
    return set(getattr(route.view, "actions", None) or API_METHODS) & set(API_METHODS)


def body(route: Route, method: str, objects: Twin) -> Any:
    """Return what a curious program would send: every id it has, under every name."""
    if method == "get":
        return None
    ids = {name: str(rows[0].pk) for name, rows in objects.rows.items()}
    names = {
        word: ids[model]
        for name, model in ROWS.items()
        for word in (name, name.removesuffix("_id"), model.lower())
    }
    if not route.is_api:
        return names | {f"{name}s": [value] for name, value in names.items()}
    part = {"account": ids["Account"], "text": "words"}
    return names | {"topics": [ids["Topic"]], "publications": [part], "title": "words"}


def knock(
    who: Visitor, method: str, path: str, data: Any, *, hidden: Twin | None
) -> tuple[Any, list[str]]:
    """Visit, and return what must never be seen: a 500, or a canary of ``hidden``."""
    answer = who.visit(method, path, data)
    place = f"{method.upper()} {path} as {who.name}: "
    wrong = []
    if answer.status_code >= 500:
        wrong.append(f"{place}{answer.status_code}{why(answer)}")
    if hidden is not None and hidden.canary in seen(answer):
        wrong.append(f"{place}shows {hidden.canary} ({answer.status_code})")
    return answer, wrong


def test_every_parameter_of_every_route_is_explained(acme: Twin) -> None:
    for route in ROUTES:
        assert list(addresses(route, acme, acme))


def test_nobody_who_is_not_signed_in_gets_in(acme: Twin) -> None:
    wrong, anonymous = [], Visitor("nobody")

    for route in INSIDE + API:
        for path in addresses(route, acme, acme):
            for method in methods(route):
                answer, found = knock(
                    anonymous, method, path, body(route, method, acme), hidden=acme
                )
                wrong += found
                if not is_closed(route, answer):
                    wrong.append(f"{method.upper()} {path}: {answer.status_code}")

    assert not wrong, "\n".join(wrong)


def is_closed(route: Route, answer: Any) -> bool:
    if answer.status_code == 302:
        return str(answer["Location"]).startswith("/accounts/login/?next=")
    if route.path in OPEN_API:
        return True
    return answer.status_code in (401, 404, 405)


# What the API tells everybody: its own documentation.
OPEN_API = ("/api/v1/schema/", "/api/v1/docs/")


def test_a_stranger_finds_nothing_under_another_tenants_address(
    acme: Twin, globex: Twin
) -> None:
    wrong = []
    for role in (Role.ADMIN, Role.EMPLOYEE):
        eve = Visitor(f"{role} of globex", globex, role)
        for route in INSIDE:
            for path in addresses(route, acme, acme):
                for method in PAGE_METHODS:
                    answer, found = knock(
                        eve, method, path, body(route, method, acme), hidden=acme
                    )
                    wrong += found
                    if answer.status_code not in (404, 405):
                        wrong.append(f"{method.upper()} {path}: {answer.status_code}")

    assert not wrong, "\n".join(wrong)


def test_another_tenants_rows_look_like_rows_that_are_not_there(
    acme: Twin, globex: Twin, members: list[Visitor]
) -> None:
    wrong = []
    for route in filter(has_rows, INSIDE + API):
        for who in members:
            for path in addresses(route, acme, globex, who):
                for method in methods(route):
                    data = body(route, method, globex)
                    answer, found = knock(who, method, path, data, hidden=globex)
                    wrong += found
                    wrong += told_apart(answer, who, method, path, data)

    assert not wrong, "\n".join(wrong)


def told_apart(
    answer: Any, who: Visitor, method: str, path: str, data: Any
) -> list[str]:
    """Return a sentence when the answer is not the one for an id that nobody has."""
    if answer.status_code in (403, 404, 405):
        return []
    invented = UUID.sub(str(uuid7()), path)
    missing = who.visit(method, invented, data)
    if missing.status_code == answer.status_code >= 300:
        return []
    return [f"{method.upper()} {path} as {who.name}: {answer.status_code}"]


def test_members_see_nothing_of_another_tenant_and_what_their_role_opens(
    acme: Twin, globex: Twin, members: list[Visitor]
) -> None:
    """Their own tenant's rows, but with the twin's ids in whatever they send."""
    wrong = []
    for route in ROUTES:
        outside = "slug" not in route.names and not route.is_api
        for who in members[-1:] if outside else members:
            for path in addresses(route, acme, acme, who):
                statuses = set()
                for method in methods(route):
                    data = body(route, method, globex)
                    answer, found = knock(who, method, path, data, hidden=globex)
                    wrong += found
                    statuses.add(answer.status_code)
                if route in INSIDE:
                    wrong += at_the_door(route, who, statuses)

    assert not wrong, "\n".join(wrong)


# Who may open what stands below a tenant's address; every member the rest.
DOORS = {
    "people/": Role.ADMIN,
    "settings/tokens/": Role.EMPLOYEE,
    "settings/": Role.ADMIN,
    "library/": Role.CURATOR,
    "dashboard/": Role.MANAGER,
    "guidelines/new/": Role.CURATOR,
    "guidelines/<uuid:guideline_id>/edit/": Role.CURATOR,
}


def needed(route: Route) -> str:
    below = route.path.removeprefix("/t/<slug:slug>/")
    return next((DOORS[p] for p in DOORS if below.startswith(p)), Role.EMPLOYEE)


def at_the_door(route: Route, who: Visitor, statuses: set[int]) -> list[str]:
    """Return a sentence when a member comes further, or less far, than the role says."""
    role = needed(route)
    may = role == Role.EMPLOYEE or who.name in (role, Role.ADMIN)
    return [] if (statuses <= {403, 405}) != may else [f"{route.path}: {who.name}"]


def test_pages_outside_a_tenant_show_a_visitor_no_tenant(
    acme: Twin, globex: Twin
) -> None:
    wrong, anonymous = [], Visitor("nobody")
    for route in ROUTES:
        if "slug" in route.names or route.is_api or "code" in route.names:
            continue
        for path in addresses(route, acme, acme):
            for method in PAGE_METHODS:
                data = body(route, method, acme)
                for twin in (acme, globex):
                    wrong += knock(anonymous, method, path, data, hidden=twin)[1]

    assert not wrong, "\n".join(wrong)


def test_the_sweep_would_see_a_leak(acme: Twin, members: list[Visitor]) -> None:
    """The canary is on its own tenant's pages and in its API, so its absence means something."""
    admin = members[-1]
    pages = [
        "/t/acme/",
        "/t/acme/queue/",
        "/t/acme/people/",
        "/t/acme/people/teams/",
        "/t/acme/guidelines/",
        "/t/acme/library/",
        "/t/acme/settings/",
        "/api/v1/items/",
        "/api/v1/shares/",
        "/api/v1/publications/",
    ]

    blind = [
        page for page in pages if acme.canary not in seen(admin.visit("get", page))
    ]

    assert blind == []


# -- Bad input ---------------------------------------------------------------------------

BAD = {
    "nul": "a\0b",
    "long": "x" * 10_000,
    "emoji": "👩🏽‍🚀🎉",
    "right to left": "\u202eevil\u202c שלום",
    "script": "javascript:alert(1)//<script>",
    "long address": "https://example.com/" + "a" * 10_000,
    "idn": "https://пример.рф/ü?q=\u2028",
    "huge number": "9" * 400,
    "negative": "-1",
    "no uuid": "not-a-uuid",
    "date": "2026-99-99T99:99",
    "surrogate": "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    "empty": "",
}


def forms_of(admin: Visitor, acme: Twin) -> list[Form]:
    """Return each POST form that an admin meets, once however many rows have it."""
    found: dict[Any, Form] = {}
    for route in ROUTES:
        if route.is_api:
            continue
        for path in addresses(route, acme, acme):
            page = admin.visit("get", path)
            if "text/html" in page.get("Content-Type", ""):
                for form in Forms(page.content.decode(), path).found:
                    kind = UUID.sub("", f"{form.action} {sorted(form.fields)}")
                    found.setdefault(kind, form)
    return list(found.values())


def test_no_form_breaks_on_bad_input(acme: Twin, members: list[Visitor]) -> None:
    wrong: list[str] = []
    admin = members[-1]
    forms = forms_of(admin, acme)

    for form in forms:
        for kind, bad in BAD.items() if form.free else ():
            wrong += spoil(admin, form, kind, dict.fromkeys(form.free, bad))
        for name in form.free:  # one bad field hides another
            wrong += spoil(admin, form, "nul", {name: [BAD["nul"]] * 2})

    assert len(forms) > 15
    assert not wrong, "\n".join(wrong)


def spoil(admin: Visitor, form: Form, kind: str, fields: dict[str, Any]) -> list[str]:
    data = form.fields | fields
    found = knock(admin, "post", form.action, data, hidden=None)[1]
    return [f"{', '.join(fields)} = {kind}: {sentence}" for sentence in found]


def test_no_route_breaks_on_names_it_does_not_know(
    acme: Twin, members: list[Visitor]
) -> None:
    wrong: list[str] = []
    admin = members[-1]
    names = {name for form in forms_of(admin, acme) for name in form.fields}

    for route in ROUTES:
        if route.is_api:
            continue
        for path in addresses(route, acme, acme):
            data = dict.fromkeys(names, BAD["nul"])
            wrong += knock(admin, "post", path, data, hidden=None)[1]
            query = {
                "q": "\0",
                "page": "9" * 400,
                "team": "x",
                "next": "//x",
                "state": "\0",
            }
            wrong += knock(admin, "get", path, query, hidden=None)[1]

    assert not wrong, "\n".join(wrong)


ODD = ("\0", "x" * 5_000, "🎉", "..", "%", "9" * 400)


def test_no_address_breaks_on_odd_words(acme: Twin, members: list[Visitor]) -> None:
    wrong: list[str] = []
    for route in ROUTES:
        values = {name: value(route, name, acme, 0) for name in route.names}
        for name in route.names:
            for odd in ODD if name in route.words else ODD[:1]:
                path = route.fill(values | {name: quote(odd)})
                for method in ("get", "post"):
                    wrong += knock(members[-1], method, path, None, hidden=None)[1]

    assert not wrong, "\n".join(wrong)


JSON = (
    [],
    "text",
    7,
    None,
    {"item": None, "publications": 7, "title": [], "topics": {"a": 1}},
    {"item": "a\0b", "publications": ["x"], "title": "a\0b", "topics": ["\0"]},
    {"item": {"a": []}, "publications": [{"account": 7, "text": {}}], "out": "x"},
    {"title": "x" * 10_000, "source_url": "javascript:alert(1)", "starts_at": "\0"},
    {"title": "🎉", "source_url": "https://x.example/" + "a" * 10_000, "kind": 10**40},
)


def test_no_api_route_breaks_on_bad_json(acme: Twin, members: list[Visitor]) -> None:
    wrong: list[str] = []
    for route in API:
        for path in addresses(route, acme, acme):
            for method in own_methods(route) - {"get"}:
                for data in JSON:
                    wrong += knock(members[-1], method, path, data, hidden=None)[1]
            query = {"page": "9" * 400, "page_size": "-1", "state": "\0", "topic": "x"}
            wrong += knock(members[-1], "get", path, query, hidden=None)[1]

    assert not wrong, "\n".join(wrong)


def test_no_page_takes_a_post_without_its_token(
    acme: Twin, members: list[Visitor]
) -> None:
    wrong, admin = [], members[-1]
    admin.client.handler.enforce_csrf_checks = True

    for route in ROUTES:
        if route.is_api:
            continue
        for path in addresses(route, acme, acme):
            answer = admin.visit("post", path, {"name": "x"})
            if answer.status_code not in (403, 404, 405):
                wrong.append(f"POST {path}: {answer.status_code}")

    assert not wrong, "\n".join(wrong)
