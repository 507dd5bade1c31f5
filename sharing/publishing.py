"""Move one publication through its states. The only writer of ``state``.

    READY -> CLAIMED -> SENDING -> PUBLISHED | PENDING | UNKNOWN | FAILED
                                -> READY       only on proof that nothing was sent
    CLAIMED -> READY, SENDING -> UNKNOWN       the lease expired (reaper)
    READY | CLAIMED -> CANCELLED               SENDING cannot be cancelled any more
    NEEDS_USER -> READY | PUBLISHED | CANCELLED    by the member alone

Each transition is one conditional UPDATE on state and token, with its event in the
same transaction. Only the database's clock decides. HTTP happens outside any
transaction. What to do about UNKNOWN stands in ``settling.py``.
"""

import logging
import random
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now

from content_library.models import Item
from sharing.configured import UnknownNetwork, connector_for
from sharing.connectors import errors
from sharing.connectors.base import OAuth2Connector
from sharing.connectors.text import Sentence, _
from sharing.connectors.types import Pending, Post, Posted, Tokens
from sharing.models import Account, Publication, PublicationEvent, Reason, State
from sharing.models.publication import IN_FLIGHT
from sharing.tokens import usable_tokens
from tenants.models import Membership
from tenants.scoping import acting_for

log = logging.getLogger(__name__)

LONGEST = timedelta(hours=24)
JITTER = random.SystemRandom()
OPERATOR_PAUSE = timedelta(minutes=15)
MARGIN = 0.1  # the last part of a lease, in which no call may start

Outcome = Posted | Pending | errors.ConnectorError

_GAVE_UP = _(
    "We tried several times and the network was not able to take it. Try again later."
)
_RECONNECT = _("Connect the account again, and this will go out.")
_NOT_OFFERED = _("This network is switched off at the moment.")
_BROKE = _("Something went wrong while sending. We are checking whether it is out.")


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


def publish(tenant_id: UUID | str, publication_id: UUID | str) -> None:
    """Claim, prepare and send one publication; harmless when it is rung twice."""
    work = claim(tenant_id, publication_id)
    if work is None:
        return
    try:
        tokens = usable_tokens(work.account, work.connector)
    except errors.ConnectorError as error:
        record(work.publication, error)
        return
    if not start_sending(work):
        return
    record(work.publication, send(work, tokens))


# -- READY -> CLAIMED -> SENDING --------------------------------------------------------


def claim(tenant_id: UUID | str, publication_id: UUID | str) -> Work | None:
    """Take the publication, or return None when it is not due, taken, or its lane is busy."""
    started = time.monotonic()
    with acting_for(tenant_id):
        publication = find_due(tenant_id, publication_id)
        account = publication and lock_account(publication)
        if publication is None or account is None or not lane_is_free(account):
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
    rows = rows.filter(pk=publication_id).select_related("share")
    return rows.annotate(read_at=Now()).first()


def lock_account(publication: Publication) -> Account | None:
    """Return the account, held: its publications are claimed one after the other."""
    accounts = Account.objects.for_tenant(publication.tenant_id).annotate(read_at=Now())
    rows = accounts.select_for_update(no_key=True)
    return rows.filter(pk=publication.account_id).first()


def lane_is_free(account: Account) -> bool:
    """True when no publication of the account is under way."""
    rows = Publication.objects.for_tenant(account.tenant_id).filter(account=account)
    return not rows.filter(state__in=IN_FLIGHT).exists()


def start_sending(work: Work) -> bool:
    """Write the mark from which the post may exist; false when it must not go out."""
    publication = work.publication
    with acting_for(publication.tenant_id):
        if objection := objection_to(publication):
            withdraw(publication, objection)
            return False
        return move(
            publication,
            State.SENDING,
            reason=publication.reason,
            still=Q(lease_until__gt=Now()),
            attempts=F("attempts") + 1,
            sending_at=Now(),
            lease_until=Now() + lease(),
        )


