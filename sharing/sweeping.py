"""Find publications that nobody rang for. Reads across tenants, writes inside each."""

from datetime import timedelta
from itertools import groupby
from uuid import UUID

from django.db import connection
from django.db.models.functions import Now

from sharing import publishing
from sharing.models import ConnectAttempt, Publication, State
from sharing.models.publication import UNSETTLED
from sharing.turns import tenants_with
from tenants.scoping import across_tenants, acting_for

BATCH = 500
GRACE = timedelta(minutes=10)  # an answer that came at the last moment is being taken
Ids = tuple[UUID, UUID]


# Each tenant's oldest, by the index publication_waiting, then in turns. The queue may be
# long: nothing here reads more than BATCH rows of a tenant.
BY_TURNS = """
WITH RECURSIVE {tenants}
SELECT turn.tenant_id, turn.id, turn.account_id
FROM tenant
CROSS JOIN LATERAL (
    SELECT waiting.tenant_id, waiting.id, waiting.account_id, waiting.not_before,
           row_number() OVER (ORDER BY waiting.not_before) AS number
    FROM sharing_publication waiting
    WHERE waiting.tenant_id = tenant.id
      AND waiting.state = 'ready' AND waiting.not_before <= statement_timestamp()
      AND NOT EXISTS (
          SELECT FROM sharing_publication busy
          WHERE busy.tenant_id = waiting.tenant_id
            AND busy.account_id = waiting.account_id
            AND busy.state IN ('claimed', 'sending', 'unknown')
          OFFSET 0  -- asked row by row, in the order of the index, until there are enough
      )
    ORDER BY waiting.not_before
    LIMIT %(batch)s
) turn
WHERE NOT EXISTS (SELECT FROM sharing_publishinggate WHERE NOT is_open)
ORDER BY turn.number, turn.not_before
LIMIT %(batch)s
"""
QUEUE = BY_TURNS.format(tenants=tenants_with(State.READY, "tenant"))


def due() -> list[Ids]:
    """Return (tenant, publication) of what may be sent now, the tenants taking turns.

    One of each account: the next in its lane is rung for when it is through.
    """
    with across_tenants(reason="one sweep for all queues"), connection.cursor() as rows:
        rows.execute(QUEUE, {"batch": BATCH})
        first: dict[UUID, Ids] = {}
        for tenant_id, publication_id, account_id in rows.fetchall():
            first.setdefault(account_id, (tenant_id, publication_id))
        return list(first.values())


def unsettled() -> list[Ids]:
    """Return what is UNKNOWN or PENDING and may be asked about again."""
    with across_tenants(reason="one sweep for all queues"):
        rows = everybodys().filter(
            publishing.is_open(), state__in=UNSETTLED, not_before__lte=Now()
        )
        return list(rows.order_by("not_before").values_list("tenant_id", "pk")[:BATCH])


def reap_expired() -> int:
    """Free what stopped workers hold; return how many rows."""
    held = [State.CLAIMED, State.SENDING]
    with across_tenants(reason="one reaper for all queues"):
        rows = everybodys().filter(state__in=held, lease_until__lt=Now())
        expired = list(rows.order_by("lease_until")[:BATCH])
    return sum(publishing.reap(publication) for publication in expired)


def forget_attempts() -> int:
    """Drop the dances that are over, and the tokens that nobody confirmed with them."""
    reason = "one broom for all tenants"
    with across_tenants(reason=reason):
        rows = ConnectAttempt.objects.across_tenants(reason=reason)
        over = rows.filter(expires_at__lt=Now() - GRACE).order_by("tenant_id")
        found = list(over.values_list("tenant_id", "pk")[:BATCH])
    for tenant_id, ids in groupby(found, key=lambda pair: pair[0]):
        with acting_for(tenant_id):
            mine = ConnectAttempt.objects.for_tenant(tenant_id)
            mine.filter(pk__in=[pk for _, pk in ids]).delete()
    return len(found)


def everybodys():  # type: ignore[no-untyped-def]
    return Publication.objects.across_tenants(
        reason="a sweep; each row is written in its tenant"
    )
