"""Stop at once what must not go out any more, also what waits for a later time.

Nobody tells this module: the library does not know that shares exist, and tenants know
no publications. It pulls, every few seconds, and looks only at what still waits. That
nothing slips out in between is the last question before SENDING (``publishing``).
"""

import logging
import time
from uuid import UUID

from django.conf import settings
from django.db import connection

from sharing import publishing
from sharing.models import Publication, Reason, State
from sharing.turns import tenants_with
from tenants.scoping import across_tenants, acting_for

log = logging.getLogger(__name__)

BATCH = 500

# Tenants of which anything could be stopped.
# Never in the same order: whoever is beyond the time of this sweep is early in another.
WAITING_SOMEWHERE = """
WITH RECURSIVE {ready}, {asking}, {busy}
SELECT id FROM (
    SELECT id FROM ready UNION SELECT id FROM asking UNION SELECT id FROM busy
) AS somewhere
WHERE id IS NOT NULL ORDER BY random()
"""
STATES = {"ready": State.READY, "asking": State.NEEDS_USER, "busy": State.CLAIMED}

# Each state by its own partial index: what is finished is not even looked at. What waits
# for its own time is judged by that time, everything else by now.
TO_WITHDRAW = """
WITH waiting AS (
    SELECT id, membership_id, account_id, item_id, CASE
        WHEN reason IN ('new', 'scheduled', 'quiet_hours', 'retry', 'sent_again')
        THEN greatest(not_before, statement_timestamp()) ELSE statement_timestamp()
    END AS goes_out
    FROM sharing_publication WHERE tenant_id = %(tenant)s AND state = 'ready'
    UNION ALL
    SELECT id, membership_id, account_id, item_id, statement_timestamp()
    FROM sharing_publication WHERE tenant_id = %(tenant)s AND state = 'needs_user'
    AND reason <> 'unconfirmed'
    UNION ALL
    SELECT id, membership_id, account_id, item_id, statement_timestamp()
    FROM sharing_publication WHERE tenant_id = %(tenant)s AND state = 'claimed'
), judged AS (
    SELECT waiting.id, CASE
        WHEN NOT (SELECT is_active FROM tenants_tenant WHERE id = %(tenant)s)
            THEN %(tenant_closed)s
        WHEN member.deactivated_at IS NOT NULL OR NOT person.is_active
            THEN %(member_left)s
        WHEN account.state = 'disconnected' THEN %(account_gone)s
        WHEN item.state <> 'approved' OR item.ends_at <= waiting.goes_out
            OR item.starts_at > waiting.goes_out THEN %(item_closed)s
    END AS objection
    FROM waiting
    JOIN tenants_membership member ON member.id = waiting.membership_id
    JOIN accounts_user person ON person.id = member.user_id
    JOIN sharing_account account ON account.id = waiting.account_id
    JOIN content_library_item item ON item.id = waiting.item_id
)
SELECT id, objection FROM judged WHERE objection IS NOT NULL ORDER BY id LIMIT %(batch)s
"""
REASONS = {
    "tenant_closed": Reason.TENANT_CLOSED,
    "member_left": Reason.MEMBER_LEFT,
    "account_gone": Reason.ACCOUNT_GONE,
    "item_closed": Reason.ITEM_CLOSED,
}


def withdraw() -> int:
    """Cancel what waits and must not go out any more; return how many rows.

    The item was recalled or its window ends before; the account was disconnected; the
    member left; the workplace was closed. What is being sent is never touched. Takes
    half the time between two sweeps at most, and goes on in the next one.
    """
    stopped, until = 0, time.monotonic() + settings.PUBLISHING_SWEEP_SECONDS / 2
    for tenant_id in tenants_with_waiting():
        stopped += attempt(tenant_id)
        if time.monotonic() > until:
            break
    return stopped


def attempt(tenant_id: UUID) -> int:
    """One tenant's trouble must not keep the others' posts from being stopped."""
    try:
        return withdraw_of(tenant_id)
    except Exception:
        log.exception(
            "withdrawing for tenant %s broke; the next sweep tries", tenant_id
        )
        return 0


def tenants_with_waiting() -> list[UUID]:
    hops = {name: tenants_with(state, name) for name, state in STATES.items()}
    reason = "one sweep for all queues"
    with across_tenants(reason=reason), connection.cursor() as rows:
        rows.execute(WAITING_SOMEWHERE.format(**hops))
        return [tenant_id for (tenant_id,) in rows.fetchall()]


def withdraw_of(tenant_id: UUID) -> int:
    """Cancel what one tenant has to withdraw, each row in a transaction of its own."""
    return sum(
        stop(tenant_id, publication_id, reason)
        for publication_id, reason in to_withdraw(tenant_id)
    )


def to_withdraw(tenant_id: UUID) -> list[tuple[UUID, str]]:
    """Return what must not go out any more, and why."""
    values: dict[str, UUID | int | str] = {"tenant": tenant_id, "batch": BATCH}
    values.update({name: str(reason) for name, reason in REASONS.items()})
    with acting_for(tenant_id), connection.cursor() as rows:
        rows.execute(TO_WITHDRAW, values)
        return list(rows.fetchall())


def stop(tenant_id: UUID, publication_id: UUID, reason: str) -> bool:
    """Cancel the publication, unless it is going out meanwhile; its member is told."""
    with acting_for(tenant_id):
        rows = Publication.objects.for_tenant(tenant_id)
        publication = rows.filter(pk=publication_id).first()
        return publication is not None and publishing.cancel(publication, reason=reason)
