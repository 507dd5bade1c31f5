"""From the stream to the database, each click exactly once.

A click's row and what it adds to the rollups are one statement: a second delivery
finds the row there and adds nothing. Only what is committed leaves the stream.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import Error, connection
from redis import Redis, ResponseError

from analytics import retention, robots
from analytics.events import Event, Malformed, parse
from analytics.models import Click
from analytics.rollups import ADD_FACTS, hold
from analytics.stream import FIELD, GROUP, STREAM
from tenants.models import Tenant
from tenants.scoping import acting_for

logger = logging.getLogger(__name__)

CONSUMER = "worker"
ENTRIES = 10  # of up to 200 clicks
ABANDONED_AFTER = timedelta(seconds=30)
REPEAT_WINDOW = timedelta(hours=24)
OPTED_OUT = "opted_out"
SEEN = "seen"

Entry = tuple[bytes, dict[bytes, bytes]]


@dataclass(frozen=True)
class Judged:
    """An event and what we take it for."""

    event: Event
    tier: str
    reason: str = ""


# -- The stream ----------------------------------------------------------------------


def ingest(redis: Redis, now: datetime) -> int:
    """Take all waiting clicks in; return how many were new."""
    open_group(redis)
    taken = 0
    while entries := next_entries(redis):
        taken += take(redis, entries, now)
    return taken


def open_group(redis: Redis) -> None:
    try:
        redis.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
    except ResponseError as error:
        if "BUSYGROUP" not in str(error):
            raise


def next_entries(redis: Redis) -> list[Entry]:
    """Return what a crashed run left behind, else what is new."""
    abandoned: list[Any] = redis.xautoclaim(
        STREAM,
        GROUP,
        CONSUMER,
        min_idle_time=int(ABANDONED_AFTER.total_seconds() * 1000),
        count=ENTRIES,
    )
    if abandoned[1]:
        return list(abandoned[1])
    fresh: Any = redis.xreadgroup(GROUP, CONSUMER, {STREAM: ">"}, count=ENTRIES)
    return list(fresh[0][1]) if fresh else []


def take(redis: Redis, entries: Sequence[Entry], now: datetime) -> int:
    """Store the clicks tenant by tenant; an entry with one that failed waits for the next run."""
    by_tenant: dict[UUID, list[Event]] = defaultdict(list)
    carriers: dict[UUID, set[bytes]] = defaultdict(set)
    for key, fields in entries:
        for event in read(fields.get(FIELD, b"")):
            by_tenant[event.tenant].append(event)
            carriers[event.tenant].add(key)
    tenants = Tenant.objects.in_bulk(list(by_tenant))
    taken = 0
    waiting: set[bytes] = set()
    for pk, events in by_tenant.items():
        try:
            if tenant := tenants.get(pk):
                taken += store(tenant, events, now)
        except Error:
            logger.exception("clicks of tenant %s wait for the next run", pk)
            waiting |= carriers[pk]
    remove(redis, [key for key, _ in entries if key not in waiting])
    return taken


def read(lines: bytes) -> Iterator[Event]:
    for line in lines.split(b"\n"):
        try:
            yield parse(line)
        except Malformed as error:
            logger.warning("an unreadable click was dropped: %s", error)


def remove(redis: Redis, keys: Sequence[bytes]) -> None:
    if keys:
        with redis.pipeline(transaction=True) as pipe:
            pipe.xack(STREAM, GROUP, *keys)
            pipe.xdel(STREAM, *keys)
            pipe.execute()


# -- The database ---------------------------------------------------------------------

FRESH_CLICKS = """
WITH given AS (
    SELECT * FROM unnest(
        %(ids)s::uuid[], %(moments)s::timestamptz[], %(links)s::uuid[],
        %(tiers)s::text[], %(reasons)s::text[], %(visitors)s::bytea[]
    ) AS t (id, clicked_at, link_id, tier, reason, visitor)
), fresh AS (
    INSERT INTO analytics_click (
        tenant_id, clicked_at, id, link_id, item_id, team_id, network,
        tier, reason, visitor
    )
    SELECT link.tenant_id, given.clicked_at, given.id, link.id, link.item_id,
        link.team_id, link.network, given.tier, given.reason, given.visitor
    FROM given
    JOIN sharing_trackedlink link
        ON link.tenant_id = %(tenant)s AND link.id = given.link_id
    ON CONFLICT DO NOTHING
    RETURNING tenant_id, clicked_at, link_id, item_id, team_id, network, tier
), facts AS (
    SELECT tenant_id, (clicked_at AT TIME ZONE %(zone)s)::date AS day,
        link_id, item_id, team_id, network, 0 AS shares, 1 AS raw,
        (tier = 'machine')::int AS machine, (tier = 'human')::int AS human
    FROM fresh
)"""
STORE = FRESH_CLICKS + ADD_FACTS


def store(tenant: Tenant, events: Sequence[Event], now: datetime) -> int:
    """Insert the clicks of one tenant and add the new ones to its rollups."""
    kept_from = retention.kept_from(tenant, now)
    unique = {event.id: event for event in events if event.at >= kept_from}
    if not unique:
        return 0
    retention.make_partitions(event.at.date() for event in unique.values())
    with acting_for(tenant):
        hold(tenant)
        judged = judge(
            sorted(unique.values(), key=lambda event: event.at),
            former_visits(tenant, unique.values()),
        )
        with connection.cursor() as cursor:
            cursor.execute(STORE, columns(tenant, judged))
            return int(cursor.fetchone()[0])


def columns(tenant: Tenant, judged: Sequence[Judged]) -> dict[str, Any]:
    return {
        "tenant": tenant.pk,
        "zone": tenant.time_zone,
        "ids": [str(one.event.id) for one in judged],
        "moments": [one.event.at for one in judged],
        "links": [str(one.event.link) for one in judged],
        "tiers": [one.tier for one in judged],
        "reasons": [one.reason for one in judged],
        "visitors": [one.event.visitor for one in judged],
    }


# -- Judgement --------------------------------------------------------------------------

Visits = dict[tuple[UUID, bytes], list[datetime]]


def judge(events: Iterable[Event], visits: Visits) -> list[Judged]:
    """Say of each event in its order: a machine, seen before, or a first visit."""
    return [judge_one(event, visits) for event in events]


def judge_one(event: Event, visits: Visits) -> Judged:
    if reason := robots.machine_reason(event.signs):
        return Judged(event, Click.Tier.MACHINE, reason)
    if event.is_private:
        return Judged(event, Click.Tier.REPEAT, OPTED_OUT)
    firsts = visits.setdefault((event.link, event.visitor), [])
    if any(abs(event.at - first) < REPEAT_WINDOW for first in firsts):
        return Judged(event, Click.Tier.REPEAT, SEEN)
    firsts.append(event.at)
    return Judged(event, Click.Tier.HUMAN)


def former_visits(tenant: Tenant, events: Iterable[Event]) -> Visits:
    """Return when these visitors were counted on these links already."""
    events = list(events)
    earliest = min(event.at for event in events) - REPEAT_WINDOW
    latest = max(event.at for event in events) + REPEAT_WINDOW
    rows = Click.objects.for_tenant(tenant).filter(
        link_id__in={event.link for event in events},
        visitor__in={event.visitor for event in events if event.visitor},
        tier=Click.Tier.HUMAN,
        clicked_at__range=(earliest, latest),
    )
    visits: Visits = defaultdict(list)
    for link, visitor, at in rows.values_list("link_id", "visitor", "clicked_at"):
        visits[link, bytes(visitor)].append(at)
    return visits
