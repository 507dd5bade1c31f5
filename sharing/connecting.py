"""Connect a member's account on any network: begin, answer, confirm; and disconnect.

The ``state`` of the OAuth dance is random, used once, ten minutes old at most and
bound to session, tenant, member and network. There is one callback per network, so
the tenant is found through the state. Where a member signs in by typing a password
made for us, ``sign_in`` stands for begin and answer. Nothing becomes an account before
the member has seen whom they are linking to what, and confirmed.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import User
from common.secret_links import digest, new_secret
from notifications.notifying import see
from sharing import publishing, registering, vault
from sharing.configured import UnknownNetwork, connector_for, publisher_for
from sharing.connectors import errors
from sharing.connectors.base import (
    Connector,
    OAuth2Connector,
    ServersConnector,
    SignInConnector,
)
from sharing.connectors.text import Sentence, _
from sharing.connectors.types import Profile, Tokens
from sharing.models import Account, ConnectAttempt, Publication, Reason, State
from sharing.pacing import wait_while_quiet
from sharing.registering import redirect_uri
from sharing.tokens import open_tokens, seal
from tenants import audit
from tenants.models import Membership
from tenants.scoping import across_tenants, acting_for

log = logging.getLogger(__name__)

LIFETIME = timedelta(minutes=10)
SECRETS = ("access_token", "refresh_token", "previous_refresh_token", "previous_until")

_STALE = _("This sign-in is too old or was used before. Please connect again.")
_SCOPES = _(
    "%(network)s did not give all the permissions that sharing needs. Connect again and allow them."
)
TOO_OFTEN = Sentence(_("That was tried very often. Wait an hour, then try again."))
_TAKEN = _("This %(network)s account is already linked to a colleague here.")


class AttemptInvalid(Exception):
    """The callback belongs to no open attempt of this person in this session."""

    sentence = Sentence(_STALE)


class ScopesMissing(errors.Refused):
    """The member, or the network, gave less than sharing needs; ``missing`` says what."""

    def __init__(self, connector: Connector, missing: Sequence[str]) -> None:
        super().__init__(Sentence(_SCOPES, network=connector.label), reason="scopes")
        self.missing = missing


@dataclass(frozen=True)
class Held:
    """What the network told us, before the member confirms."""

    profile: Profile
    tokens: Tokens


# -- Begin --------------------------------------------------------------------------------


def begin(
    *,
    by: Membership,
    network: str,
    session_key: str,
    now: datetime,
    return_to: str = "",
    answers: Mapping[str, str] | None = None,
) -> str:
    """Start a dance and return the address of the network's consent page.

    ``answers`` are what ``asks_to_connect`` asked for. Where there are many servers it
    speaks HTTP: call it outside a transaction. Raises the connector's error then.
    """
    connector, state = consenting(network, by.tenant_id), new_secret()
    if isinstance(connector, ServersConnector):
        server = connector.server_named((answers or {}).get("server", ""))
        connector = registering.registered(by.tenant_id, connector, server)
    attempt = new_attempt(by, network, state, session_key, now, return_to)
    attempt.server = connector.server
    verifier = connector.new_verifier() if connector.pkce else ""
    attempt.verifier = vault.seal(verifier, **place(attempt), column="verifier")
    with acting_for(by.tenant_id):
        attempt.save(force_insert=True)
    challenge = connector.challenge(verifier) if verifier else None
    return connector.authorize_url(state, redirect_uri(network), challenge)


def consenting(network: str, tenant_id: UUID) -> OAuth2Connector:
    """Return the connector of a network that has a consent page of its own."""
    connector = publisher_for(network, tenant_id)
    if not isinstance(connector, OAuth2Connector):
        raise UnknownNetwork(network)
    return connector


def new_attempt(
    by: Membership,
    network: str,
    state: str,
    session_key: str,
    now: datetime,
    return_to: str,
) -> ConnectAttempt:
    return ConnectAttempt(
        tenant_id=by.tenant_id,
        membership=by,
        network=network,
        state_hash=digest(state),
        session_hash=digest(session_key),
        return_to=return_to[:500],
        expires_at=now + LIFETIME,
    )


def sign_in(
    *,
    by: Membership,
    network: str,
    session_key: str,
    now: datetime,
    return_to: str = "",
    answers: Mapping[str, str],
) -> ConnectAttempt:
    """Sign in with what the member typed; the tokens are held until they confirm.

    Speaks HTTP: call it outside a transaction. Raises the connector's error, ``Mistyped``
    where the member can mend it.
    """
    connector = publisher_for(network, by.tenant_id)
    if not isinstance(connector, SignInConnector):
        raise UnknownNetwork(network)
    held = read_profile(connector, connector.sign_in(answers))
    attempt = new_attempt(by, network, new_secret(), session_key, now, return_to)
    attempt.answered_at = now
    with acting_for(by.tenant_id):
        attempt.save(force_insert=True)
    hold(attempt, held)
    return attempt


# -- Answer --------------------------------------------------------------------------------


def answer_callback(
    *,
    network: str,
    params: Mapping[str, str],
    session_key: str,
    user: User,
    now: datetime,
) -> ConnectAttempt:
    """Take the network's answer: trade the code, read the profile, hold both sealed.

    Speaks HTTP: call it outside a transaction. Raises ``AttemptInvalid``, or the
    connector's error with a sentence for the member.
    """
    attempt = find_attempt(network, params.get("state", ""), session_key, user, now)
    take_answer(attempt, now)
    connector = consenting(network, attempt.tenant_id)
    if isinstance(connector, ServersConnector):
        connector = registering.registered(attempt.tenant_id, connector, attempt.server)
    code = connector.code_from(params)
    hold(attempt, read_profile(connector, exchange(attempt, connector, code)))
    return attempt


def exchange(attempt: ConnectAttempt, connector: OAuth2Connector, code: str) -> Tokens:
    """Trade the code, and forget an app of ours that its server has forgotten."""
    verifier = vault.unseal(attempt.verifier, **place(attempt), column="verifier")
    try:
        return connector.exchange(code, redirect_uri(attempt.network), verifier or None)
    except errors.OperatorAction:
        registering.forget(attempt.tenant_id, connector, attempt.server)
        raise


def read_profile(connector: Connector, tokens: Tokens) -> Held:
    """Ask who consented, once they have consented to all that sharing needs."""
    granted = tokens.scopes
    missing = [one for one in connector.scopes if not connector.covers(granted, one)]
    if missing:
        raise ScopesMissing(connector, missing)
    return Held(connector.profile(tokens), tokens)


def find_attempt(
    network: str, state: str, session_key: str, user: User, now: datetime
) -> ConnectAttempt:
    """Return the open attempt that this answer belongs to, or raise ``AttemptInvalid``."""
    with across_tenants(reason="the callback's state names the tenant"):
        attempts = ConnectAttempt.objects.across_tenants(reason="the state is random")
        attempt = (
            attempts.filter(
                state_hash=digest(state[:200]),
                session_hash=digest(session_key),
                network=network,
                membership__user=user,
                membership__deactivated_at=None,
                tenant__is_active=True,
            )
            .select_related("tenant")
            .first()
        )
    if attempt is None or not attempt.is_open(now):
        raise AttemptInvalid
    return attempt


def take_answer(attempt: ConnectAttempt, now: datetime) -> None:
    """Use the state up; a second answer with it is refused."""
    with acting_for(attempt.tenant_id):
        unanswered = ConnectAttempt.objects.for_tenant(attempt.tenant_id).filter(
            pk=attempt.pk, answered_at=None
        )
        if not unanswered.update(answered_at=now):
            raise AttemptInvalid


def hold(attempt: ConnectAttempt, held: Held) -> None:
    """Keep the answer sealed until the member confirms or ten minutes are over."""
    plain = json.dumps(
        {
            "remote_id": held.profile.remote_id,
            "handle": held.profile.handle,
            "name": held.profile.name,
            "callback_id": held.profile.callback_id,
            "access_token": held.tokens.access_token,
            "refresh_token": held.tokens.refresh_token,
            "expires_at": held.tokens.expires_at and held.tokens.expires_at.isoformat(),
            "scopes": held.tokens.scopes,
            "server": held.tokens.server,
        }
    )
    attempt.held = vault.seal(plain, **place(attempt), column="held")
    attempt.handle = held.profile.handle or held.profile.name
    with acting_for(attempt.tenant_id):
        attempt.save(update_fields=["held", "handle"])


def held_by(attempt: ConnectAttempt) -> Held:
    """Open what ``hold`` kept."""
    data: dict[str, Any] = json.loads(
        vault.unseal(attempt.held, **place(attempt), column="held")
    )
    ends = data["expires_at"]
    return Held(
        Profile(
            data["remote_id"],
            data["handle"],
            data["name"],
            callback_id=data["callback_id"],
        ),
        Tokens(
            data["access_token"],
            data["refresh_token"],
            datetime.fromisoformat(ends) if ends else None,
            tuple(data["scopes"]),
            data["server"],
        ),
    )


def place(attempt: ConnectAttempt) -> dict[str, Any]:
    return {"tenant": attempt.tenant_id, "row": attempt.pk}


# -- Confirm -----------------------------------------------------------------------------------


def open_attempt(
    by: Membership, attempt_id: Any, now: datetime
) -> ConnectAttempt | None:
    """Return the member's own attempt that waits for their consent."""
    mine = ConnectAttempt.objects.for_tenant(by.tenant_id).filter(
        membership=by, done_at=None
    )
    attempt = mine.filter(pk=attempt_id).exclude(held=b"").first()
    return attempt if attempt and attempt.is_open(now) else None


