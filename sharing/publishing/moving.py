"""The one door to a publication's ``state``: a conditional UPDATE and its event.

Only the modules of this package go through it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, Q

from common.ids import uuid7
from sharing.connectors.text import _, kept
from sharing.models import Publication, PublishingGate, State
from sharing.models.publication import FINAL, IN_FLIGHT
from sharing.publishing.sql import NOTED, NOW, Sql, assignment, joined
from sharing.telling import put_away, tell
from tenants.scoping import acting_for, one_statement

BROKE = _("Something went wrong while sending. We are checking whether it is out.")

# The owner may not be there to see it.
TOLD = (State.FAILED, State.NEEDS_USER, State.CANCELLED)
# What a move may change, and what the object at hand is told of it.
MOVING = [
    "state",
    "token",
    "reason",
    "attempts",
    "probes",
    "not_before",
    "sending_at",
]

# The event in the same statement, and what the row is now as its answer.
STATEMENT = """
WITH moved AS (
    UPDATE sharing_publication SET {changes}
    WHERE tenant_id = %s AND id = %s AND state = %s AND token = %s AND {still}
    RETURNING *
), {noted}
SELECT {moving}, {behind} FROM moved
"""
# By the index publication_follows.
BEHIND = """(
    SELECT waiting.id FROM sharing_publication waiting
    WHERE waiting.tenant_id = moved.tenant_id AND waiting.account_id = moved.account_id
      AND waiting.state = 'ready' AND waiting.not_before <= statement_timestamp()
    ORDER BY waiting.not_before LIMIT 1
)"""


def move(
    publication: Publication,
    to: str,
    *,
    reason: str,
    message: str = "",
    bump: bool = False,
    still: Sequence[Sql] = (),
    **fields: object,
) -> bool:
    """Go from the state and token at hand to ``to``, or return False: somebody was quicker.

    ``bump`` raises the token, so that a worker which still holds the old one can write
    nothing more. ``still`` are further conditions on the row. A transaction of its own
    in one message to the database, or a part of the one that is open.
    """
    was_asked = publication.state == State.NEEDS_USER
    if to not in TOLD and not was_asked:
        return write(publication, to, reason, message, bump, still, fields)
    with acting_for(publication.tenant_id):
        done = write(publication, to, reason, message, bump, still, fields)
        if done and was_asked:
            put_away(publication)
        if done and to in TOLD:
            tell(publication)
        return done


def write(
    publication: Publication,
    to: str,
    reason: str,
    message: str,
    bump: bool,
    still: Sequence[Sql],
    fields: dict[str, object],
) -> bool:
    before, token = publication.state, publication.token
    changes: dict[str, object] = {"lease_until": None, "unknown_since": None}
    changes |= {"prepared": {}} if to in FINAL else {}
    changes |= fields
    changes |= {"state": to, "reason": reason, "message": kept(message)}
    changes |= {"token": token + bump, "updated_at": NOW}
    update = joined([assignment(*change) for change in changes.items()], ", ")
    condition = joined([Sql("true"), *still], " AND ")
    found = one_statement(
        publication.tenant_id,
        STATEMENT.format(
            noted=NOTED,
            changes=update.text,
            still=condition.text,
            moving=", ".join(MOVING),
            behind=BEHIND if frees_lane(before, to) else "NULL",
        ),
        [
            *update.values,
            *(publication.tenant_id, publication.pk, before, token),
            *condition.values,
            *(uuid7(), before),
        ],
    )
    if not found:
        return False
    *moved, publication.behind = found[0]
    for name, value in zip(MOVING, moved, strict=True):
        setattr(publication, name, value)
    return True


def frees_lane(before: str, to: str) -> bool:
    """True when the next publication of the account may go now."""
    return before in IN_FLIGHT and to not in IN_FLIGHT


def read_again(publication: Publication) -> Publication:
    """Return the row as it is now."""
    return Publication.objects.for_tenant(publication.tenant_id).get(pk=publication.pk)


def adopt(publication: Publication, row: Publication) -> None:
    """Let the object at hand be what the row is now."""
    for name in MOVING:
        setattr(publication, name, getattr(row, name))


def account_of(publication: Publication) -> UUID:
    """Return the account's id; the database lets no published row be without one."""
    assert publication.account_id is not None  # noqa: S101
    return publication.account_id


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
