"""SENDING -> what came of it: every answer of a network means one transition."""

import random
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Max
from django.db.models.functions import Now

from sharing import failpoints
from sharing.configured import connector_for, network_called
from sharing.connectors import errors
from sharing.connectors.text import _
from sharing.connectors.types import Pending, Posted
from sharing.models import Account, Publication, PublicationEvent, Reason, State
from sharing.models.publication import UNSETTLED
from sharing.patience import persistently
from sharing.publishing.hours import loud_at
from sharing.publishing.moving import (
    BROKE,
    account_of,
    adopt,
    move,
    read_again,
    settle_time,
)
from sharing.publishing.pending import (
    ask_renewed,
    give_up,
    is_overdue,
    pend,
    stay,
    wait_for_member,
)
from sharing.publishing.sql import NOW, after
from tenants.scoping import acting_for

LONGEST = timedelta(hours=24)
JITTER = random.SystemRandom()
OPERATOR_PAUSE = timedelta(minutes=15)

Outcome = Posted | Pending | errors.ConnectorError

_GAVE_UP = _(
    "We tried several times and the network was not able to take it. Try again later."
)


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
    if isinstance(outcome, Posted) and publication.state == State.SENDING:
        # By far the most frequent, and a single statement.
        failpoints.at("before_record_commit")
        if published(publication, outcome):
            return True
    with acting_for(publication.tenant_id):
        if look_again or publication.state not in (State.CLAIMED, State.SENDING):
            row = read_again(publication)
            if not is_news(publication, row, outcome):
                return False
            adopt(publication, row)
        was_asked = publication.state == State.PENDING
        done = (polled if was_asked else conclude)(publication, outcome)
        failpoints.at("before_record_commit")
        return done


def is_news(publication: Publication, row: Publication, outcome: Outcome) -> bool:
    """Tell whether this answer settles something, as the row is now.

    A reaper may have called the attempt UNKNOWN meanwhile. Our answer is about that
    attempt all the same, unless a probe was sent since. A post that stands is news
    whatever the row says. Who only asked has something to say while it is his turn.
    """
    is_ours = row.token == publication.token
    if is_ours and row.state in (State.CLAIMED, State.SENDING):
        return True
    if isinstance(outcome, Posted):
        return row.state not in (State.PUBLISHED, State.REMOVED)
    if publication.state in UNSETTLED:
        return is_ours and row.state == publication.state
    same_attempt = row.sending_at == publication.sending_at and row.probes == 0
    return row.state == State.UNKNOWN and same_attempt and not is_doubtful(outcome)


def conclude(publication: Publication, outcome: Outcome) -> bool:
    """Make the transition that this outcome means."""
    match outcome:
        case Posted():
            return published(publication, outcome)
        case Pending():
            return pend(publication, outcome)
        case errors.TryLater(not_sent=True):
            return try_later(publication, outcome)
        case errors.Disconnected():
            return disconnected(publication, outcome)
        case errors.OperatorAction():
            return wait(publication, OPERATOR_PAUSE, Reason.OPERATOR, outcome.sentence)
        case errors.Duplicate():
            return duplicate(publication, outcome)
        case errors.Refused():
            return refused(publication, outcome)
        case _:
            return unknown(publication, outcome)


def polled(publication: Publication, outcome: Outcome) -> bool:
    """PENDING -> what the network says of the post; what it says of the asking waits."""
    match outcome:
        case Posted():
            return published(publication, outcome)
        case errors.Duplicate():
            return duplicate(publication, outcome)
        case errors.Refused() if not isinstance(outcome, errors.QuestionRefused):
            return refused(publication, outcome)
        case _ if is_overdue(publication):
            return give_up(publication)
        case Pending():
            return pend(publication, outcome)
        case errors.Disconnected():
            return cannot_ask(publication, outcome)
        case _:
            return stay(publication, outcome)


