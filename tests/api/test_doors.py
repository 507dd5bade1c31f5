"""Who gets in, and what every wrong request is answered with."""

import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.utils import timezone

from advocacy.wsgi import application
from common.charset import forget_charset
from content_library.models import Item
from tenants.models import ApiToken, Membership, Team, Tenant
from tenants.scoping import acting_for
from tenants.tokens import revoke_api_token
from tests.api.conftest import Program, problem_of, token_of

pytestmark = pytest.mark.django_db

ALL = [
    ("get", "me/"), ("get", "feed/"), ("get", "items/"), ("post", "items/"),
    ("get", "topics/"), ("get", "accounts/"), ("get", "shares/"), ("post", "shares/"),
    ("get", "publications/"), ("get", "guidelines/"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), ALL)
def test_without_a_token_the_answer_is_401_and_says_how(method: str, path: str) -> None:
    answer = getattr(Client(), method)(f"/api/v1/{path}")

    problem_of(answer, 401)
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.parametrize(
    "header",
    [
        "Bearer", "Bearer ", "Bearer adv_wrong", "Basic YTpi", "adv_x", "Bearer \x01",
        "Bearer adv_" + "x" * 5000, "Bearer adv_æøå", "\xff", "Bearer adv_%00",
    ],
)  # fmt: skip
def test_a_wrong_token_is_401(header: str) -> None:
    problem_of(Client().get("/api/v1/me/", headers={"authorization": header}), 401)


def test_a_session_does_not_open_the_api(ana: Membership) -> None:
    browser = Client()
    browser.force_login(ana.user)

    problem_of(browser.get("/api/v1/me/"), 401)


def test_the_word_bearer_is_read_in_any_case(ana_api: Program) -> None:
    headers = {"authorization": f"bearer {ana_api.token}"}

    assert Client().get("/api/v1/me/", headers=headers).status_code == 200


def test_a_token_says_who_it_is(ana: Membership, acme: Tenant) -> None:
    with acting_for(acme):
        ana.team = Team.objects.create(tenant=acme, name="Sales")
        ana.save()

    body = Program(token_of(ana)).get("me/").json()

    assert body == {
        "id": str(ana.pk),
        "name": "Ana",
        "email": "ana@acme.example",
        "roles": ["employee"],
        "team": {"id": str(ana.team.pk), "name": "Sales"},
        "tenant": {
            "slug": "acme",
            "name": "Acme",
            "language": "en",
            "time_zone": "Europe/Copenhagen",
        },
    }


def test_a_revoked_token_is_401(ana_api: Program, ana: Membership) -> None:
    with acting_for(ana.tenant_id):
        token = ApiToken.objects.for_tenant(ana.tenant_id).get()
        revoke_api_token(token, by=ana, now=timezone.now())

    problem_of(ana_api.get("me/"), 401)


def test_a_member_who_left_is_401(ana_api: Program, ana: Membership) -> None:
    with acting_for(ana.tenant_id):
        ana.deactivated_at = timezone.now()
        ana.save()

    problem_of(ana_api.get("me/"), 401)


def test_one_person_in_two_tenants_has_a_token_for_each(
    join: Any, acme: Tenant, globex: Tenant, item: Item, their_item: Item
) -> None:
    here, there = (
        Program(token_of(join("bo", acme))),
        Program(token_of(join("bo", globex))),
    )

    assert [row["id"] for row in here.get("feed/").json()["results"]] == [str(item.pk)]
    theirs = there.get("feed/").json()["results"]
    assert [row["id"] for row in theirs] == [str(their_item.pk)]


def test_use_of_a_token_is_noted(ana_api: Program, ana: Membership) -> None:
    ana_api.get("me/")

    with acting_for(ana.tenant_id):
        token = ApiToken.objects.for_tenant(ana.tenant_id).get()
    assert token.last_used_at > timezone.now() - timedelta(minutes=1)


def test_an_unknown_id_is_a_404_problem(cora_api: Program) -> None:
    problem_of(cora_api.get("items/01900000-0000-7000-8000-000000000000/"), 404)


# -- Wrong requests -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/api/", "/api/v2/items/", "/api/v1/nothing/", "/api/v1/items", "/api/v1/items/5/",
        "/api/v1/items/%00/", "/api/v1/shares/x/cancel/", "/api/v1/me/more/",
        "/api/v1/items/01900000-0000-7000-8000-00000000000g/", "/api/v1/items/%0A/",
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_an_unknown_address_is_a_404_problem(
    cora_api: Program, path: str, method: str
) -> None:
    problem_of(cora_api.ask(method, path, {"title": "A"}), 404)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("put", "shares/"), ("delete", "feed/"), ("post", "publications/"),
        ("post", "accounts/"), ("patch", "me/"), ("options", "items/"), ("trace", "me/"),
    ],
)  # fmt: skip
def test_a_wrong_method_is_a_405_problem(
    ana_api: Program, method: str, path: str
) -> None:
    answer = ana_api.generic(method.upper(), path)

    problem_of(answer, 405)
    assert answer["Allow"]


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain", "application/xml", "multipart/form-data; boundary=x", "", "?",
        "application/x-www-form-urlencoded", "application/", "application/json5",
    ],
)  # fmt: skip
def test_another_content_type_is_a_415_problem(cora_api: Program, kind: str) -> None:
    answer = cora_api.post("items/", "title=A", content_type=kind)

    problem_of(answer, 415)


