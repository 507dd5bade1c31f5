"""Sums of clicks and shares by day. They may be added to, recounted, or built anew.

Each tenant's sums have one writer at a time (``hold``).
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection

from analytics import retention
from analytics.models import DailyRollup, LinkRollup, RollupMark, SharerRollup
from tenants.models import Tenant
from tenants.scoping import acting_for

SHARER_WINDOW = 28  # days
# Longer than any transaction that changes a publication may stay open.
OVERLAP = timedelta(minutes=5)
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)

# -- Adding -----------------------------------------------------------------------------

# Goes on after a ``facts`` table: one row per click or share.
ADD_FACTS = """
, by_link AS (
    INSERT INTO analytics_linkrollup AS kept (
        id, tenant_id, day, link_id, item_id, team_id, network,
        shares, clicks_raw, clicks_machine, clicks_human
    )
    SELECT gen_random_uuid(), tenant_id, day, link_id, item_id, team_id, network,
        sum(shares), sum(raw), sum(machine), sum(human)
    FROM facts GROUP BY tenant_id, day, link_id, item_id, team_id, network
    ON CONFLICT (tenant_id, link_id, day) DO UPDATE SET
        shares = kept.shares + excluded.shares,
        clicks_raw = kept.clicks_raw + excluded.clicks_raw,
        clicks_machine = kept.clicks_machine + excluded.clicks_machine,
        clicks_human = kept.clicks_human + excluded.clicks_human
), by_day AS (
    INSERT INTO analytics_dailyrollup AS kept (
        id, tenant_id, day, item_id, team_id, network,
        shares, clicks_raw, clicks_machine, clicks_human
    )
    SELECT gen_random_uuid(), tenant_id, day, item_id, team_id, network,
        sum(shares), sum(raw), sum(machine), sum(human)
    FROM facts GROUP BY tenant_id, day, item_id, team_id, network
    ON CONFLICT (tenant_id, day, team_id, item_id, network) DO UPDATE SET
        shares = kept.shares + excluded.shares,
        clicks_raw = kept.clicks_raw + excluded.clicks_raw,
        clicks_machine = kept.clicks_machine + excluded.clicks_machine,
        clicks_human = kept.clicks_human + excluded.clicks_human
)
SELECT count(*) FROM facts
"""

ALL_CLICKS = """
WITH facts AS (
    SELECT tenant_id, (clicked_at AT TIME ZONE %(zone)s)::date AS day,
        link_id, item_id, team_id, network, 0 AS shares, 1 AS raw,
        (tier = 'machine')::int AS machine, (tier = 'human')::int AS human
    FROM analytics_click
    WHERE tenant_id = %(tenant)s AND clicked_at >= %(since)s
)"""

ALL_SHARES = """
WITH published AS (
    SELECT link.tenant_id, (published_at AT TIME ZONE %(zone)s)::date AS day,
        link.id AS link_id, link.item_id, link.team_id, link.network
    FROM sharing_publication publication
    JOIN sharing_trackedlink link
        ON link.tenant_id = publication.tenant_id AND link.id = publication.link_id
    WHERE publication.tenant_id = %(tenant)s AND publication.state = 'published'
), facts AS (
    SELECT *, 1 AS shares, 0 AS raw, 0 AS machine, 0 AS human FROM published
    WHERE %(days)s::date[] IS NULL OR day = ANY(%(days)s::date[])
)"""

ADD_CLICKS = ALL_CLICKS + ADD_FACTS
ADD_SHARES = ALL_SHARES + ADD_FACTS


def hold(tenant: Tenant) -> None:
    """Keep every other writer of this tenant's sums out until the transaction ends."""
    run(
        "SELECT pg_advisory_xact_lock(hashtext('analytics'), hashtext(%s))",
        str(tenant.pk),
    )


# -- Shares -----------------------------------------------------------------------------

CHANGED_DAYS = """
WITH changed AS (
    SELECT link_id, state, published_at FROM sharing_publication
    WHERE tenant_id = %(tenant)s AND updated_at >= %(since)s
)
SELECT (published_at AT TIME ZONE %(zone)s)::date FROM changed
WHERE state = 'published'
UNION
SELECT day FROM analytics_linkrollup
WHERE tenant_id = %(tenant)s AND shares > 0 AND link_id IN (SELECT link_id FROM changed)
"""


def catch_up(tenant: Tenant, now: datetime) -> list[date]:
    """Recount the days whose publications changed since the last look."""
    with acting_for(tenant):
        hold(tenant)
        mark = RollupMark.objects.for_tenant(tenant).first()
        since = mark.read_until - OVERLAP if mark else BEGINNING
        days = changed_days(tenant, since)
        recount_shares(tenant, days)
        today = retention.local_day(tenant, now)
        first = min([today, *days])
        recount_sharers(tenant, first, today)
        RollupMark.objects.update_or_create(tenant=tenant, defaults={"read_until": now})
    return days


