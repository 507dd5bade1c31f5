"""The one door to a publication's ``state``: a conditional UPDATE and its event.

Only the modules of this package go through it.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now
from django.db.models.sql.subqueries import UpdateQuery

from common.ids import uuid7
from sharing.connectors.text import Sentence, _
from sharing.connectors.types import Post
from sharing.models import Account, Publication, PublishingGate
from sharing.models.publication import IN_FLIGHT

MOVING = [
    "state",
    "token",
    "reason",
    "attempts",
    "probes",
    "not_before",
    "sending_at",
]
BROKE = _("Something went wrong while sending. We are checking whether it is out.")


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


def read_again(publication: Publication) -> Publication:
    """Return the row as it is now."""
    return Publication.objects.for_tenant(publication.tenant_id).get(pk=publication.pk)


def adopt(publication: Publication, row: Publication) -> None:
    """Let the object at hand be what the row is now."""
    for name in MOVING:
        setattr(publication, name, getattr(row, name))


def lock_account(publication: Publication) -> Account | None:
    """Return the account, held: its publications are claimed one after the other."""
    accounts = Account.objects.for_tenant(publication.tenant_id).with_clock()
    rows = accounts.select_for_update(no_key=True)
    return rows.filter(pk=account_of(publication)).first()


def account_of(publication: Publication) -> UUID:
    """Return the account's id; the database lets no published row be without one."""
    assert publication.account_id is not None  # noqa: S101
    return publication.account_id


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
