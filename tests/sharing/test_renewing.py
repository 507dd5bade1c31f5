"""Tokens are renewed by one worker at a time, and no trouble on the way costs a connection."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests
import responses
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from notifications.models import Notice
from sharing import connecting, failpoints, publishing, tokens, vault
from sharing.configured import connector_for
from sharing.connectors import errors
from sharing.connectors.types import Tokens
from sharing.models import Account, Reason, State
from tenants.models import Membership
from tenants.scoping import acting_for
from tests.conftest import COMMITTED
from tests.sharing.conftest import X_POSTS, Press, fresh, make_account
from tests.sharing.test_publishing import make_due, publish

pytestmark = pytest.mark.django_db

TOKENS = {
    "x": "https://api.x.com/2/oauth2/token",
    "snail": "https://api.snail.example/token",
}
SECOND = timedelta(seconds=1)


class Issuer:
    """A network's token endpoint: each refresh token counts once, reuse ends them all."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.traded: Counter[str] = Counter()
        self.valid: dict[str, int] = {}  # token -> how often it was renewed
        self.before_answer: Callable[[], object] = int

    def __call__(self, request: Any) -> tuple[int, dict[str, str], str]:
        [token] = parse_qs(request.body)["refresh_token"]
        family = token.split(".")[0]
        self.before_answer()
        with self.lock:
            self.traded[family] += 1
            number = self.valid.pop(token, None)
            if number is None:
                for other in [one for one in self.valid if one.startswith(family)]:
                    del self.valid[other]
                return 400, {}, '{"error": "invalid_grant"}'
            fresh = f"{family}.{number + 1}"
            self.valid[fresh] = number + 1
        answer = f'"access_token": "a-{fresh}", "refresh_token": "{fresh}"'
        return 200, {}, f'{{{answer}, "expires_in": 7200}}'


@pytest.fixture
def issuer() -> Any:
    issuer = Issuer()
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        for url in TOKENS.values():
            mock.add_callback("POST", url, issuer)
        mock.post(X_POSTS, status=201, json={"data": {"id": "7", "text": "…"}})
        issuer.mock = mock  # type: ignore[attr-defined]
        yield issuer


@pytest.fixture(autouse=True)
def _no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "PAUSES", (0,))


def expired(account: Account, issuer: Issuer, family: str = "f") -> Account:
    """Let the account's access token have ended; the network knows its refresh token."""
    issuer.valid[f"{family}.0"] = 0
    sealed = tokens.seal(account, Tokens("a", f"{family}.0"))
    change(
        account,
        access_token=sealed.access_token,
        refresh_token=sealed.refresh_token,
        expires_at=Now() - SECOND,
    )
    return read(account)


def change(account: Account, **fields: object) -> None:
    with acting_for(account.tenant_id):
        rows = Account.objects.for_tenant(account.tenant_id)
        rows.filter(pk=account.pk).update(**fields)


def read(account: Account) -> Account:
    """Return the account as a worker reads it."""
    return tokens.read_again(account)


def usable(account: Account) -> Tokens:
    return tokens.usable_tokens(account, connector_for(account.network))


def previous(account: Account) -> str:
    return vault.unseal(
        account.previous_refresh_token,
        tenant=account.tenant_id,
        row=account.pk,
        column="previous_refresh_token",
    )


# -- One at a time ------------------------------------------------------------------------


