"""Connecting an account: the real dance against the sandbox, and every way it can go wrong."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.utils import timezone

from sharing import connecting, publishing, tokens
from sharing.connectors import errors
from sharing.models import (
    Account,
    ConnectAttempt,
    Publication,
    Reason,
    SharingRules,
    State,
)
from sharing.sandbox import Sandbox
from sharing.tasks import sweep
from tenants.models import Membership
from tenants.scoping import acting_for
from tests.sharing.conftest import Press, fresh

pytestmark = pytest.mark.django_db

SESSION = "session-of-ana"


@pytest.fixture
def sandbox(settings: Any) -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        settings.NETWORKS_ENVIRON = {
            f"NETWORK_{slug}_{name}": value
            for slug in ("LINKEDIN", "X")
            for name, value in {
                "CLIENT_ID": "demo-client",
                "CLIENT_SECRET": "demo-secret",
                "BASE_URL": sandbox.url,
            }.items()
        }
        yield sandbox


def begin(member: Membership, network: str, session: str = SESSION) -> str:
    with acting_for(member.tenant_id):
        return connecting.begin(
            by=member, network=network, session_key=session, now=timezone.now()
        )


def answer(
    member: Membership,
    network: str,
    callback: str,
    session: str = SESSION,
    **later: Any,
) -> ConnectAttempt:
    return connecting.answer_callback(
        network=network,
        params=dict(parse_qsl(urlsplit(callback).query)),
        session_key=session,
        user=member.user,
        now=timezone.now() + timedelta(**later),
    )


def confirm(member: Membership, attempt: ConnectAttempt) -> Account:
    with acting_for(member.tenant_id):
        return connecting.confirm(attempt=attempt, by=member, now=timezone.now())


def connect(
    sandbox: Sandbox, member: Membership, network: str, person: str = ""
) -> Account:
    callback = sandbox.consent(begin(member, network), person)
    return confirm(member, answer(member, network, callback))


def stored(account: Account) -> Account:
    with acting_for(account.tenant_id):
        return Account.objects.for_tenant(account.tenant_id).get(pk=account.pk)


@pytest.mark.parametrize("network", ["linkedin", "x"])
def test_a_member_connects_and_the_account_can_publish(
    sandbox: Sandbox, ana: Membership, press: Press, network: str
) -> None:
    account = connect(sandbox, ana, network, "Signe Holm")

    publication = press(account, "Straight from the deck.")
    publishing.publish(publication.tenant_id, publication.pk)

    assert fresh(publication).state == State.PUBLISHED
    [post] = sandbox.posts(network)
    assert post.text.startswith("Straight from the deck.")


def test_nothing_is_linked_before_the_member_confirms(
    sandbox: Sandbox, ana: Membership
) -> None:
    callback = sandbox.consent(begin(ana, "x"))

    attempt = answer(ana, "x", callback)

    assert attempt.handle
    with acting_for(ana.tenant_id):
        assert not Account.objects.for_tenant(ana.tenant_id).exists()
        connecting.decline(attempt=attempt, now=timezone.now())
        assert not Account.objects.for_tenant(ana.tenant_id).exists()
    assert attempt.held == b""


def test_no_token_is_stored_in_the_clear(sandbox: Sandbox, ana: Membership) -> None:
    account = stored(connect(sandbox, ana, "x"))

    opened = tokens.open_tokens(account)

    assert opened.refresh_token
    for secret in (opened.access_token, opened.refresh_token):
        assert secret.encode() not in bytes(account.access_token) + bytes(
            account.refresh_token
        )
        assert secret not in repr(opened)


def test_an_answer_counts_once(sandbox: Sandbox, ana: Membership) -> None:
    callback = sandbox.consent(begin(ana, "linkedin"))
    answer(ana, "linkedin", callback)

    with pytest.raises(connecting.AttemptInvalid):
        answer(ana, "linkedin", callback)


def test_an_answer_after_ten_minutes_is_too_late(
    sandbox: Sandbox, ana: Membership
) -> None:
    callback = sandbox.consent(begin(ana, "linkedin"))

    with pytest.raises(connecting.AttemptInvalid):
        answer(ana, "linkedin", callback, minutes=11)


def test_tokens_that_nobody_confirmed_are_not_kept(
    sandbox: Sandbox, ana: Membership, eve: Membership
) -> None:
    for member in (ana, eve):
        answer(member, "x", sandbox.consent(begin(member, "x")))
    with acting_for(ana.tenant_id):
        mine = ConnectAttempt.objects.for_tenant(ana.tenant_id)
        mine.update(expires_at=timezone.now() - timedelta(hours=1))

    sweep()

    for member, kept in ((ana, 0), (eve, 1)):
        with acting_for(member.tenant_id):
            rows = ConnectAttempt.objects.for_tenant(member.tenant_id)
            assert rows.count() == kept


def test_an_answer_belongs_to_its_session_person_and_network(
    sandbox: Sandbox, ana: Membership, cora: Membership, eve: Membership
) -> None:
    callback = sandbox.consent(begin(ana, "linkedin"))

    for member, network, session in (
        (ana, "linkedin", "another session"),
        (cora, "linkedin", SESSION),
        (eve, "linkedin", SESSION),
        (ana, "x", SESSION),
    ):
        with pytest.raises(connecting.AttemptInvalid):
            answer(member, network, callback, session)


@pytest.mark.parametrize("query", ["", "state=", "state=guessed&code=1", "code=1"])
def test_an_answer_nobody_asked_for_is_refused(
    sandbox: Sandbox, ana: Membership, query: str
) -> None:
    with pytest.raises(connecting.AttemptInvalid):
        answer(ana, "linkedin", f"http://localhost/?{query}")


def test_pressing_cancel_at_the_network_links_nothing(
    sandbox: Sandbox, ana: Membership
) -> None:
    callback = sandbox.consent(begin(ana, "linkedin"), allow=False)

    with pytest.raises(errors.Denied):
        answer(ana, "linkedin", callback)


def test_an_account_that_a_colleague_linked_is_refused(
    sandbox: Sandbox, ana: Membership, cora: Membership
) -> None:
    connect(sandbox, ana, "x", "Signe Holm")

    with pytest.raises(errors.Refused) as refused:
        connect(sandbox, cora, "x", "Signe Holm")

    assert refused.value.reason == "taken"


def test_the_same_person_may_be_linked_in_two_tenants(
    sandbox: Sandbox, ana: Membership, eve: Membership
) -> None:
    mine = connect(sandbox, ana, "x", "Signe Holm")
    theirs = connect(sandbox, eve, "x", "Signe Holm")

    assert (mine.remote_id, mine.tenant_id) == (theirs.remote_id, ana.tenant_id)
    assert theirs.tenant_id == eve.tenant_id


def test_what_waited_for_a_reconnect_goes_out_after_it(
    sandbox: Sandbox, ana: Membership, press: Press
) -> None:
    account = connect(sandbox, ana, "linkedin")
    sandbox.world.store.revoke_family(sandbox.world.store.grants[-1].family)
    publication = press(account)
    publishing.publish(publication.tenant_id, publication.pk)
    assert fresh(publication).reason == Reason.RECONNECT

    connect(sandbox, ana, "linkedin")

    assert fresh(publication).state == State.READY
    publishing.publish(publication.tenant_id, publication.pk)
    assert fresh(publication).state == State.PUBLISHED


def test_what_waited_for_a_reconnect_waits_for_the_end_of_quiet_hours_as_well(
    sandbox: Sandbox, ana: Membership, press: Press
) -> None:
    account = connect(sandbox, ana, "linkedin")
    sandbox.world.store.revoke_family(sandbox.world.store.grants[-1].family)
    publication = press(account)
    publishing.publish(publication.tenant_id, publication.pk)
    now = timezone.localtime()
    start, end = now - timedelta(hours=1), now + timedelta(hours=3)
    with acting_for(ana.tenant_id):
        SharingRules.objects.create(
            tenant=ana.tenant, quiet_from=start.time(), quiet_until=end.time()
        )

    connect(sandbox, ana, "linkedin")

    row = fresh(publication)
    assert (row.state, row.reason) == (State.READY, Reason.QUIET_HOURS)
    assert row.not_before > timezone.now() + timedelta(hours=2)


def test_disconnecting_forgets_revokes_and_cancels(
    sandbox: Sandbox, ana: Membership, press: Press
) -> None:
    account = stored(connect(sandbox, ana, "x"))
    publication = press(account)

    connecting.disconnect(account=account, by=ana, now=timezone.now())

    gone = stored(account)
    assert (gone.state, bytes(gone.access_token), bytes(gone.refresh_token)) == (
        Account.State.DISCONNECTED,
        b"",
        b"",
    )
    assert fresh(publication).reason == Reason.ACCOUNT_GONE
    assert all(grant.revoked for grant in sandbox.world.store.grants)


def test_disconnecting_works_while_the_network_is_away(
    sandbox: Sandbox, ana: Membership, settings: Any
) -> None:
    account = stored(connect(sandbox, ana, "x"))
    settings.NETWORKS_ENVIRON |= {"NETWORK_X_BASE_URL": "http://127.0.0.1:9"}

    connecting.disconnect(account=account, by=ana, now=timezone.now())

    assert stored(account).state == Account.State.DISCONNECTED


# -- Renewal -------------------------------------------------------------------------------------


def aged(account: Account) -> Account:
    """Return the account as a worker reads it when its token has nearly ended."""
    with acting_for(account.tenant_id):
        rows = Account.objects.for_tenant(account.tenant_id)
        rows.filter(pk=account.pk).update(
            expires_at=timezone.now() + timedelta(minutes=1)
        )
        account = rows.get(pk=account.pk)
    account.read_at = timezone.now()  # type: ignore[attr-defined]
    return account


def test_an_ageing_token_is_renewed_and_stored_before_use(
    sandbox: Sandbox, ana: Membership, press: Press
) -> None:
    account = aged(connect(sandbox, ana, "x"))
    before = tokens.open_tokens(account)

    publication: Publication = press(account)
    publishing.publish(publication.tenant_id, publication.pk)

    after = stored(account)
    assert fresh(publication).state == State.PUBLISHED
    assert after.generation == account.generation + 1
    assert tokens.open_tokens(after).refresh_token != before.refresh_token


def test_only_one_worker_renews(
    sandbox: Sandbox, ana: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "PAUSES", (0,))
    account = aged(connect(sandbox, ana, "x"))
    assert tokens.begin_renewal(account)
    account.expires_at = account.read_at

    with pytest.raises(errors.TryLater) as later:
        tokens.renew(account, connecting.connector_for("x"))

    assert later.value.reason == "token_refresh"


def test_a_network_that_is_away_costs_no_connection(
    sandbox: Sandbox, ana: Membership, press: Press
) -> None:
    account = aged(connect(sandbox, ana, "x"))
    sandbox.fault("POST /api.x.com/2/oauth2/token", "status", status=503)
    publication = press(account)

    publishing.publish(publication.tenant_id, publication.pk)

    assert (fresh(publication).state, fresh(publication).attempts) == (State.READY, 0)
    assert stored(account).state == Account.State.CONNECTED
