"""An account's tokens: kept sealed, renewed by one worker at a time."""

import time
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import F, Q
from django.db.models.functions import Now

from sharing import failpoints, vault
from sharing.connectors import errors
from sharing.connectors.base import Connector
from sharing.connectors.types import Tokens
from sharing.models import Account
from sharing.patience import persistently
from sharing.rarely import Rarely
from sharing.registering import bound_to
from tenants.models import Tenant
from tenants.scoping import acting_for, one_statement

RENEW_BEFORE = timedelta(minutes=5)
RENEWING = timedelta(seconds=40)  # longer than a call may take
PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8, 1.5)  # seconds, until another worker is through
PREVIOUS = "previous_refresh_token"
KEPT = timedelta(hours=24)
broom = Rarely(600)  # seconds


@dataclass(frozen=True)
class Sealed:
    """Tokens as the columns of an account."""

    access_token: bytes
    refresh_token: bytes


def seal(account: Account, tokens: Tokens) -> Sealed:
    """Encrypt tokens for this account's row."""
    where = {"tenant": account.tenant_id, "row": account.pk}
    return Sealed(
        access_token=vault.seal(tokens.access_token, **where, column="access_token"),
        refresh_token=vault.seal(
            tokens.refresh_token or "", **where, column="refresh_token"
        ),
    )


def open_tokens(account: Account) -> Tokens:
    """Decrypt the account's tokens, or raise ``Disconnected`` when they do not open."""
    where = {"tenant": account.tenant_id, "row": account.pk}
    try:
        access = vault.unseal(account.access_token, **where, column="access_token")
        refresh = vault.unseal(account.refresh_token, **where, column="refresh_token")
    except vault.Unreadable:
        raise errors.Disconnected(reason="unreadable") from None
    return Tokens(
        access,
        refresh or None,
        account.expires_at,
        tuple(account.scopes),
        account.server,
    )


def usable_tokens(account: Account, connector: Connector) -> Tokens:
    """Return tokens that live long enough to be used, renewed first where needed.

    Speaks HTTP: call it outside a transaction. Raises ``TryLater`` while another
    worker renews and ``Disconnected`` when only the member can help.
    """
    if not account.is_connected:
        raise errors.Disconnected(reason="not_connected")
    if not is_ageing(account, connector.renew_before):
        return open_tokens(account)
    if not (connector.refreshable and account.refresh_token):
        if is_expired(account):
            raise errors.Disconnected(reason="expired")
        return open_tokens(account)
    return renew_or_wait(account, connector)


def renew_or_wait(account: Account, connector: Connector) -> Tokens:
    """Renew; where that was only early and does not work now, the old token will do."""
    try:
        return renew(account, connector)
    except (errors.TryLater, errors.OperatorAction, errors.Refused):
        if is_ageing(account):
            raise
        return open_tokens(account)


def renew(account: Account, connector: Connector) -> Tokens:
    """Trade the refresh token for a new pair, single-flight, and store it before use."""
    if not begin_renewal(account):
        return wait_for_winner(account)
    try:
        held = open_tokens(account)
        connector = bound_to(account.tenant_id, connector, account.server)
        tokens = connector.refresh(held)
    except errors.TryLater as later:
        end_renewal(account)
        raise errors.TryLater(after=later.after, reason="token_refresh") from None
    except errors.Disconnected:
        return rescue(account, connector)
    except errors.ConnectorError:
        end_renewal(account)
        raise
    return keep(account, tokens, traded=held.refresh_token)


def keep(account: Account, tokens: Tokens, *, traded: str | None) -> Tokens:
    failpoints.at("in_renewal")
    # The old pair may be dead already: the new one must not be lost to a short outage.
    persistently(lambda: store_renewed(account, tokens, traded))
    return tokens


def wait_for_winner(account: Account) -> Tokens:
    """Return the pair that another worker is just getting, or soon say to try later."""
    for pause in PAUSES:
        time.sleep(pause)
        newest = read_again(account)
        if newest.generation != account.generation:
            return pair_of(newest)
        if newest.refreshing_until is None:
            break  # it was in vain
    if is_expired(account):
        raise errors.TryLater(after=5, reason="token_refresh")
    return open_tokens(account)


