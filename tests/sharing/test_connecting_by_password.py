"""Networks that are signed in to with a password made for us: typed once, never kept."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from sharing import publishing, tokens
from sharing.models import Account, ConnectAttempt, State
from sharing.sandbox import Sandbox
from tenants.models import Membership
from tenants.scoping import acting_for
from tests.sharing.conftest import Press, fresh

pytestmark = pytest.mark.django_db
NETWORK = "bluesky"
ASK = reverse("sharing:connect_ask", args=["acme", NETWORK])
ACCOUNTS = reverse("sharing:accounts", args=["acme"])
FEED = reverse("sharing:feed", args=["acme"])
PASSWORD = "abcd-efgh-ijkl-mnop"
TYPED = {"identifier": "signe-holm.bsky.social", "password": PASSWORD, "server": ""}


@pytest.fixture
def web(client: Client, ana: Membership) -> Client:
    client.force_login(ana.user)
    return client


@pytest.fixture(autouse=True)
def sandbox(settings: Any) -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        settings.NETWORKS_ENVIRON = {
            "NETWORK_BLUESKY_ENABLED": "1",
            "NETWORK_BLUESKY_BASE_URL": sandbox.url,
        }
        yield sandbox


def accounts_of(member: Membership) -> list[Account]:
    with acting_for(member.tenant_id):
        rows = Account.objects.for_tenant(member.tenant_id).filter(membership=member)
        return list(rows.with_clock().order_by("connected_at"))


def attempts_of(member: Membership) -> list[ConnectAttempt]:
    with acting_for(member.tenant_id):
        return list(ConnectAttempt.objects.for_tenant(member.tenant_id))


def link(web: Client, ask: str = ASK, **typed: str) -> Any:
    confirm = web.post(ask, TYPED | typed)["Location"]
    return web.post(confirm, {"answer": "yes"})


def test_the_page_says_what_to_type_and_what_happens_to_it(web: Client) -> None:
    page = web.get(ASK).content.decode()

    for words in ("App password", 'type="password"', "do not keep it", "(optional)"):
        assert words in page


def test_a_member_connects_and_shares(
    web: Client, ana: Membership, sandbox: Sandbox, press: Press
) -> None:
    confirm = web.post(ASK, TYPED | {"next": FEED})["Location"]
    page = web.get(confirm).content.decode()
    assert accounts_of(ana) == []
    for words in ("signe-holm.bsky.social", "Acme", "each time you press Share"):
        assert words in page

    answer = web.post(confirm, {"answer": "yes"})

    [account] = accounts_of(ana)
    assert answer["Location"] == FEED
    assert account.server == "https://pds.bsky.network"
    publication = press(account, "Straight from the deck. #grid")
    publishing.publish(publication.tenant_id, publication.pk)
    assert fresh(publication).state == State.PUBLISHED
    assert fresh(publication).url.startswith("https://bsky.app/profile/did:plc:")
    [post] = sandbox.posts(NETWORK)
    assert post.card["title"]


def test_a_session_is_renewed_before_it_ends(
    web: Client, ana: Membership, sandbox: Sandbox, press: Press
) -> None:
    link(web)
    [account] = accounts_of(ana)
    sandbox.advance(7300)
    with acting_for(ana.tenant_id):
        rows = Account.objects.for_tenant(ana.tenant_id)
        rows.update(expires_at=timezone.now() - timedelta(minutes=1))

    publication = press(account)
    publishing.publish(publication.tenant_id, publication.pk)

    assert fresh(publication).state == State.PUBLISHED
    [renewed] = accounts_of(ana)
    assert renewed.generation == account.generation + 1
    assert tokens.open_tokens(renewed).server == "https://pds.bsky.network"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"password": "wrong"}, "did not accept this handle and app password"),
        ({"password": "my-own-password"}, "This is the password of your account"),
        ({"password": ""}, "This field is required"),
        ({"identifier": ""}, "This field is required"),
        ({"server": "localhost"}, "No Bluesky server answers there"),
    ],
)
def test_a_mistake_is_said_at_its_field_and_the_secret_not_shown(
    web: Client, ana: Membership, typed: dict[str, str], said: str
) -> None:
    page = web.post(ASK, TYPED | typed)

    html = page.content.decode()
    assert page.status_code == 422
    assert said in html
    if "identifier" not in typed:
        assert 'value="signe-holm.bsky.social"' in html
    assert (typed.get("password") or PASSWORD) not in html
    assert attempts_of(ana) == []


def test_the_password_is_nowhere_afterwards(
    web: Client, ana: Membership, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    link(web)
    sandbox.fault("POST /bsky.social/*", "status", status=500, body=PASSWORD)

    page = web.post(ASK, TYPED)

    assert page.status_code == 422
    assert PASSWORD not in page.content.decode() + caplog.text
    for row in (*attempts_of(ana), *accounts_of(ana)):
        kept = [getattr(row, field.attname) for field in row._meta.concrete_fields]
        assert PASSWORD not in repr(kept)


def test_saying_no_links_nothing_and_keeps_nothing(
    web: Client, ana: Membership
) -> None:
    confirm = web.post(ASK, TYPED)["Location"]

    web.post(confirm, {"answer": "no"})

    [attempt] = attempts_of(ana)
    assert accounts_of(ana) == []
    assert bytes(attempt.held) == b""


def test_the_page_that_asks_for_consent_is_the_member_s_own(
    web: Client, cora: Membership
) -> None:
    confirm = web.post(ASK, TYPED)["Location"]
    other = Client()
    other.force_login(cora.user)

    other.post(confirm, {"answer": "yes"})

    assert accounts_of(cora) == []


def test_ten_minutes_later_it_has_to_be_typed_again(
    web: Client, ana: Membership
) -> None:
    confirm = web.post(ASK, TYPED)["Location"]
    with acting_for(ana.tenant_id):
        rows = ConnectAttempt.objects.for_tenant(ana.tenant_id)
        rows.update(expires_at=timezone.now())

    assert web.post(confirm, {"answer": "yes"})["Location"] == ACCOUNTS
    assert accounts_of(ana) == []


def test_the_same_person_is_refused_to_a_colleague_and_not_to_another_tenant(
    web: Client, ana: Membership, cora: Membership, eve: Membership
) -> None:
    link(web)
    colleague, stranger = Client(), Client()
    colleague.force_login(cora.user)
    stranger.force_login(eve.user)

    page = link(colleague)
    link(stranger, reverse("sharing:connect_ask", args=["globex", NETWORK]))

    assert "already linked to a colleague" in page.content.decode()
    assert accounts_of(cora) == []
    assert len(accounts_of(eve)) == 1


def test_no_callback_leads_here(web: Client) -> None:
    """Nobody may be sent back with a code that was never asked for."""
    assert web.get(reverse("connect_callback", args=[NETWORK])).status_code == 404


def test_disconnecting_ends_the_session(
    web: Client, ana: Membership, sandbox: Sandbox
) -> None:
    link(web)
    [account] = accounts_of(ana)

    web.post(reverse("sharing:disconnect", args=["acme", account.pk]))

    assert accounts_of(ana)[0].state == Account.State.DISCONNECTED
    assert all(grant.revoked for grant in sandbox.world.store.grants)