def objection_to(publication: Publication) -> str:
    """Return why this must not go out now, or nothing: asked at the last moment."""
    tenant_id = publication.tenant_id
    members = (
        Membership.objects.for_tenant(tenant_id).active().filter(tenant__is_active=True)
    )
    if not members.filter(pk=publication.membership_id).exists():
        return Reason.MEMBER_LEFT
    # Held: a disconnect waits for us or is seen by us.
    account = lock_account(publication)
    if account is None or account.state == Account.State.DISCONNECTED:
        return Reason.ACCOUNT_GONE
    if account.state == Account.State.NEEDS_RECONNECT:
        return Reason.RECONNECT
    # An expression instead of a moment: the database's own clock decides.
    items = Item.objects.for_tenant(tenant_id).shareable(Now())  # type: ignore[arg-type]
    if not items.filter(pk=publication.item_id).exists():
        return Reason.ITEM_CLOSED
    return ""


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
        return errors.Unknown(Sentence(_BROKE))


# -- SENDING -> what came of it ------------------------------------------------------------


def record(publication: Publication, outcome: Outcome) -> bool:
    """Write what came of it; false when a reaper was quicker and nothing is proven."""
    with acting_for(publication.tenant_id):
        match outcome:
            case Posted():
                return published(publication, outcome)
            case Pending():
                return move(publication, State.PENDING, reason="", handle=dict(outcome.handle),
                            not_before=Now() + settle_time())  # fmt: skip
            case errors.TryLater(not_sent=True):
                return try_later(publication, outcome)
            case errors.Disconnected():
                return disconnected(publication, outcome)
            case errors.OperatorAction():
                return move(publication, State.READY, reason=Reason.OPERATOR,
                            message=outcome.sentence, not_before=Now() + OPERATOR_PAUSE)  # fmt: skip
            case errors.Refused():
                return move(
                    publication,
                    State.FAILED,
                    reason=outcome.reason,
                    message=outcome.sentence,
                )
            case _:
                return unknown(publication, outcome)


def published(publication: Publication, posted: Posted) -> bool:
    """PUBLISHED, also when the reaper had already called it UNKNOWN: this is proof."""
    proof: dict[str, Any] = {
        "remote_id": posted.remote_id,
        "url": posted.url,
        "published_at": Now(),
    }
    if move(publication, State.PUBLISHED, reason="", **proof):
        return True
    publication.refresh_from_db(fields=["state", "token"])
    late = publication.state == State.UNKNOWN
    return late and move(
        publication, State.PUBLISHED, reason=Reason.LATE_ANSWER, bump=True, **proof
    )


def try_later(publication: Publication, error: errors.TryLater) -> bool:
    """READY again after a wait; NEEDS_USER when it was tried often or long enough."""
    limited = error.reason == Reason.RATE_LIMITED
    ladder = settings.PUBLISHING_RETRY_LADDER
    often = not limited and publication.attempts > len(ladder)
    wanted_since = publication.share.scheduled_at or publication.created_at
    if often or publication.read_at - wanted_since > LONGEST:
        return move(
            publication, State.NEEDS_USER, reason=Reason.GAVE_UP, message=_GAVE_UP
        )
    step = ladder[min(max(publication.attempts - 1, 0), len(ladder) - 1)]
    # Full jitter: a network that comes back must not meet everybody at once.
    wait = (
        JITTER.uniform(0, step)
        if error.after is None
        else error.after + JITTER.uniform(0, 1)
    )
    return move(
        publication,
        State.READY,
        reason=error.reason,
        message=error.sentence,
        not_before=Now() + min(timedelta(seconds=max(wait, 0)), LONGEST),
    )


def disconnected(publication: Publication, error: errors.Disconnected) -> bool:
    """NEEDS_USER, and the account as well: the other publications wait with it."""
    accounts = Account.objects.for_tenant(publication.tenant_id).connected()
    accounts.filter(publications=publication).update(
        state=Account.State.NEEDS_RECONNECT
    )
    return move(
        publication, State.NEEDS_USER, reason=Reason.RECONNECT, message=error.sentence
    )


def unknown(publication: Publication, error: Any) -> bool:
    """UNKNOWN: never sent again blindly."""
    return move(
        publication,
        State.UNKNOWN,
        reason="unknown",
        message=getattr(error, "sentence", _BROKE),
        unknown_since=Now(),
        not_before=Now() + settle_time(),
    )


# -- What people and sweeps may do --------------------------------------------------------------


def cancel(publication: Publication, *, reason: str) -> bool:
    """Stop it before SENDING; false when it is already going out or over."""
    with acting_for(publication.tenant_id):
        publication.refresh_from_db(fields=["state", "token", "reason"])
        return publication.can_cancel and move(
            publication, State.CANCELLED, reason=reason, bump=True
        )


