"""An account's tokens: kept sealed, renewed by one worker at a time."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import F, Q
from django.db.models.functions import Now

from sharing import failpoints, vault
from sharing.connectors import errors
from sharing.connectors.base import OAuth2Connector
from sharing.connectors.types import Tokens
from sharing.models import Account
from sharing.patience import persistently
from tenants.scoping import acting_for

RENEW_BEFORE = timedelta(minutes=5)
RENEWING = timedelta(seconds=40)


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
    return Tokens(access, refresh or None, account.expires_at, tuple(account.scopes))


def usable_tokens(account: Account, connector: OAuth2Connector) -> Tokens:
    """Return tokens that live long enough to be used, renewed first where needed.

    Speaks HTTP: call it outside a transaction. Raises ``TryLater`` while another
    worker renews and ``Disconnected`` when only the member can help.
    """
    if not account.is_connected:
        raise errors.Disconnected
    if not is_ageing(account):
        return open_tokens(account)
    if not (connector.refreshable and account.refresh_token):
        if is_expired(account):
            raise errors.Disconnected
        return open_tokens(account)
    return renew(account, connector)


def renew(account: Account, connector: OAuth2Connector) -> Tokens:
    """Trade the refresh token for a new pair, single-flight, and store it before use."""
    if not begin_renewal(account):
        raise errors.TryLater(after=5, reason="token_refresh")
    try:
        tokens = connector.refresh(open_tokens(account))
    except errors.TryLater as later:
        end_renewal(account)
        raise errors.TryLater(after=later.after, reason="token_refresh") from None
    except errors.ConnectorError:
        end_renewal(account)
        raise
    failpoints.at("in_renewal")
    # The old pair may be dead already: the new one must not be lost to a short outage.
    persistently(lambda: store_renewed(account, tokens))
    return tokens


def begin_renewal(account: Account) -> bool:
    """Take the right to renew this generation; false when another worker has it."""
    with acting_for(account.tenant_id):
        free = Q(refreshing_until=None) | Q(refreshing_until__lt=Now())
        mine = Account.objects.for_tenant(account.tenant_id).filter(
            free, pk=account.pk, generation=account.generation
        )
        return mine.update(refreshing_until=Now() + RENEWING) == 1


def end_renewal(account: Account) -> None:
    """Let the next worker try."""
    with acting_for(account.tenant_id):
        mine = Account.objects.for_tenant(account.tenant_id).filter(
            pk=account.pk, generation=account.generation
        )
        mine.update(refreshing_until=None)


def store_renewed(account: Account, tokens: Tokens) -> None:
    """Write the new pair as the next generation."""
    sealed = seal(account, tokens)
    with acting_for(account.tenant_id):
        connected = Account.objects.for_tenant(account.tenant_id).connected()
        mine = connected.filter(pk=account.pk, generation=account.generation)
        mine.update(
            access_token=sealed.access_token,
            refresh_token=sealed.refresh_token,
            expires_at=tokens.expires_at,
            generation=F("generation") + 1,
            refreshing_until=None,
        )


def is_ageing(account: Account) -> bool:
    """True when the token ends soon, by the database's clock as the row was read."""
    return (
        account.expires_at is not None
        and account.expires_at < account.read_at + RENEW_BEFORE
    )


def is_expired(account: Account) -> bool:
    return account.expires_at is not None and account.expires_at <= account.read_at