def bodies() -> dict[str, bytes]:
    return {
        "empty": b" ",
        "cut short": b'{"title": "A',
        "no json": b"title=A",
        "not utf-8": b'{"title": "\xff\xfe"}',
        "utf-16": '{"title": "A"}'.encode("utf-16"),
        "deep list": b"[" * 100_000,
        "deep object": b'{"a":' * 100_000,
        "closed deep list": b"[" * 50_000 + b"]" * 50_000,
        "nan": b'{"title": NaN}',
        "infinity": b'{"title": Infinity}',
        "long number": b'{"title": ' + b"9" * 10_000 + b"}",
        "nul": b"\0",
        "bom": b"\xef\xbb\xbf{}",
    }


@pytest.mark.parametrize("name", bodies())
def test_a_malformed_body_is_a_400_problem(cora_api: Program, name: str) -> None:
    answer = cora_api.post("items/", bodies()[name], content_type="application/json")

    assert "errors" not in problem_of(answer, 400)


@pytest.mark.parametrize(
    "charset", ["utf-8", "utf-16", "rot13", "hex", "zlib", "nothing", "\\", '"hex"']
)
def test_the_charset_of_a_request_is_not_believed(charset: str) -> None:
    asked = RequestFactory().generic("POST", "/api/nothing/", b"{}").environ
    kind = {"CONTENT_TYPE": f"application/json; Charset={charset}"}
    heads: list[str] = []

    list(application(asked | kind, lambda status, *_rest: heads.append(status)))

    assert heads == ["404 Not Found"]


def test_only_the_charset_is_taken_out_of_a_content_type() -> None:
    environ = {"CONTENT_TYPE": "multipart/form-data; charset=hex; boundary=charset"}

    forget_charset(environ)

    assert environ == {"CONTENT_TYPE": "multipart/form-data; boundary=charset"}


def test_a_body_over_two_megabytes_is_a_413_problem(cora_api: Program) -> None:
    body = json.dumps({"title": "x" * (2 * 1024 * 1024)})

    problem_of(cora_api.post("items/", body, content_type="application/json"), 413)


def test_a_body_of_fifty_megabytes_is_refused_unread(cora_api: Program) -> None:
    class Unreadable(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise AssertionError("the body was read")

    answer = cora_api.post(
        "items/",
        b"",
        content_type="application/json",
        **{"wsgi.input": Unreadable(), "CONTENT_LENGTH": str(50 * 1024 * 1024)},
    )

    problem_of(answer, 413)


@pytest.mark.parametrize(
    "accept", ["text/html", "application/xml", "image/*", "nothing"]
)
def test_an_answer_nobody_asked_for_is_a_406_problem(
    ana_api: Program, accept: str
) -> None:
    problem_of(ana_api.get("me/", headers={"accept": accept}), 406)


@pytest.mark.parametrize(
    "accept",
    ["", ";;;", "*/*", "application/json; q=0.1", "application/problem+json, */*"],
)
def test_odd_but_fitting_accept_headers_are_answered(
    ana_api: Program, accept: str
) -> None:
    assert ana_api.get("me/", headers={"accept": accept}).status_code < 500


def test_a_format_in_the_address_is_not_a_thing(ana_api: Program) -> None:
    assert ana_api.get("me/?format=xml").status_code == 200


def test_a_wrong_host_is_a_400_problem(ana_api: Program) -> None:
    problem_of(ana_api.get("me/", headers={"host": "evil.example"}), 400)


def test_a_crash_is_a_500_problem(ana_api: Program, settings: Any) -> None:
    ana_api.raise_request_exception = False
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"EXCEPTION_HANDLER": None}
    settings.API_REQUESTS_PER_MINUTE = "crash"

    body = problem_of(ana_api.get("me/"), 500)

    assert "crash" not in body["detail"]


# -- Too often ----------------------------------------------------------------------------


def test_too_many_requests_of_one_token_are_429(
    ana_api: Program, mo_api: Program, settings: Any
) -> None:
    settings.API_REQUESTS_PER_MINUTE = 2
    codes = [ana_api.get("me/").status_code for _ in range(2)]

    refused = ana_api.get("me/")

    assert codes == [200, 200]
    problem_of(refused, 429)
    assert 0 < int(refused["Retry-After"]) <= 60
    assert mo_api.get("me/").status_code == 200


def test_without_redis_a_process_counts_by_itself(
    ana_api: Program, settings: Any, redis_away: None
) -> None:
    settings.API_REQUESTS_PER_MINUTE = 2

    assert [ana_api.get("me/").status_code for _ in range(3)] == [200, 200, 429]
