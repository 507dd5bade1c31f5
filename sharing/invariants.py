"""What must hold for all publications at any moment, one query each.

Each query returns the publications (I8: or shares) of one tenant that break its
sentence. None is allowed to, whatever crashed.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from sharing import networks
from sharing.connectors.base import Connector
from tenants.models import Tenant
from tenants.scoping import acting_for

# Before each query: the tenant's publications, and their events, each beside the one
# before it.
VIEWS = """
WITH pub AS (SELECT * FROM sharing_publication WHERE tenant_id = %(tenant)s),
step AS (
    SELECT event.*,
           lag(to_state) OVER trail AS came_to, lag(token) OVER trail AS token_before,
           lead(id) OVER trail IS NULL AS is_last
    FROM sharing_publicationevent event
    WHERE tenant_id = %(tenant)s
    WINDOW trail AS (PARTITION BY publication_id ORDER BY at, id)
)
"""


@dataclass(frozen=True)
class Invariant:
    code: str
    sentence: str
    query: str


INVARIANTS = (
    Invariant(
        "I1",
        "A post on a network belongs to one publication.",
        """
        SELECT id FROM (
            SELECT pub.id, count(*) OVER (PARTITION BY account_id, remote_id) AS owners
            FROM pub WHERE remote_id <> ''
        ) named WHERE owners > 1
        """,
    ),
    Invariant(
        "I2",
        "What may have reached a network had written its mark before.",
        """
        SELECT pub.id FROM pub
        WHERE (state IN ('sending', 'pending') OR attempts > 0)
        AND NOT EXISTS (
            SELECT FROM step
            WHERE step.publication_id = pub.id AND step.to_state = 'sending'
        )
        """,
    ),
    Invariant(
        "I3",
        "No worker holds a row for longer than its lease and half a minute.",
        """
        SELECT pub.id FROM pub WHERE state IN ('claimed', 'sending')
        AND lease_until < statement_timestamp() - interval '30 seconds'
        """,
    ),
    Invariant(
        "I4",
        "Nothing is in doubt for longer than promised; nothing is a day old without a "
        "reason that its member can read.",
        """
        SELECT pub.id FROM pub WHERE (
            state = 'unknown' AND unknown_since
                < statement_timestamp() - %(doubt)s * interval '1 second'
            OR state IN ('ready', 'claimed', 'sending', 'pending')
                AND greatest(created_at, not_before)
                    < statement_timestamp() - interval '1 day'
                AND reason IN ('', 'new', 'lease_expired')
        )
        """,
    ),
    Invariant(
        "I5",
        "Another attempt is made only after proof that the one before failed, or on the "
        "member's word.",
        """
        SELECT publication_id FROM step GROUP BY publication_id
        HAVING count(*) FILTER (WHERE to_state = 'sending') > 1 + count(*) FILTER (
            WHERE to_state = 'ready' AND from_state IN ('sending', 'unknown', 'needs_user')
        )
        OR bool_or(to_state = 'sending' AND from_state <> 'claimed')
        OR bool_or(from_state = 'unknown' AND to_state IN ('claimed', 'cancelled'))
        OR bool_or(from_state = 'sending' AND to_state IN ('claimed', 'cancelled'))
        OR bool_or(from_state = 'pending' AND to_state NOT IN (
            'pending', 'published', 'failed', 'unknown'
        ))
        """,
    ),
    Invariant(
        "I6",
        "No attempt begins after its member left or its account was disconnected.",
        """
        SELECT event.publication_id FROM sharing_publicationevent event
        JOIN pub ON pub.id = event.publication_id
        JOIN tenants_membership member ON member.id = pub.membership_id
        JOIN sharing_account account ON account.id = pub.account_id
        WHERE event.tenant_id = %(tenant)s AND event.to_state = 'sending'
        AND event.at - interval '2 seconds'
            > least(member.deactivated_at, account.disconnected_at)
        """,
    ),
    Invariant(
        "I7",
        "Tokens only grow.",
        """
        SELECT step.publication_id FROM step
        JOIN pub ON pub.id = step.publication_id
        WHERE step.token < step.token_before OR step.token > pub.token
        """,
    ),
    Invariant(
        "I8",
        "Counts add up: each row stands where its events lead, each share has its rows.",
        """
        SELECT step.publication_id FROM step
        JOIN pub ON pub.id = step.publication_id
        WHERE step.from_state <> coalesce(step.came_to, '')
        OR step.is_last AND step.to_state <> pub.state
        UNION
        SELECT share.id FROM sharing_share share WHERE share.tenant_id = %(tenant)s
        AND NOT EXISTS (
            SELECT FROM pub WHERE pub.share_id = share.id
        )
        """,
    ),
    Invariant(
        "I9",
        "What a network works on can be asked for, and is given up in its time.",
        """
        SELECT pub.id FROM pub WHERE state = 'pending' AND (
            coalesce(handle, '{}') IN ('{}', 'null')
            OR sending_at < statement_timestamp() - interval '2 minutes'
                - (coalesce(%(longest)s::jsonb ->> network, %(unheard)s))::interval
        )
        """,
    ),
)


@dataclass
class Finding:
    """What one invariant's query found, in all tenants."""

    invariant: Invariant
    broken: list[UUID] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return not self.broken


def check_all() -> list[Finding]:
    """Ask every invariant of every tenant."""
    findings = [Finding(invariant) for invariant in INVARIANTS]
    limits = {"doubt": longest_doubt(), **longest_pending()}
    for tenant_id in Tenant.objects.values_list("pk", flat=True):
        with acting_for(tenant_id), connection.cursor() as cursor:
            values = limits | {"tenant": tenant_id}
            for finding in findings:
                finding.broken += ask(cursor, finding.invariant.query, values)
    return findings


def ask(cursor: Any, query: str, values: Mapping[str, object]) -> list[UUID]:
    cursor.execute(VIEWS + query, values)
    return [found for (found,) in cursor.fetchall()]


def longest_doubt() -> int:
    """Seconds until the member is asked, and a minute for a busy hour."""
    return settings.PUBLISHING_ASK_AFTER_SECONDS + 60


def longest_pending() -> dict[str, str]:
    """How long each network may work on a post; and one that is not here any more."""
    known = networks.all_networks()
    longest = {slug: seconds(known[slug].pending_for) for slug in known}
    unheard = seconds(Connector.pending_for)
    return {"longest": json.dumps(longest), "unheard": unheard}


def seconds(span: timedelta) -> str:
    return f"{span.total_seconds()} seconds"