@transaction.atomic
def confirm(*, attempt: ConnectAttempt, by: Membership, now: datetime) -> Account:
    """Link the account, or link it anew; what waited for it goes out.

    Raises ``Refused`` when a colleague has linked the same account.
    """
    held = held_by(attempt)
    connector = connector_for(attempt.network, attempt.tenant_id)
    accounts = Account.objects.for_tenant(by.tenant_id).select_for_update()
    same = accounts.connected().filter(
        network=attempt.network, remote_id=held.profile.remote_id
    )
    account = same.first()
    if account is None:
        account = Account(
            tenant_id=by.tenant_id, membership=by, network=attempt.network
        )
    elif account.membership_id != by.pk:
        raise taken(connector)
    store(account, held, now)
    close(attempt, now)
    audit.record("account.connected", account, by=by, network=account.network)
    release_held(account, by)
    return account


def store(account: Account, held: Held, now: datetime) -> None:
    """Write the profile and the sealed tokens."""
    sealed = seal(account, held.tokens)
    account.remote_id, account.server = held.profile.remote_id, held.tokens.server
    account.callback_id = held.profile.callback_id
    account.handle, account.name = held.profile.handle, held.profile.name
    account.state = Account.State.CONNECTED
    account.scopes = list(held.tokens.scopes)
    account.access_token, account.refresh_token = (
        sealed.access_token,
        sealed.refresh_token,
    )
    account.previous_refresh_token, account.previous_until = b"", None
    account.expires_at, account.refreshing_until = held.tokens.expires_at, None
    account.generation += 1
    account.connected_at = now
    try:
        with transaction.atomic():
            account.save()
    except IntegrityError:
        raise taken(connector_for(account.network, account.tenant_id)) from None