def rescue(account: Account, connector: Connector) -> Tokens:
    """The refresh token was refused: return a pair all the same, or raise ``Disconnected``.

    Another worker may have stored a new one meanwhile. Or the network may still take the
    one before, where it says that it does.
    """
    newest = read_again(account)
    if newest.generation != account.generation:
        return pair_of(newest)
    try:
        before = open_previous(newest, connector.refresh_grace)
        if before is None:
            raise errors.Disconnected(reason="refresh_refused")
        tokens = connector.refresh(before)
    except errors.TryLater as later:
        end_renewal(account)
        raise errors.TryLater(after=later.after, reason="token_refresh") from None
    except errors.ConnectorError:
        end_renewal(account)
        raise
    return keep(account, tokens, traded=before.refresh_token)


def read_again(account: Account) -> Account:
    """Return the account as it is now."""
    with acting_for(account.tenant_id):
        rows = Account.objects.for_tenant(account.tenant_id).with_clock()
        return rows.get(pk=account.pk)


def pair_of(account: Account) -> Tokens:
    """Return what another worker stored, unless the member disconnected since."""
    if not account.is_connected:
        raise errors.Disconnected
    return open_tokens(account)


def open_previous(account: Account, grace: timedelta) -> Tokens | None:
    """Return the pair before this one, while the network takes it; None otherwise."""
    if account.previous_until is None or not account.previous_refresh_token:
        return None
    traded_at = account.previous_until - KEPT
    if account.read_at >= traded_at + grace:
        return None
    try:
        refresh = vault.unseal(account.previous_refresh_token, tenant=account.tenant_id,
                               row=account.pk, column=PREVIOUS)  # fmt: skip
    except vault.Unreadable:
        return None
    return Tokens("", refresh, None, tuple(account.scopes), account.server)


def begin_renewal(account: Account) -> bool:
    """Take the right to renew this generation; false when another worker has it."""
    with acting_for(account.tenant_id):
        free = Q(refreshing_until=None) | Q(refreshing_until__lt=Now())
        mine = Account.objects.for_tenant(account.tenant_id).filter(
            pk=account.pk, generation=account.generation
        )
        taken = mine.filter(free).update(refreshing_until=Now() + RENEWING) == 1
        if taken:
            until = mine.values_list("refreshing_until", flat=True)
            account.refreshing_until = until.get()
        return taken


def end_renewal(account: Account) -> None:
    """Let the next worker try; a right that ran out and was taken by another stays his."""
    with acting_for(account.tenant_id):
        mine = Account.objects.for_tenant(account.tenant_id).filter(
            pk=account.pk,
            generation=account.generation,
            refreshing_until=account.refreshing_until,
        )
        mine.update(refreshing_until=None)


def store_renewed(account: Account, tokens: Tokens, traded: str | None) -> None:
    """Write the new pair as the next generation, and what was traded for it beside it."""
    sealed = seal(account, tokens)
    is_spent = traded and traded != tokens.refresh_token
    previous = traded if is_spent and traded else ""
    with acting_for(account.tenant_id):
        connected = Account.objects.for_tenant(account.tenant_id).connected()
        mine = connected.filter(pk=account.pk, generation=account.generation)
        mine.update(
            access_token=sealed.access_token,
            refresh_token=sealed.refresh_token,
            previous_refresh_token=vault.seal(
                previous, tenant=account.tenant_id, row=account.pk, column=PREVIOUS
            ),
            previous_until=Now() + KEPT if previous else None,
            expires_at=tokens.expires_at,
            generation=F("generation") + 1,
            refreshing_until=None,
        )


# Tenant by tenant: tokens are the one table that nobody reads across tenants.
FORGET = """
UPDATE sharing_account SET previous_refresh_token = '', previous_until = NULL
WHERE tenant_id = %s AND previous_until < statement_timestamp() RETURNING id
"""


def forget_previous() -> int:
    """Drop the pairs that were kept for long enough; return how many."""
    if not broom.is_due():
        return 0
    tenants = Tenant.objects.values_list("pk", flat=True)
    return sum(len(one_statement(pk, FORGET, [pk])) for pk in tenants)


def is_ageing(account: Account, before: timedelta = RENEW_BEFORE) -> bool:
    """True when the token ends soon, by the database's clock as the row was read."""
    return (
        account.expires_at is not None
        and account.expires_at < account.read_at + max(before, RENEW_BEFORE)
    )


def is_expired(account: Account) -> bool:
    return account.expires_at is not None and account.expires_at <= account.read_at
