"""A token that can be renewed only while it lives is renewed in time, used or not."""

from datetime import timedelta
from typing import Any

import pytest
import responses
from django.db.models.functions import Now

from notifications.models import Notice
from sharing import renewing, tasks, tokens
from sharing.configured import connector_for
from sharing.connectors.types import Tokens
from sharing.models import Account
from tenants.models import Membership
from tenants.scoping import acting_for
from tests.sharing.conftest import make_account

pytestmark = pytest.mark.django_db

REFRESH = "https://graph.instagram.com/refresh_access_token"
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _instagram(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.NETWORKS_ENVIRON = settings.NETWORKS_ENVIRON | {
        "NETWORK_INSTAGRAM_CLIENT_ID": "app",
        "NETWORK_INSTAGRAM_CLIENT_SECRET": "app-secret",
    }


@pytest.fixture
def wire() -> Any:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as wire:
        yield wire


def ending_in(member: Membership, left: timedelta, network: str = "instagram") -> Any:
    account = make_account(member, network)
    sealed = tokens.seal(account, Tokens("old", "old"))
    with acting_for(member.tenant_id):
        rows = Account.objects.for_tenant(member.tenant_id).filter(pk=account.pk)
        rows.update(
            access_token=sealed.access_token,
            refresh_token=sealed.refresh_token,
            expires_at=Now() + left,
        )
    return tokens.read_again(account)


def renewed(wire: Any, days: int = 60) -> None:
    seconds = days * 86400
    wire.get(REFRESH, json={"access_token": "new", "expires_in": seconds})


def refused(wire: Any) -> None:
    told = {"error": {"code": 190, "error_subcode": 463, "message": "…"}}
    wire.get(REFRESH, status=400, json=told)


def usable(account: Account) -> str:
    return tokens.usable_tokens(account, connector_for(account.network)).access_token


def test_whoever_publishes_after_day_fifty_renews_on_the_way(
    ana: Membership, wire: Any
) -> None:
    renewed(wire)
    account = ending_in(ana, 9 * DAY)

    assert usable(account) == "new"
    after = tokens.read_again(account)
    assert tokens.open_tokens(after).refresh_token == "new"
    assert after.expires_at - after.read_at > 59 * DAY


def test_before_that_nobody_asks(ana: Membership, wire: Any) -> None:
    assert usable(ending_in(ana, 11 * DAY)) == "old"
    assert len(wire.calls) == 0


@pytest.mark.parametrize("trouble", [{"status": 503}, {"status": 429}])
def test_where_early_renewal_fails_the_old_token_is_used(
    ana: Membership, wire: Any, trouble: dict[str, Any]
) -> None:
    wire.get(REFRESH, **trouble)
    account = ending_in(ana, 9 * DAY)

    assert usable(account) == "old"
    assert tokens.read_again(account).refreshing_until is None


def test_the_sweep_finds_idle_accounts_of_every_tenant(
    ana: Membership, eve: Membership, wire: Any
) -> None:
    due = [ending_in(ana, 9 * DAY), ending_in(eve, DAY)]
    ending_in(ana, timedelta(hours=1), "x")  # renewed when it is used

    found = renewing.due()

    assert sorted(found) == sorted((one.tenant_id, one.pk) for one in due)
    assert renewing.due() == []  # somebody looked a moment ago


def test_what_is_fresh_over_or_disconnected_is_left_alone(
    ana: Membership, cora: Membership, mo: Membership, ada: Membership
) -> None:
    ending_in(ana, 11 * DAY)
    ending_in(cora, -DAY)
    busy = ending_in(mo, DAY)
    assert tokens.begin_renewal(busy)
    gone = ending_in(ada, DAY)
    with acting_for(ada.tenant_id):
        Account.objects.for_tenant(ada.tenant_id).filter(pk=gone.pk).update(
            state=Account.State.NEEDS_RECONNECT
        )

    assert renewing.due() == []


def test_an_idle_account_lives_on(ana: Membership, wire: Any) -> None:
    renewed(wire)
    account = ending_in(ana, 9 * DAY)

    tasks.renew(str(account.tenant_id), str(account.pk))

    after = tokens.read_again(account)
    assert tokens.open_tokens(after).access_token == "new"
    assert after.generation == account.generation + 1


def test_a_refusal_asks_the_member_once(ana: Membership, wire: Any) -> None:
    refused(wire)
    account = ending_in(ana, 9 * DAY)

    tasks.renew(str(account.tenant_id), str(account.pk))
    tasks.renew(str(account.tenant_id), str(account.pk))

    assert tokens.read_again(account).state == Account.State.NEEDS_RECONNECT
    with acting_for(ana.tenant_id):
        [notice] = Notice.objects.for_tenant(ana.tenant_id)
    assert notice.membership_id == ana.pk
    assert notice.kind == Notice.Kind.TO_DO
    assert len(wire.calls) == 1


def test_silence_ends_nothing(ana: Membership, wire: Any) -> None:
    wire.get(REFRESH, status=500)
    account = ending_in(ana, 9 * DAY)

    tasks.renew(str(account.tenant_id), str(account.pk))

    assert tokens.read_again(account).state == Account.State.CONNECTED