def taken(connector: Connector) -> errors.Refused:
    return errors.Refused(Sentence(_TAKEN, network=connector.label), reason="taken")


def close(attempt: ConnectAttempt, now: datetime) -> None:
    """End the attempt and forget what it held."""
    attempt.done_at, attempt.held, attempt.verifier = now, b"", b""
    attempt.save(update_fields=["done_at", "held", "verifier"])


def decline(*, attempt: ConnectAttempt, now: datetime) -> None:
    """The member did not confirm: nothing is linked, nothing is kept."""
    close(attempt, now)


def release_held(account: Account, by: Membership) -> None:
    """Let go out what waited for this account to be connected again."""
    waiting = Publication.objects.for_tenant(account.tenant_id).filter(
        account=account, state=State.NEEDS_USER, reason=Reason.RECONNECT
    )
    for publication in waiting:
        if publishing.release(publication, reason=Reason.RETRY):
            wait_while_quiet(publication, by)
    working = Publication.objects.for_tenant(account.tenant_id).filter(
        account=account, state=State.PENDING, reason=Reason.RECONNECT
    )
    for publication in working:
        publishing.ask_renewed(publication)
    see(tenant_id=account.tenant_id, member=account.membership_id, about=account.pk)


# -- Disconnect ------------------------------------------------------------------------------------


def disconnect(*, account: Account, by: Membership, now: datetime) -> None:
    """Forget the tokens at once, stop what waits, and tell the network.

    Speaks HTTP last: call it outside a transaction. The network may be away; the
    account is disconnected all the same.
    """
    tokens = readable_tokens(account)
    with acting_for(account.tenant_id):
        forget(account, by, now)
    if tokens is not None:
        revoke(account, tokens)


def readable_tokens(account: Account) -> Tokens | None:
    try:
        return open_tokens(account)
    except errors.Disconnected:
        return None


def forget(
    account: Account, by: Membership | None, now: datetime, **details: Any
) -> None:
    """Wipe the tokens and cancel what was waiting for this account."""
    account.state, account.disconnected_at = Account.State.DISCONNECTED, now
    account.access_token = account.refresh_token = b""
    account.previous_refresh_token, account.previous_until = b"", None
    account.save(update_fields=["state", "disconnected_at", *SECRETS])
    waiting = Publication.objects.for_tenant(account.tenant_id).filter(account=account)
    stoppable = waiting.filter(state__in=[State.READY, State.CLAIMED, State.NEEDS_USER])
    publishing.cancel_all(stoppable, reason=Reason.ACCOUNT_GONE)
    audit.record(
        "account.disconnected", account, by=by, network=account.network, **details
    )


def revoke(account: Account, tokens: Tokens) -> None:
    """Ask the network to forget us too."""
    try:
        connector = connector_for(account.network, account.tenant_id)
        registering.bound_to(account.tenant_id, connector, account.server).revoke(
            tokens
        )
    except (LookupError, errors.ConnectorError) as error:
        log.warning("%s did not take the revocation: %r", account.network, error)