def changed_days(tenant: Tenant, since: datetime) -> list[date]:
    rows = run(CHANGED_DAYS, tenant=tenant.pk, since=since, zone=tenant.time_zone)
    return sorted(day for (day,) in rows)


def recount_shares(tenant: Tenant, days: Iterable[date] | None = None) -> None:
    """Count the shares of these days (or of all) anew; late changes included."""
    chosen = None if days is None else list(days)
    if chosen == []:
        return
    for rollup in (DailyRollup, LinkRollup):
        rows = rollup.objects.for_tenant(tenant).filter(shares__gt=0)
        if chosen is not None:
            rows = rows.filter(day__in=chosen)
        rows.update(shares=0)
    run(ADD_SHARES, tenant=tenant.pk, zone=tenant.time_zone, days=chosen)
    drop_empty(tenant)


def drop_empty(tenant: Tenant) -> None:
    for rollup in (DailyRollup, LinkRollup):
        rollup.objects.for_tenant(tenant).filter(shares=0, clicks_raw=0).delete()


# -- Sharers ------------------------------------------------------------------------------

ADD_SHARERS = """
WITH days AS (
    SELECT day::date FROM generate_series(%(first)s::date, %(last)s::date, '1 day') day
), people AS (
    SELECT days.day, member.id, member.team_id
    FROM days JOIN tenants_membership member
        ON member.tenant_id = %(tenant)s
        AND (member.joined_at AT TIME ZONE %(zone)s)::date <= days.day
        AND (member.deactivated_at IS NULL
             OR (member.deactivated_at AT TIME ZONE %(zone)s)::date > days.day)
), published AS (
    SELECT DISTINCT membership_id, (published_at AT TIME ZONE %(zone)s)::date AS day
    FROM sharing_publication
    WHERE tenant_id = %(tenant)s AND state = 'published'
), sharers AS (
    SELECT DISTINCT days.day, published.membership_id
    FROM days JOIN published
        ON published.day BETWEEN days.day - %(window)s + 1 AND days.day
), counted AS (
    SELECT people.day, people.team_id, grouping(people.team_id) AS whole,
        count(*) AS members, count(sharers.membership_id) AS sharers
    FROM people LEFT JOIN sharers
        ON sharers.day = people.day AND sharers.membership_id = people.id
    GROUP BY GROUPING SETS ((people.day), (people.day, people.team_id))
)
INSERT INTO analytics_sharerrollup (id, tenant_id, day, team_id, members, sharers)
SELECT gen_random_uuid(), %(tenant)s, day, team_id, members, sharers
FROM counted WHERE whole = 1 OR team_id IS NOT NULL
"""


def recount_sharers(tenant: Tenant, first: date, last: date) -> None:
    """Count the members and those who shared, for each day and its 28 days back."""
    days = SharerRollup.objects.for_tenant(tenant).filter(day__range=(first, last))
    days.delete()
    run(
        ADD_SHARERS,
        tenant=tenant.pk,
        zone=tenant.time_zone,
        first=first,
        last=last,
        window=SHARER_WINDOW,
    )


# -- All anew -------------------------------------------------------------------------------


def rebuild(tenant: Tenant, now: datetime, since: date | None = None) -> None:
    """Build all sums from clicks and publications.

    Clicks are counted anew from ``since``, by default the first day of which all raw
    clicks are kept. What was counted before that day stands: its source is gone.
    """
    since = since or retention.first_day_kept(tenant, now)
    with acting_for(tenant):
        hold(tenant)
        recount_clicks(tenant, since)
        recount_shares(tenant)
        today = retention.local_day(tenant, now)
        recount_sharers(tenant, first_share(tenant) or today, today)
        RollupMark.objects.update_or_create(tenant=tenant, defaults={"read_until": now})


def recount_clicks(tenant: Tenant, since: date) -> None:
    for rollup in (DailyRollup, LinkRollup):
        rollup.objects.for_tenant(tenant).filter(day__gte=since).update(
            clicks_raw=0, clicks_machine=0, clicks_human=0
        )
    run(
        ADD_CLICKS,
        tenant=tenant.pk,
        zone=tenant.time_zone,
        since=retention.start_of(tenant, since),
    )


def first_share(tenant: Tenant) -> date | None:
    shared = LinkRollup.objects.for_tenant(tenant).filter(shares__gt=0)
    return shared.order_by("day").values_list("day", flat=True).first()


def run(statement: str, *positions: Any, **names: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, positions or names)
        return cursor.fetchall() if cursor.description else []
