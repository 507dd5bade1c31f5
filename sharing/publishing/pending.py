"""PENDING: the network has the post and works on it; when to ask again, and until when.

It never leads back to READY: what was accepted is not sent a second time.
"""

import math
from datetime import timedelta

from django.db.models.functions import Now

from sharing import networks
from sharing.connectors import errors
from sharing.connectors.base import Connector
from sharing.connectors.text import Sentence, _
from sharing.connectors.types import Pending
from sharing.models import Publication, Reason, State
from sharing.publishing.moving import move, settle_time
from sharing.publishing.sql import NOW, Sql, after
from sharing.telling import label_of, tell
from tenants.scoping import acting_for

SOONEST = timedelta(seconds=1)
UNHINTED = timedelta(seconds=5)  # then longer and longer
SLOWEST = timedelta(minutes=10)
LONGEST_HINT = timedelta(hours=1)

_WAITING = _(
    "%(network)s has your post and is working on it. We are not getting an answer at the moment, and will ask again."
)
_CLOSED = _(
    "%(network)s has your post and is working on it. Connect your account again, and we can see when it is out."
)
_OVERDUE = _(
    "%(network)s took your post but has not said in time that it is out. We are checking."
)


def pend(publication: Publication, pending: Pending) -> bool:
    """PENDING, or still so; asked again when the network says."""
    return move(publication, State.PENDING, reason="", handle=dict(pending.handle),
                message=pending.sentence, not_before=next_poll(publication, pending.after))  # fmt: skip


def stay(publication: Publication, error: errors.ConnectorError) -> bool:
    """PENDING as before: it could not be asked, which says nothing of the post."""
    hint = error.after if isinstance(error, errors.TryLater) else None
    return move(publication, State.PENDING, reason=error.reason,
                message=Sentence(_WAITING, network=label_of(publication.network)),
                not_before=next_poll(publication, hint))  # fmt: skip


def ask_renewed(publication: Publication) -> bool:
    """PENDING, and asked at once with a new token."""
    return move(publication, State.PENDING, reason=Reason.TOKEN_REFRESH, not_before=NOW)


def ask_now(publication: Publication) -> bool:
    """PENDING, and asked at once: the network says that there is news of it."""
    with acting_for(publication.tenant_id):
        rows = Publication.objects.for_tenant(publication.tenant_id).filter(
            pk=publication.pk, state=State.PENDING, not_before__gt=Now()
        )
        return rows.update(not_before=Now()) == 1


def wait_for_member(publication: Publication) -> bool:
    """PENDING, but nobody can ask until the account is connected again."""
    done = move(publication, State.PENDING, reason=Reason.RECONNECT,
                message=Sentence(_CLOSED, network=label_of(publication.network)),
                not_before=next_poll(publication, None))  # fmt: skip
    if done:
        tell(publication)
    return done


def give_up(publication: Publication) -> bool:
    """UNKNOWN: looked for like every other, and then put to the member."""
    return move(publication, State.UNKNOWN, reason=Reason.OVERDUE,
                message=Sentence(_OVERDUE, network=label_of(publication.network)),
                unknown_since=NOW, not_before=after(settle_time()))  # fmt: skip


def is_overdue(publication: Publication) -> bool:
    """True when it is accepted for longer than the network may work on a post."""
    since = publication.sending_at
    return since is not None and (
        publication.read_at - since >= pending_for(publication.network)
    )


def pending_for(network: str) -> timedelta:
    known = networks.all_networks().get(network, Connector)
    return known.pending_for


# Rarer with age, also where the network has hints; in time for its last moment.
NEXT = """
least(
    statement_timestamp()
        + greatest(%s, least(%s, (statement_timestamp() - sending_at) / %s)),
    greatest(sending_at + %s, statement_timestamp() + %s)
)
"""


def next_poll(publication: Publication, hint: float | None) -> Sql:
    """Return when to ask again, by the database's clock."""
    soonest, longest, share = UNHINTED, SLOWEST, 2
    if isinstance(hint, int | float) and math.isfinite(hint):  # anything may be told
        seconds = min(max(hint, 0), LONGEST_HINT.total_seconds())
        soonest, longest, share = timedelta(seconds=seconds), LONGEST_HINT, 100
    limit = pending_for(publication.network)
    return Sql(NEXT, (max(soonest, SOONEST), longest, share, limit, SOONEST))