def cancel_all(publications: Iterable[Publication], *, reason: str) -> int:
    """Stop each of them; return how many were stopped."""
    return sum(cancel(publication, reason=reason) for publication in publications)


def declare(publication: Publication, *, is_out: bool) -> bool:
    """The member looked: it is out, or it is to be sent again."""
    with acting_for(publication.tenant_id):
        if not publication.is_unconfirmed:
            return False
        if is_out:
            return move(publication, State.PUBLISHED, reason=Reason.DECLARED, bump=True,
                        published_at=F("sending_at"))  # fmt: skip
        return move(publication, State.READY, reason=Reason.SENT_AGAIN, bump=True,
                    attempts=0, probes=0, not_before=Now())  # fmt: skip


def release(publication: Publication, *, reason: str) -> bool:
    """NEEDS_USER -> READY for what is known not to be out: reconnected, or tried again."""
    with acting_for(publication.tenant_id):
        return publication.can_retry and move(
            publication,
            State.READY,
            reason=reason,
            bump=True,
            attempts=0,
            not_before=Now(),
        )


def reap(publication: Publication) -> bool:
    """Free what a worker left behind: CLAIMED is harmless, SENDING may be out."""
    with acting_for(publication.tenant_id):
        expired = Q(lease_until__lt=Now())
        if publication.state == State.CLAIMED:
            return move(
                publication,
                State.READY,
                reason=Reason.LEASE_EXPIRED,
                bump=True,
                still=expired,
            )
        return move(
            publication,
            State.UNKNOWN,
            reason=Reason.LEASE_EXPIRED,
            message=_BROKE,
            bump=True,
            still=expired,
            unknown_since=Now(),
            not_before=Now() + settle_time(),
        )


# -- The one door to ``state`` ----------------------------------------------------------------------


def move(
    publication: Publication,
    to: str,
    *,
    reason: str,
    message: str = "",
    bump: bool = False,
    still: Q | None = None,
    **fields: Any,
) -> bool:
    """Go from the state and token at hand to ``to``, or return False: somebody was quicker.

    ``bump`` raises the token, so that a worker which still holds the old one can write
    nothing more. ``still`` is a further condition on the row.
    """
    tenant_id, before, token = (
        publication.tenant_id,
        publication.state,
        publication.token,
    )
    rows = Publication.objects.for_tenant(tenant_id).filter(
        still or Q(), pk=publication.pk, state=before, token=token
    )
    settled: dict[str, Any] = {"lease_until": None, "unknown_since": None}
    changes = (
        settled | fields | {"state": to, "reason": reason, "message": told(message)}
    )
    if bump:
        changes["token"] = token = token + 1
    if not rows.update(**changes, updated_at=Now()):
        return False
    PublicationEvent.objects.create(
        tenant_id=tenant_id,
        publication_id=publication.pk,
        from_state=before,
        to_state=to,
        token=token,
        reason=reason,
        at=Now(),
    )
    publication.refresh_from_db(
        fields=[
            "state",
            "token",
            "reason",
            "attempts",
            "probes",
            "not_before",
            "sending_at",
        ]
    )
    return True


def told(message: str) -> dict[str, Any]:
    """Return a sentence as it is kept: its message id and values, translated when shown."""
    if isinstance(message, Sentence):
        return {"msgid": message.msgid, "values": message.values}
    return {"msgid": str(message), "values": {}} if message else {}


def frozen_post(publication: Publication) -> Post:
    """Return the post exactly as it was accepted: each attempt sends the same bytes."""
    card = publication.card
    return Post(
        publication.text,
        card.get("link"),
        card.get("title", ""),
        card.get("description", ""),
    )


def lease() -> timedelta:
    return timedelta(seconds=settings.PUBLISHING_LEASE_SECONDS)


def settle_time() -> timedelta:
    return timedelta(seconds=settings.PUBLISHING_SETTLE_SECONDS)


def older(since: datetime | None, seconds: int, now: datetime) -> bool:
    """True when ``since`` is at least ``seconds`` before ``now`` (both of the database)."""
    return since is not None and now - since >= timedelta(seconds=seconds)


def busy_lane() -> Exists:
    """Return a condition on publications: another one of the account is under way."""
    return Exists(
        Publication.objects.across_tenants(reason="sub-query of a scoped one").filter(
            account_id=OuterRef("account_id"), state__in=IN_FLIGHT
        )
    )
