"""READY -> CLAIMED -> SENDING, and the one call to the network."""

import logging
import time
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, F, Q
from django.db.models.functions import Now

from content_library.models import Item
from sharing import failpoints
from sharing.configured import UnknownNetwork, connector_for
from sharing.connectors import errors
from sharing.connectors.base import OAuth2Connector
from sharing.connectors.text import Sentence, _
from sharing.connectors.types import Post, Tokens
from sharing.models import Account, Publication, Reason, State
from sharing.models.publication import IN_FLIGHT
from sharing.patience import persistently
from sharing.publishing.moving import (
    BROKE,
    account_of,
    adopt,
    frozen_post,
    is_open,
    lease,
    lock_account,
    move,
    read_again,
)
from sharing.publishing.outcomes import OPERATOR_PAUSE, Outcome, record
from sharing.tokens import usable_tokens
from tenants.models import Membership
from tenants.scoping import acting_for

log = logging.getLogger(__name__)

MARGIN = 0.1  # the last part of a lease, in which no call may start

_RECONNECT = _("Connect the account again, and this will go out.")
_NOT_OFFERED = _("This network is switched off at the moment.")


@dataclass
class Work:
    """A claimed publication and what is needed to send it."""

    publication: Publication
    account: Account
    connector: OAuth2Connector
    started: float  # time.monotonic()

    @property
    def deadline(self) -> float:
        return self.started + settings.PUBLISHING_LEASE_SECONDS * (1 - MARGIN)

    @property
    def post(self) -> Post:
        return frozen_post(self.publication)


def publish(tenant_id: UUID | str, publication_id: UUID | str) -> bool:
    """Claim, prepare and send one publication; harmless when it is rung twice.

    Returns whether it was its turn: only then is there news for the rest of its lane.
    """
    work = claim(tenant_id, publication_id)
    if work is None:
        return False
    failpoints.at("after_claim")
    try:
        tokens = prepare(work)
    except errors.ConnectorError as error:
        record(work.publication, error)
        return True
    failpoints.at("before_sending")
    if start_sending(work):
        failpoints.at("after_sending_commit")
        outcome = send(work, tokens)
        failpoints.at("after_send")
        record(work.publication, outcome)
        failpoints.at("after_record")
    return True


def claim(tenant_id: UUID | str, publication_id: UUID | str) -> Work | None:
    """Take the publication, or return None when it is not due, taken, or its lane is busy."""
    started = time.monotonic()
    with acting_for(tenant_id):
        publication = find_due(tenant_id, publication_id)
        if publication is None:
            return None
        account = lock_account(publication)
        if account is None or not lane_is_free(account):
            return None
        try:
            connector = connector_for(publication.network)
        except UnknownNetwork:
            move(publication, State.READY, reason=Reason.OPERATOR, message=_NOT_OFFERED,
                 not_before=Now() + OPERATOR_PAUSE)  # fmt: skip
            return None
        if not move(publication, State.CLAIMED, reason=publication.reason, bump=True,
                    lease_until=Now() + lease()):  # fmt: skip
            return None
    return Work(publication, account, connector, started)


def find_due(tenant_id: UUID | str, publication_id: UUID | str) -> Publication | None:
    """Return the publication if it may be sent now."""
    rows = Publication.objects.filter(
        tenant_id=tenant_id, state=State.READY, not_before__lte=Now()
    )
    rows = rows.filter(is_open(), pk=publication_id)
    return rows.with_clock().first()


def lane_is_free(account: Account) -> bool:
    """True when no publication of the account is under way."""
    rows = Publication.objects.for_tenant(account.tenant_id).filter(account=account)
    return not rows.filter(state__in=IN_FLIGHT).exists()


def prepare(work: Work) -> Tokens:
    """Return the tokens to send with; whatever goes wrong here is proof of nothing sent."""
    try:
        return usable_tokens(work.account, work.connector)
    except errors.ConnectorError:
        raise
    except Exception:
        log.exception("publication %s broke before sending", work.publication.pk)
        raise errors.TryLater from None


def start_sending(work: Work) -> bool:
    """Write the mark from which the post may exist; false when it must not go out."""
    return persistently(lambda: mark_sending(work))


def mark_sending(work: Work) -> bool:
    """Write the mark once. When an earlier COMMIT got no answer, the row tells."""
    publication = work.publication
    with acting_for(publication.tenant_id):
        if publication.state != State.CLAIMED:
            row = read_again(publication)
            if row.token != publication.token or row.state != State.CLAIMED:
                return row.token == publication.token and row.state == State.SENDING
            adopt(publication, row)
        if objection := objection_to(publication):
            withdraw(publication, objection)
            return False
        return move(
            publication,
            State.SENDING,
            reason=publication.reason,
            still=Q(is_open(), lease_until__gt=Now()),
            attempts=F("attempts") + 1,
            sending_at=Now(),
            lease_until=Now() + lease(),
        )


def objection_to(publication: Publication) -> str:
    """Return why this must not go out now, or nothing: asked at the last moment."""
    tenant_id = publication.tenant_id
    members = Membership.objects.for_tenant(tenant_id).active()
    # An expression instead of a moment: the database's own clock decides.
    items = Item.objects.for_tenant(tenant_id).shareable(Now())  # type: ignore[arg-type]
    # Held: a disconnect waits for us or is seen by us.
    accounts = Account.objects.for_tenant(tenant_id).select_for_update(no_key=True)
    found = accounts.filter(pk=account_of(publication)).values_list(
        "state",
        Exists(members.filter(pk=publication.membership_id, tenant__is_active=True)),
        Exists(items.filter(pk=publication.item_id)),
    )
    state, is_member, is_shareable = found.first() or (None, True, True)
    if not is_member:
        return Reason.MEMBER_LEFT
    if state in (None, Account.State.DISCONNECTED):
        return Reason.ACCOUNT_GONE
    if state == Account.State.NEEDS_RECONNECT:
        return Reason.RECONNECT
    return "" if is_shareable else Reason.ITEM_CLOSED


def withdraw(publication: Publication, objection: str) -> bool:
    """Stop what has not been sent: held for a reconnect, cancelled otherwise."""
    if objection == Reason.RECONNECT:
        return move(
            publication,
            State.NEEDS_USER,
            reason=objection,
            message=_RECONNECT,
            bump=True,
        )
    return move(publication, State.CANCELLED, reason=objection, bump=True)


def send(work: Work, tokens: Tokens) -> Outcome:
    """Call the network once. Whatever is not proof of failure comes back as ``Unknown``."""
    profile_id = work.account.remote_id
    try:
        return work.connector.publish(
            tokens, profile_id, work.post, deadline=work.deadline
        )
    except errors.ConnectorError as error:
        return error
    except Exception:
        # A fault of ours after the mark: nobody knows how far it came.
        log.exception("publication %s broke while sending", work.publication.pk)
        return errors.Unknown(Sentence(BROKE))
