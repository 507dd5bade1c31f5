"""Everything that can go wrong on the way back from a network: a sentence, and nothing kept."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from sharing.models import Account, ConnectAttempt
from sharing.sandbox import Sandbox, Settings
from tenants.models import Membership, Tenant
from tenants.scoping import acting_for
from tests import canaries
from tests.conftest import Join

pytestmark = pytest.mark.django_db
TOKEN = "POST /api.x.com/2/oauth2/token"
PROFILE = "GET /api.x.com/2/users/me"
HTML = "<!doctype html><title>Oops</title><p>Something broke: canary-in-a-page"


@pytest.fixture
def web(client: Client, ana: Membership) -> Client:
    client.force_login(ana.user)
    return client


@pytest.fixture(autouse=True)
def sandbox(settings: Any) -> Iterator[Sandbox]:
    with Sandbox(Settings(clients={"app": canaries.SECRET})) as sandbox:
        for network in ("LINKEDIN", "X"):
            settings.NETWORKS_ENVIRON[f"NETWORK_{network}_BASE_URL"] = sandbox.url
        yield sandbox


def leave(web: Client, tenant: str = "acme", network: str = "x") -> str:
    connect = reverse("sharing:connect", args=[tenant, network])
    return str(web.post(connect)["Location"])


def way_back(sandbox: Sandbox, url: str, **walk: Any) -> str:
    parts = urlsplit(sandbox.consent(url, **walk))
    return f"{parts.path}?{parts.query}"


def rows_of(member: Membership) -> tuple[list[Account], list[ConnectAttempt]]:
    with acting_for(member.tenant_id):
        accounts = Account.objects.for_tenant(member.tenant_id)
        attempts = ConnectAttempt.objects.for_tenant(member.tenant_id)
        return list(accounts), list(attempts)


def assert_nothing_is_kept(member: Membership) -> None:
    accounts, attempts = rows_of(member)
    assert accounts == []
    assert [bytes(attempt.held) for attempt in attempts] == [b""] * len(attempts)


# -- What the network says ---------------------------------------------------------------


@pytest.mark.parametrize("where", [TOKEN, PROFILE])
@pytest.mark.parametrize(
    "answer",
    [
        {"status": 200, "body": HTML},
        {"status": 200, "body": ""},
        {"status": 200, "body": {"error": "server_error"}},
        {"status": 200, "body": {"errors": [{"message": "Over capacity"}]}},
        {"status": 200, "body": []},
        {"status": 302, "headers": {"Location": "https://elsewhere.example/"}},
        {"status": 400, "body": {"error": "invalid_grant"}},
        {"status": 401, "body": HTML},
        {"status": 403, "body": {"detail": "not enrolled"}},
        {"status": 404, "body": HTML},
        {"status": 429, "headers": {"Retry-After": "60"}},
        {"status": 500, "body": HTML},
        {"status": 503, "body": ""},
    ],
)
def test_whatever_it_answers_ends_on_a_calm_page(
    web: Client, ana: Membership, sandbox: Sandbox, where: str, answer: dict[str, Any]
) -> None:
    back = way_back(sandbox, leave(web))
    sandbox.fault(where, "status", **answer)

    page = web.get(back)

    html = page.content.decode()
    assert page.status_code == 200
    assert "Nothing was connected" in html
    assert "canary-in-a-page" not in html
    assert_nothing_is_kept(ana)


@pytest.mark.parametrize("fault", ["drop_before", "drop_after", "truncate"])
@pytest.mark.parametrize("where", [TOKEN, PROFILE])
def test_a_line_that_breaks_ends_on_a_calm_page(
    web: Client, ana: Membership, sandbox: Sandbox, where: str, fault: str
) -> None:
    back = way_back(sandbox, leave(web))
    sandbox.fault(where, fault)

    assert "Nothing was connected" in web.get(back).content.decode()
    assert_nothing_is_kept(ana)


def test_a_code_that_is_too_old_is_said_so(
    web: Client, ana: Membership, sandbox: Sandbox
) -> None:
    back = way_back(sandbox, leave(web))
    sandbox.advance(31)

    html = web.get(back).content.decode()
    assert "no longer valid" in html, html
    assert_nothing_is_kept(ana)


def test_fewer_permissions_than_needed_are_named(
    web: Client, ana: Membership, sandbox: Sandbox
) -> None:
    back = way_back(sandbox, leave(web))
    less = {
        "access_token": "a",
        "token_type": "bearer",
        "scope": "users.read tweet.read",
    }
    sandbox.fault(TOKEN, "status", status=200, body=less)

    html = web.get(back).content.decode()

    assert "did not give all the permissions" in html
    assert "Post in your name" in html
    assert "See your name" not in html
    assert_nothing_is_kept(ana)


def test_what_was_allowed_is_shown_before_anything_is_linked(
    web: Client, ana: Membership, sandbox: Sandbox
) -> None:
    confirm = web.get(way_back(sandbox, leave(web)))["Location"]

    html = web.get(confirm).content.decode()

    assert "Post in your name, each time you press Share" in html
    assert rows_of(ana)[0] == []


@pytest.mark.parametrize(
    "error", ["access_denied", "server_error", "invalid_scope", "x" * 5000, "<b>"]
)
def test_an_error_instead_of_a_code_ends_on_a_calm_page(
    web: Client, ana: Membership, error: str
) -> None:
    state = parse_qs(urlsplit(leave(web)).query)["state"][0]
    callback = reverse("connect_callback", args=["x"])

    page = web.get(
        callback, {"state": state, "error": error, "error_description": HTML}
    )

    assert page.status_code == 200
    assert "Nothing was connected" in page.content.decode()
    assert "canary-in-a-page" not in page.content.decode()
    assert_nothing_is_kept(ana)


# -- Whose answer it is ------------------------------------------------------------------


def test_a_state_is_long_random_and_never_kept(web: Client, ana: Membership) -> None:
    states = [parse_qs(urlsplit(leave(web)).query)["state"][0] for _ in range(3)]

    _, attempts = rows_of(ana)
    assert len(set(states)) == 3
    assert all(len(state) >= 43 for state in states)
    for attempt in attempts:
        kept = [getattr(attempt, f.attname) for f in attempt._meta.concrete_fields]
        assert not any(state in repr(kept) for state in states)


def test_a_state_lives_ten_minutes_at_most(web: Client, ana: Membership) -> None:
    leave(web)

    [attempt] = rows_of(ana)[1]
    assert attempt.expires_at - timezone.now() <= timedelta(minutes=10)


def test_a_state_is_used_up_by_a_cancelled_answer_too(
    web: Client, ana: Membership, sandbox: Sandbox
) -> None:
    url = leave(web)
    web.get(way_back(sandbox, url, allow=False))

    again = web.get(way_back(sandbox, url))

    assert "too old or was used before" in again.content.decode()
    assert_nothing_is_kept(ana)


def test_another_session_of_the_same_person_is_another_one(
    web: Client, ana: Membership, sandbox: Sandbox
) -> None:
    back = way_back(sandbox, leave(web))
    elsewhere = Client()
    elsewhere.force_login(ana.user)

    assert "too old or was used before" in elsewhere.get(back).content.decode()
    assert_nothing_is_kept(ana)


def test_signed_out_nobody_answers(
    web: Client, ana: Membership, sandbox: Sandbox
) -> None:
    back = way_back(sandbox, leave(web))

    assert Client().get(back).status_code == 302
    assert_nothing_is_kept(ana)


def test_the_answer_to_one_network_is_none_to_another(
    web: Client, ana: Membership, sandbox: Sandbox
) -> None:
    back = way_back(sandbox, leave(web)).replace("/connect/x/", "/connect/linkedin/")

    assert "too old or was used before" in web.get(back).content.decode()
    assert_nothing_is_kept(ana)


def test_the_account_is_linked_where_it_was_begun(
    web: Client, ana: Membership, globex: Tenant, join: Join, sandbox: Sandbox
) -> None:
    """Somebody who works at two places is asked for the one, and linked there alone."""
    with acting_for(globex):
        there = Membership.objects.create(
            tenant=globex, user=ana.user, roles=["employee"]
        )
    here = web.get(way_back(sandbox, leave(web)))["Location"]
    elsewhere = here.replace("/t/acme/", "/t/globex/")

    web.post(elsewhere, {"answer": "yes"})
    assert_nothing_is_kept(there)

    web.post(here, {"answer": "yes"})
    assert len(rows_of(ana)[0]) == 1
    assert rows_of(there)[0] == []


def test_who_has_left_meanwhile_links_nothing(
    web: Client, ana: Membership, sandbox: Sandbox
) -> None:
    back = way_back(sandbox, leave(web))
    with acting_for(ana.tenant_id):
        mine = Membership.objects.for_tenant(ana.tenant_id).filter(pk=ana.pk)
        mine.update(deactivated_at=timezone.now())

    assert "too old or was used before" in web.get(back).content.decode()
    assert_nothing_is_kept(ana)


def test_confirming_twice_links_once(
    web: Client, ana: Membership, sandbox: Sandbox
) -> None:
    confirm = web.get(way_back(sandbox, leave(web)))["Location"]

    web.post(confirm, {"answer": "yes"})
    web.post(confirm, {"answer": "yes"})

    accounts, [attempt] = rows_of(ana)
    assert len(accounts) == 1
    assert bytes(attempt.held) == bytes(attempt.verifier) == b""


def test_connecting_the_same_account_again_renews_the_one_there_is(
    web: Client, ana: Membership, sandbox: Sandbox
) -> None:
    for _ in range(2):
        confirm = web.get(way_back(sandbox, leave(web), person="Priya Nair"))[
            "Location"
        ]
        web.post(confirm, {"answer": "yes"})

    [account] = rows_of(ana)[0]
    assert account.generation > 1
