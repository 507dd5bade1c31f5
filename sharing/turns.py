"""Whose turn it is: tenants with something due are served one after the other.

A worker that hears a bell does not send what the bell names but what is next by this
order, so that a tenant with thousands of waiting publications delays another's first
one by no more than a turn. Each process looks at the queue a few times a second, not
for each post.
"""

import threading
import time
from collections import deque
from uuid import UUID

from django.db import connection

from sharing.models import State
from tenants.scoping import across_tenants

FRESH = 0.25  # seconds
MANY = 50  # turns of a tenant until the next look

# From tenant to tenant along a partial index that begins with the tenant: the cost grows
# with those that have such a row, neither with all tenants nor with all rows.
HOPS = """
{name}(id) AS (
    (SELECT tenant_id FROM sharing_publication WHERE state = '{state}'
     ORDER BY tenant_id LIMIT 1)
    UNION ALL
    SELECT (SELECT tenant_id FROM sharing_publication
            WHERE state = '{state}' AND tenant_id > {name}.id
            ORDER BY tenant_id LIMIT 1)
    FROM {name} WHERE {name}.id IS NOT NULL
)"""


def tenants_with(state: State, name: str) -> str:
    """Return a recursive CTE: the ids of the tenants with such a publication, and a NULL."""
    return HOPS.format(name=name, state=state.value)


TURNS = """
WITH RECURSIVE {tenants}
SELECT tenant.id, due.turns FROM tenant CROSS JOIN LATERAL (
    SELECT count(*) AS turns FROM (
        SELECT FROM sharing_publication waiting
        WHERE waiting.tenant_id = tenant.id AND waiting.state = 'ready'
          AND waiting.not_before <= statement_timestamp()
        LIMIT %s
    ) AS first_ones
) due
WHERE due.turns > 0 AND NOT EXISTS (SELECT FROM sharing_publishinggate WHERE NOT is_open)
"""
WAITING = TURNS.format(tenants=tenants_with(State.READY, "tenant"))


class Turns:
    """A ring of tenants; one for each process, used by all its threads."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.ring: deque[UUID] = deque()
        self.left: dict[UUID, int] = {}
        self.served: dict[UUID, float] = {}
        self.looked_at = float("-inf")

    def next(self, *, look_since: float) -> UUID | None:
        """Return the tenant whose turn it is; None when nobody is known to wait.

        What is known may be ``FRESH`` old, or is used up: then it is read again, unless
        that was done after ``look_since`` (``time.monotonic()``) already.
        """
        with self.lock:
            stale = self.looked_at < time.monotonic() - FRESH
            if self.looked_at < look_since and (stale or not self.ring):
                self.look()
            if not self.ring:
                return None
            tenant_id = self.ring.popleft()
            self.served[tenant_id] = time.monotonic()
            self.left[tenant_id] -= 1
            if self.left[tenant_id]:
                self.ring.append(tenant_id)
            return tenant_id

    def forget(self) -> None:
        """Know nothing, as a new process does."""
        with self.lock:
            self.ring.clear()
            self.looked_at = float("-inf")

    def drop(self, tenant_id: UUID) -> None:
        """Nothing of the tenant may go at the moment: no more turns until the next look."""
        with self.lock:
            if tenant_id in self.ring:
                self.ring.remove(tenant_id)

    def look(self) -> None:
        """Read who waits; who was served longest ago comes first."""
        self.looked_at = time.monotonic()
        with across_tenants(reason="turns of all tenants"), connection.cursor() as rows:
            rows.execute(WAITING, [MANY])
            self.left = dict(rows.fetchall())
        served = self.served
        self.served = {one: served[one] for one in self.left if one in served}
        self.ring = deque(sorted(self.left, key=lambda one: served.get(one, 0.0)))


turns = Turns()
