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
from django.db import connection
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce, Greatest, Now
from django.db.models.sql.subqueries import UpdateQuery

from common.ids import uuid7
from content_library.models import Item
from sharing import failpoints
from sharing.configured import UnknownNetwork, connector_for
from sharing.connectors import errors
from sharing.connectors.base import OAuth2Connector
from sharing.connectors.text import Sentence, _
from sharing.connectors.types import Pending, Post, Posted, Tokens
from sharing.models import (
    Account,
    Publication,
    PublishingGate,
    Reason,
    State,
)
from sharing.models.publication import IN_FLIGHT
from sharing.patience import persistently
from sharing.tokens import usable_tokens
from tenants.models import Membership
from tenants.scoping import acting_for

log = logging.getLogger(__name__)

LONGEST = timedelta(hours=24)
JITTER = random.SystemRandom()
OPERATOR_PAUSE = timedelta(minutes=15)
MARGIN = 0.1  # the last part of a lease, in which no call may start
MOVING = [
    "state",
    "token",
    "reason",
    "attempts",
    "probes",
    "not_before",
    "sending_at",
]

Outcome = Posted | Pending | errors.ConnectorError

_GAVE_UP = _(
    "We tried several times and the network was not able to take it. Try again later."
)
_RECONNECT = _("Connect the account again, and this will go out.")
_NOT_OFFERED = _("This network is switched off at the moment.")
_RESTORED = _(
    "The data was restored from a backup. We are checking whether it is out already."
)
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


# -- READY -> CLAIMED -> SENDING --------------------------------------------------------


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


def lock_account(publication: Publication) -> Account | None:
    """Return the account, held: its publications are claimed one after the other."""
    accounts = Account.objects.for_tenant(publication.tenant_id).with_clock()
    rows = accounts.select_for_update(no_key=True)
    return rows.filter(pk=account_of(publication)).first()


def account_of(publication: Publication) -> UUID:
    """Return the account's id; the database lets no published row be without one."""
    assert publication.account_id is not None  # noqa: S101
    return publication.account_id


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
        return errors.Unknown(Sentence(_BROKE))


# -- SENDING -> what came of it ------------------------------------------------------------


def record(publication: Publication, outcome: Outcome) -> bool:
    """Write what came of it; false when nothing is left to say.

    Outlasts a short absence of the database and a quicker reaper: the network says it
    only once.
    """
    return persistently(
        lambda: (
            write(publication, outcome) or write(publication, outcome, look_again=True)
        )
    )


def write(
    publication: Publication, outcome: Outcome, *, look_again: bool = False
) -> bool:
    """Write it once: on what the worker holds, or on what became of the row meanwhile."""
    with acting_for(publication.tenant_id):
        if look_again or publication.state not in (State.CLAIMED, State.SENDING):
            row = read_again(publication)
            if not is_news(publication, row, outcome):
                return False
            adopt(publication, row)
        done = conclude(publication, outcome)
        failpoints.at("before_record_commit")
        return done


def is_news(publication: Publication, row: Publication, outcome: Outcome) -> bool:
    """Tell whether this answer settles something, as the row is now.

    A reaper may have called the attempt UNKNOWN meanwhile. Our answer is about that
    attempt all the same, unless a probe was sent since. A post that stands is news
    whatever the row says.
    """
    if row.token == publication.token and row.state in (State.CLAIMED, State.SENDING):
        return True
    if isinstance(outcome, Posted):
        return row.state not in (State.PUBLISHED, State.REMOVED)
    same_attempt = row.sending_at == publication.sending_at and row.probes == 0
    return row.state == State.UNKNOWN and same_attempt and not is_doubtful(outcome)


def conclude(publication: Publication, outcome: Outcome) -> bool:
    """Make the transition that this outcome means."""
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
        case errors.Duplicate():
            return duplicate(publication, outcome)
        case errors.Refused():
            return refused(publication, outcome)
        case _:
            return unknown(publication, outcome)


def is_doubtful(outcome: Outcome) -> bool:
    """True for what proves nothing."""
    proof = (
        Posted,
        Pending,
        errors.Disconnected,
        errors.OperatorAction,
        errors.Refused,
    )
    later = isinstance(outcome, errors.TryLater) and outcome.not_sent
    return not (later or isinstance(outcome, proof))


def published(publication: Publication, posted: Posted) -> bool:
    """PUBLISHED, also when it was called UNKNOWN or put to the member: this is proof."""
    late = publication.state != State.SENDING
    return move(
        publication,
        State.PUBLISHED,
        reason=Reason.LATE_ANSWER if late else "",
        bump=late,
        remote_id=posted.remote_id,
        url=posted.url,
        published_at=Now(),
    )


def duplicate(publication: Publication, error: errors.Duplicate) -> bool:
    """The network has these very words already, and our tracked link stands in them.

    So an earlier attempt, taken for failed, came through; unless the network names the
    post of another publication.
    """
    if error.remote_id is None:
        if not connector_for(publication.network).finds:
            return refused(publication, error)
        return unknown(publication, errors.Unknown())
    posted = Posted(error.remote_id, error.url or "")
    if is_anothers(publication, posted):
        return refused(publication, error)
    return published(publication, posted)


