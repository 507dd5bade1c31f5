"""Networks call us: believed when signed for the tenant's own app, and then obeyed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from notifications.models import Notice
from sharing import connecting, hooks, networks
from sharing.connectors.events import Event, PublishChanged
from sharing.connectors.types import Profile, Tokens
from sharing.models import Account, Publication, Reason, State
from tenants.models import AuditEntry, Membership
from tenants.scoping import acting_for
from tests.connectors.test_instagram import signed_request
from tests.sharing.conftest import Press, fresh, make_account

pytestmark = pytest.mark.django_db

REMOVE = "/connect/instagram/hooks/deauthorize/"
DELETE = "/connect/instagram/hooks/deletion/"
PERSON = "24681012"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(autouse=True)
def _instagram(settings: Any) -> None:
    settings.NETWORKS_ENVIRON = settings.NETWORKS_ENVIRON | {
        "NETWORK_INSTAGRAM_CLIENT_ID": "app",
        "NETWORK_INSTAGRAM_CLIENT_SECRET": "app-secret",
    }


@pytest.fixture
def instagram(ana: Membership) -> Account:
    return make_account(
        ana, "instagram", remote_id="17841400000000001", callback_id=PERSON
    )


def call(path: str, body: bytes | None = None, client: Client | None = None) -> Any:
    body = signed() if body is None else body
    client = client or Client(enforce_csrf_checks=True)
    return client.post(path, body, content_type=FORM)


def signed(user_id: str = PERSON, at: datetime | None = None) -> bytes:
    at = at or timezone.now()
    return signed_request("app-secret", user_id=user_id, issued_at=int(at.timestamp()))


def now(account: Account) -> Account:
    with acting_for(account.tenant_id):
        return Account.objects.for_tenant(account.tenant_id).get(pk=account.pk)


def entries(member: Membership) -> list[tuple[str, Any]]:
    with acting_for(member.tenant_id):
        rows = AuditEntry.objects.for_tenant(member.tenant_id)
        return list(rows.order_by("pk").values_list("action", "details"))


@pytest.mark.parametrize("person", [PERSON, "17841400000000001"])
def test_who_removes_the_app_there_is_disconnected_here(
    instagram: Account, x: Account, ana: Membership, press: Press, person: str
) -> None:
    waits = press(x)
    with acting_for(ana.tenant_id):
        rows = Publication.objects.for_tenant(ana.tenant_id)
        rows.filter(pk=waits.pk).update(account=instagram, network="instagram")

    answer = call(REMOVE, signed(person))

    account = now(instagram)
    assert (answer.status_code, answer.json()) == (200, {})
    assert account.state == Account.State.DISCONNECTED
    assert bytes(account.access_token) == bytes(account.refresh_token) == b""
    assert account.handle
    publication = fresh(waits)
    assert (publication.state, publication.reason) == (
        State.CANCELLED,
        Reason.ACCOUNT_GONE,
    )
    assert entries(ana)[-1] == (
        "account.disconnected",
        {"network": "instagram", "told_by_network": True},
    )
    with acting_for(ana.tenant_id):
        [notice] = Notice.objects.for_tenant(ana.tenant_id)
    assert "Instagram" in str(notice.message)


def test_the_same_person_is_found_in_every_tenant(
    instagram: Account, eve: Membership
) -> None:
    theirs = make_account(eve, "instagram", callback_id=PERSON)
    others = make_account(eve, "instagram", remote_id="other", callback_id="7")

    call(REMOVE)
    call(REMOVE)  # they call again where an answer was lost

    assert now(instagram).state == now(theirs).state == Account.State.DISCONNECTED
    assert now(others).state == Account.State.CONNECTED


def test_who_wants_to_be_forgotten_is_and_may_look(
    instagram: Account, ana: Membership
) -> None:
    answer = call(DELETE).json()

    account = now(instagram)
    assert account.state == Account.State.DISCONNECTED
    assert account.remote_id == account.callback_id == account.handle == ""
    assert account.name == ""
    assert entries(ana)[-1][0] == "account.forgotten"
    assert answer["confirmation_code"].isalnum()
    assert answer["url"].startswith("http://localhost:8000/connect/instagram/")
    page = Client().get(answer["url"].removeprefix("http://localhost:8000"))
    assert page.status_code == 200
    assert "Instagram" in page.content.decode()


def test_a_code_that_we_did_not_give_opens_nothing() -> None:
    code = hooks.confirmation_code("instagram", timezone.now())
    for path in (f"x/{code}", "instagram/x", f"instagram/{code[:-1]}0x"):
        network, _, code = path.partition("/")
        assert Client().get(f"/connect/{network}/forgotten/{code}/").status_code == 404


def test_an_account_that_was_connected_again_since_stays(
    instagram: Account, ana: Membership
) -> None:
    call(REMOVE, signed(at=timezone.now() - timedelta(hours=1)))

    assert now(instagram).is_connected


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (REMOVE, signed_request("wrong"), 403),
        (DELETE, b"", 403),
        (REMOVE, b"x" * (64 * 1024 + 1), 413),
        ("/connect/instagram/hooks/events/", b"", 404),
        ("/connect/linkedin/hooks/deauthorize/", b"", 404),
        ("/connect/nowhere/hooks/deauthorize/", b"", 404),
    ],
)
def test_what_proves_nothing_does_nothing(
    instagram: Account, path: str, body: bytes, status: int
) -> None:
    assert call(path, body).status_code == status
    assert now(instagram).is_connected


def test_nobody_looks_at_a_hook() -> None:
    assert Client().get(REMOVE).status_code == 405


def test_both_ids_are_kept_when_an_account_is_connected(
    ana: Membership, instagram: Account
) -> None:
    attempt = connecting.new_attempt(ana, "instagram", "s", "k", timezone.now(), "")
    with acting_for(ana.tenant_id):
        attempt.save(force_insert=True)
    profile = Profile("1784", "ana", "Ana", callback_id="99")
    connecting.hold(attempt, connecting.Held(profile, Tokens("a", "a")))

    with acting_for(ana.tenant_id):
        account = connecting.confirm(attempt=attempt, by=ana, now=timezone.now())

    assert (account.remote_id, account.callback_id) == ("1784", "99")


# -- News of a post ---------------------------------------------------------------------


@pytest.fixture
def told(snail_network: None, monkeypatch: pytest.MonkeyPatch) -> list[Event | None]:
    """What the network that pends says next, when it calls."""
    network, said = networks.get("snail"), [None]
    monkeypatch.setattr(network, "callbacks", frozenset({"events"}))
    monkeypatch.setattr(network, "verify_callback", lambda *_: said[0])
    return said  # type: ignore[return-value]


def test_news_of_a_post_make_us_ask_at_once(
    press: Press, snail: Account, told: list[Any]
) -> None:
    waits = in_an_hour(press(snail), {"job": "7", "more": "x"})
    other = in_an_hour(press(snail, "Other words.", "k2"), {"job": "8"})
    told[0] = PublishChanged({"job": "7"})

    assert call("/connect/snail/hooks/events/", b"{}").status_code == 200

    soon = datetime.now(UTC) + timedelta(seconds=5)
    assert fresh(waits).not_before < soon
    assert fresh(waits).state == State.PENDING
    assert fresh(other).not_before > soon


def test_news_without_a_handle_are_about_nothing(
    press: Press, snail: Account, told: list[Any]
) -> None:
    waits = in_an_hour(press(snail), {"job": "7"})
    told[0] = PublishChanged({})

    call("/connect/snail/hooks/events/", b"{}")

    assert fresh(waits).not_before > datetime.now(UTC) + timedelta(minutes=50)


def test_what_is_proven_and_concerns_nobody_is_fine(
    snail: Account, told: list[Any]
) -> None:
    told[0] = Event()

    assert call("/connect/snail/hooks/events/", b"{}").status_code == 200


def in_an_hour(publication: Publication, handle: dict[str, str]) -> Publication:
    with acting_for(publication.tenant_id):
        rows = Publication.objects.for_tenant(publication.tenant_id)
        rows.filter(pk=publication.pk).update(
            state=State.PENDING,
            handle=handle,
            sending_at=timezone.now(),
            not_before=timezone.now() + timedelta(hours=1),
        )
    return publication