def cannot_ask(publication: Publication, error: errors.Disconnected) -> bool:
    """The network does not know our token: a new one is tried once, then the member."""
    accounts = Account.objects.for_tenant(publication.tenant_id)
    mine = accounts.filter(pk=account_of(publication), state=Account.State.CONNECTED)
    if may_renew(publication, error) and mine.update(expires_at=Now()):
        return ask_renewed(publication)
    mine.update(state=Account.State.NEEDS_RECONNECT)
    return wait_for_member(publication)


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
    late = publication.state not in (State.SENDING, State.PENDING)
    return move(
        publication,
        State.PUBLISHED,
        reason=Reason.LATE_ANSWER if late else "",
        bump=late,
        remote_id=posted.remote_id,
        url=posted.url,
        published_at=NOW,
    )


def duplicate(publication: Publication, error: errors.Duplicate) -> bool:
    """The network has these very words already, and our tracked link stands in them.

    So an earlier attempt, taken for failed, came through; unless the network names the
    post of another publication.
    """
    if error.remote_id is None:
        if not network_called(publication.network).finds:
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
    if often or is_too_old(publication):
        return move(
            publication, State.NEEDS_USER, reason=Reason.GAVE_UP, message=_GAVE_UP
        )
    step = ladder[min(max(publication.attempts - 1, 0), len(ladder) - 1)]
    # Full jitter: a network that comes back must not meet everybody at once.
    seconds = JITTER.uniform(0, step)
    if error.after is not None:
        seconds = error.after + JITTER.uniform(0, 1)
    elif limited:
        # The budget is closed for the ladder's first step: not a moment before.
        seconds = ladder[0] + JITTER.uniform(0, step)
    pause = min(timedelta(seconds=max(seconds, 0)), LONGEST)
    return wait(publication, pause, error.reason, error.sentence)


def wait(
    publication: Publication, pause: timedelta, reason: str, sentence: str
) -> bool:
    """READY again after a pause, or when the quiet hours are over in which it ends."""
    again = publication.read_at + pause
    loud = loud_at(publication, again)
    return move(
        publication,
        State.READY,
        reason=reason if loud == again else Reason.QUIET_HOURS,
        message=sentence,
        not_before=after(pause) if loud == again else loud,
    )


def is_too_old(publication: Publication) -> bool:
    """True a day after it was wanted: pressed, planned, or released by its member."""
    wanted = publication.share.scheduled_at or publication.created_at
    if publication.read_at - wanted <= LONGEST:
        return False
    events = PublicationEvent.objects.for_tenant(publication.tenant_id).filter(
        publication=publication, from_state=State.NEEDS_USER, to_state=State.READY
    )
    released = events.aggregate(at=Max("at"))["at"]
    return released is None or publication.read_at - released > LONGEST


def disconnected(publication: Publication, error: errors.Disconnected) -> bool:
    """NEEDS_USER, and the account as well: the other publications wait with it.

    A token that the network ended early is renewed first, once, where it can be.
    """
    accounts = Account.objects.for_tenant(publication.tenant_id).connected()
    mine = accounts.filter(pk=account_of(publication))
    if may_renew(publication, error):
        mine.update(expires_at=Now())
        return move(publication, State.READY, reason=Reason.TOKEN_REFRESH,
                    not_before=NOW)  # fmt: skip
    mine.update(state=Account.State.NEEDS_RECONNECT)
    return move(
        publication, State.NEEDS_USER, reason=Reason.RECONNECT, message=error.sentence
    )


def may_renew(publication: Publication, error: errors.Disconnected) -> bool:
    """True for a refused call whose tokens were not renewed for it already."""
    return (
        publication.state in (State.CLAIMED, State.SENDING, *UNSETTLED)
        and publication.reason != Reason.TOKEN_REFRESH
        and error.reason == errors.Disconnected.default_reason
        and connector_for(publication.network, publication.tenant_id).refreshable
    )


def unknown(publication: Publication, error: Any) -> bool:
    """UNKNOWN: never sent again blindly."""
    return move(
        publication,
        State.UNKNOWN,
        reason="unknown",
        message=getattr(error, "sentence", BROKE),
        unknown_since=NOW,
        not_before=after(settle_time()),
    )