def is_anothers(publication: Publication, posted: Posted) -> bool:
    """True when the post is known as that of another publication."""
    rows = Publication.objects.for_tenant(publication.tenant_id)
    lane = rows.filter(account_id=account_of(publication)).exclude(pk=publication.pk)
    return lane.filter(remote_id=posted.remote_id).exists()


def refused(publication: Publication, error: errors.Refused) -> bool:
    """FAILED, with a sentence for the member."""
    return move(publication, State.FAILED, reason=error.reason, message=error.sentence)


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
    """NEEDS_USER, and the account as well: the other publications wait with it.

    A token that the network ended early is renewed first, once, where it can be.
    """
    accounts = Account.objects.for_tenant(publication.tenant_id).connected()
    mine = accounts.filter(pk=account_of(publication))
    if may_renew(publication, error):
        mine.update(expires_at=Now())
        return move(publication, State.READY, reason=Reason.TOKEN_REFRESH,
                    message=error.sentence, not_before=Now())  # fmt: skip
    mine.update(state=Account.State.NEEDS_RECONNECT)
    return move(
        publication, State.NEEDS_USER, reason=Reason.RECONNECT, message=error.sentence
    )


def may_renew(publication: Publication, error: errors.Disconnected) -> bool:
    """True for a refused call whose tokens were not renewed for it already."""
    return (
        publication.state in (State.SENDING, State.UNKNOWN)
        and publication.reason != Reason.TOKEN_REFRESH
        and error.reason == errors.Disconnected.default_reason
        and connector_for(publication.network).refreshable
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
        # A time that was chosen and is still to come is kept.
        chosen = publication.share.scheduled_at
        return move(publication, State.READY, reason=Reason.SENT_AGAIN, bump=True,
                    attempts=0, probes=0,
                    not_before=Greatest(Now(), chosen) if chosen else Now())  # fmt: skip


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


def quarantine(publication: Publication) -> bool:
    """Put in doubt what a restored backup says: it may have gone out since.

    Never probed: the network forgets after a while which words it knows, and what the
    member may have cancelled since must not be sent by us in order to find out.
    """
    with acting_for(publication.tenant_id):
        return move(
            publication,
            State.UNKNOWN,
            reason=Reason.RESTORED,
            message=_RESTORED,
            bump=True,
            probes=1,
            sending_at=Coalesce("sending_at", Now()),
            unknown_since=Now(),
            not_before=Now(),
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
        changes["token"] = token + 1
    found = update_and_note(rows, changes | {"updated_at": Now()}, before)
    if found is None:
        return False
    for name, value in zip(MOVING, found, strict=True):
        setattr(publication, name, value)
    return True


# The event in the same statement, and what the row is now as its answer: this is the
# busiest place of all.
NOTED = """
WITH moved AS ({update} RETURNING *), noted AS (
    INSERT INTO sharing_publicationevent
        (id, tenant_id, publication_id, from_state, to_state, token, reason, details, at)
    SELECT %s, tenant_id, id, %s, state, token, reason, '{{}}', clock_timestamp()
    FROM moved
)
SELECT {columns} FROM moved
"""


def update_and_note(
    rows: Any, changes: dict[str, Any], before: str
) -> tuple[Any, ...] | None:
    """Update the one row, write the event, and return the row's MOVING fields."""
    query = rows.query.chain(UpdateQuery)
    query.add_update_values(changes)
    update, values = query.get_compiler(connection=connection).as_sql()
    statement = NOTED.format(update=update, columns=", ".join(MOVING))
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, uuid7(), before])
        found: tuple[Any, ...] | None = cursor.fetchone()
    return found


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


def is_open() -> Q:
    """Return a condition: nobody has closed the gate (``quarantine_publications``)."""
    return Q(~Exists(PublishingGate.objects.filter(is_open=False)))


def older(since: datetime | None, seconds: int, now: datetime) -> bool:
    """True when ``since`` is at least ``seconds`` before ``now`` (both of the database)."""
    return since is not None and now - since >= timedelta(seconds=seconds)


def busy_lane() -> Exists:
    """Return a condition on publications: another one of the account is under way."""
    return Exists(
        Publication.objects.across_tenants(reason="sub-query of a scoped one").filter(
            tenant_id=OuterRef("tenant_id"),
            account_id=OuterRef("account_id"),
            state__in=IN_FLIGHT,
        )
    )


def read_again(publication: Publication) -> Publication:
    """Return the row as it is now."""
    return Publication.objects.for_tenant(publication.tenant_id).get(pk=publication.pk)


def adopt(publication: Publication, row: Publication) -> None:
    """Let the object at hand be what the row is now."""
    for name in MOVING:
        setattr(publication, name, getattr(row, name))