@COMMITTED
def test_eight_workers_renew_each_expired_account_once_and_lose_none(
    ana: Membership, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The network ends the whole family when a refresh token comes twice."""
    monkeypatch.setattr(tokens, "PAUSES", (0.02,) * 100)
    workers = 8
    together, lost = threading.Barrier(workers), threading.Event()
    waiting = tokens.wait_for_winner

    def wait(account: Account) -> Tokens:
        lost.set()
        return waiting(account)

    monkeypatch.setattr(tokens, "wait_for_winner", wait)
    issuer.before_answer = lambda: lost.wait(10)
    accounts = [make_account(ana, "x", remote_id=f"x-{n}") for n in range(6)]
    for number, account in enumerate(accounts):
        expired(account, issuer, f"f{number}")

    def work(_worker: int) -> list[str]:
        try:
            got = []
            for account in accounts:
                mine = read(account)
                together.wait(30)
                got.append(usable(mine).access_token)
            return got
        finally:
            connection.close()

    with ThreadPoolExecutor(workers) as pool:
        results = list(pool.map(work, range(workers)))

    assert issuer.traded == {f"f{number}": 1 for number in range(6)}
    assert results == [[f"a-f{number}.1" for number in range(6)]] * workers
    assert {read(one).state for one in accounts} == {Account.State.CONNECTED}
    assert {read(one).generation for one in accounts} == {2}


def test_who_read_the_account_before_it_was_renewed_uses_the_new_pair(
    x: Account, issuer: Issuer
) -> None:
    stale = expired(x, issuer)
    usable(read(x))

    assert usable(stale).access_token == "a-f.1"
    assert issuer.traded["f"] == 1


def test_while_another_worker_renews_a_token_that_still_lives_is_used(
    x: Account, issuer: Issuer
) -> None:
    expired(x, issuer)
    change(x, expires_at=Now() + timedelta(minutes=2))
    account = read(x)
    assert tokens.begin_renewal(read(x))

    assert usable(account).access_token == "a"
    assert not issuer.traded


def test_a_right_that_ran_out_is_not_given_back_for_the_next_one(
    x: Account, issuer: Issuer
) -> None:
    expired(x, issuer)
    slow, quick = read(x), read(x)
    assert tokens.begin_renewal(slow)
    change(x, refreshing_until=Now() - SECOND)
    assert tokens.begin_renewal(quick)

    tokens.end_renewal(slow)

    assert not tokens.begin_renewal(read(x))


# -- Refused ------------------------------------------------------------------------------


def test_a_refusal_is_nothing_when_another_worker_stored_a_pair_meanwhile(
    x: Account, issuer: Issuer
) -> None:
    account = expired(x, issuer)
    issuer.valid.clear()

    def stored_meanwhile() -> None:
        newer = Tokens("a-newer", "f.9", timezone.now() + timedelta(hours=2))
        tokens.store_renewed(read(x), newer, "f.0")

    issuer.before_answer = stored_meanwhile

    assert usable(account).access_token == "a-newer"
    assert read(x).state == Account.State.CONNECTED


def with_previous(account: Account, issuer: Issuer) -> Account:
    """Renew once; then the network forgets the pair it gave, and knows the one before."""
    usable(expired(account, issuer))
    issuer.valid = {"f.0": 5}
    change(account, expires_at=Now() - SECOND)
    return read(account)


def test_the_previous_refresh_token_is_tried_once_where_the_network_still_takes_it(
    snail: Account, issuer: Issuer
) -> None:
    account = with_previous(snail, issuer)
    assert previous(account) == "f.0"

    assert usable_once_more(account, issuer) == "a-f.6"

    after = read(snail)
    assert (after.generation, after.state) == (3, Account.State.CONNECTED)


def usable_once_more(account: Account, issuer: Issuer) -> str:
    """The issuer ends a family on reuse; one with a grace period does not."""
    known = dict(issuer.valid)
    issuer.before_answer = lambda: issuer.valid.update(known)
    return usable(account).access_token


def test_after_the_grace_period_only_the_member_can_help(
    snail: Account, issuer: Issuer
) -> None:
    with_previous(snail, issuer)
    change(snail, previous_until=Now() + tokens.KEPT - timedelta(minutes=11))
    issuer.traded.clear()

    with pytest.raises(errors.Disconnected):
        usable(read(snail))

    assert issuer.traded["f"] == 1


def test_a_network_without_a_grace_period_never_sees_the_previous_one(
    x: Account, issuer: Issuer
) -> None:
    account = with_previous(x, issuer)
    issuer.traded.clear()

    with pytest.raises(errors.Disconnected):
        usable(account)

    assert issuer.traded["f"] == 1


@pytest.mark.parametrize(
    "trouble", [{"status": 503}, {"body": requests.exceptions.ReadTimeout()}]
)
def test_silence_disconnects_nobody_and_the_next_try_renews(
    press: Press, x: Account, issuer: Any, trouble: dict[str, Any]
) -> None:
    expired(x, issuer)
    issuer.mock.remove("POST", TOKENS["x"])
    silence = issuer.mock.post(TOKENS["x"], **trouble)
    publication = publish(press(x))
    assert (publication.state, read(x).state) == (
        State.READY,
        Account.State.CONNECTED,
    )
    issuer.mock.remove(silence)
    issuer.mock.add_callback("POST", TOKENS["x"], issuer)
    make_due(publication)

    assert publish(publication).state == State.PUBLISHED


# -- A worker that falls before it has stored the new pair -----------------------------------


def test_a_pair_that_was_lost_with_its_worker_is_told_within_a_minute(
    press: Press, x: Account, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    expired(x, issuer)
    publication = press(x)
    monkeypatch.setattr(failpoints, "armed", failpoints.read("in_renewal=raise"))
    publish(publication)
    monkeypatch.setattr(failpoints, "armed", {})
    make_due(publication)
    waits = publish(publication)
    assert (waits.state, waits.reason) == (State.READY, Reason.TOKEN_REFRESH)
    assert issuer.traded["f"] == 1  # nobody trades beside the one who may be alive

    assert timedelta(0) < read(x).refreshing_until - read(x).read_at < 60 * SECOND
    change(x, refreshing_until=Now() - SECOND)
    make_due(publication)
    told = publish(publication)

    assert (told.state, told.reason) == (State.NEEDS_USER, Reason.RECONNECT)
    assert read(x).state == Account.State.NEEDS_RECONNECT
    with acting_for(x.tenant_id):
        notices = Notice.objects.for_tenant(x.tenant_id)
        assert notices.filter(membership=x.membership_id).count() == 1


def test_where_the_network_takes_the_old_one_for_a_while_nothing_is_lost(
    snail: Account, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = expired(snail, issuer)
    monkeypatch.setattr(failpoints, "armed", failpoints.read("in_renewal=raise"))
    with pytest.raises(failpoints.Broken):
        usable(account)
    monkeypatch.setattr(failpoints, "armed", {})
    change(snail, refreshing_until=Now() - SECOND)
    issuer.valid["f.0"] = 1

    assert usable(read(snail)).access_token == "a-f.2"


# -- The previous pair --------------------------------------------------------------------------


def test_the_previous_refresh_token_is_kept_sealed_for_a_day(
    x: Account, issuer: Issuer
) -> None:
    usable(expired(x, issuer))

    account = read(x)

    assert b"f.0" not in bytes(account.previous_refresh_token)
    assert previous(account) == "f.0"
    assert account.previous_until - account.read_at <= timedelta(hours=24)
    assert account.previous_until - account.read_at > timedelta(hours=23)


def test_it_opens_in_its_own_column_alone(x: Account, issuer: Issuer) -> None:
    usable(expired(x, issuer))
    account = read(x)
    account.refresh_token = account.previous_refresh_token

    with pytest.raises(errors.Disconnected):
        tokens.open_tokens(account)


def test_a_refresh_token_that_stays_the_same_has_no_previous(
    x: Account, issuer: Any
) -> None:
    account = expired(x, issuer)
    issuer.mock.replace("POST", TOKENS["x"], json={"access_token": "a2"})

    usable(account)

    assert bytes(read(x).previous_refresh_token) == b""


def test_after_a_day_it_is_forgotten(
    x: Account, eve: Membership, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = make_account(eve, "x")
    for account, family in ((x, "f"), (theirs, "g")):
        usable(expired(account, issuer, family))
    change(x, previous_until=Now() - SECOND)

    assert tokens.forget_previous() == 1
    assert tokens.forget_previous() == 0  # it was done a moment ago

    assert bytes(read(x).previous_refresh_token) == b""
    assert read(x).previous_until is None
    assert previous(read(theirs)) == "g.0"
    assert tokens.open_tokens(read(x)).refresh_token == "f.1"


def test_disconnecting_forgets_it_and_the_database_insists(
    x: Account, ana: Membership, issuer: Any
) -> None:
    issuer.mock.post("https://api.x.com/2/oauth2/revoke", json={})
    usable(expired(x, issuer))
    sealed = read(x).previous_refresh_token

    connecting.disconnect(account=read(x), by=ana, now=timezone.now())

    assert bytes(read(x).previous_refresh_token) == b""
    with pytest.raises(IntegrityError), transaction.atomic():
        change(x, previous_refresh_token=sealed, previous_until=Now())


def test_publishing_renews_and_goes_out(
    press: Press, x: Account, issuer: Issuer
) -> None:
    expired(x, issuer)
    publication = press(x)

    publishing.publish(publication.tenant_id, publication.pk)

    assert fresh(publication).state == State.PUBLISHED
    assert issuer.traded["f"] == 1
