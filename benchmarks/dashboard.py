"""The dashboard of an organisation with a million clicks."""

from collections.abc import Iterator
from datetime import timedelta
from statistics import median

from django.db import connection
from django.utils import timezone

from analytics import retention, rollups
from benchmarks import world
from benchmarks.bars import Bar, interleaved, median_ratio
from benchmarks.feed import page, queries
from sharing.models import TrackedLink
from tenants.models import Tenant
from tenants.scoping import acting_for

CLICKS = 1_000_000
BATCH = 100_000
DAYS = 90
ROUNDS = 20

INSERT = """
INSERT INTO analytics_click (
    tenant_id, clicked_at, id, link_id, item_id, team_id, network, tier, reason, visitor
)
SELECT link.tenant_id, now() - random() * make_interval(days => %(days)s - 1),
    gen_random_uuid(), link.id, link.item_id, link.team_id, link.network,
    (ARRAY['human', 'human', 'repeat', 'machine'])[1 + number %% 4], '', ''
FROM generate_series(1, %(batch)s) AS number
JOIN unnest(%(links)s::uuid[]) WITH ORDINALITY AS given (id, place)
    ON given.place = 1 + number %% %(count)s
JOIN sharing_trackedlink link ON link.id = given.id AND link.tenant_id = %(tenant)s
"""


def measure() -> Iterator[Bar]:
    """The dashboard over 1 000 000 clicks of 90 days: rollups only."""
    large, empty = world.make_tenant("clicked"), world.make_tenant("quiet")
    members = world.make_members(large, 300, teams=10)
    world.make_members(empty, 10)
    links = world.make_publications(large, members, world.make_items(large, 200), DAYS)
    add_clicks(large, links)
    rollups.rebuild(empty, timezone.now())
    full = page(large, "analytics:dashboard", f"?days={DAYS}")
    bare = page(empty, "analytics:dashboard", f"?days={DAYS}")
    for _ in range(3):
        full()
        bare()
    ours, theirs = interleaved([full, bare], ROUNDS)
    asked = queries(full)
    note = f"{1000 * median(ours):.1f} ms / {1000 * median(theirs):.1f} ms"
    yield Bar("queries", len(asked), "≤", 10)
    yield Bar("plans that touch a click", touching_clicks(large, asked), "=", 0)
    yield Bar("time / time of an empty page", median_ratio(ours, theirs), note=note)


def add_clicks(tenant: Tenant, links: list[TrackedLink]) -> None:
    now = timezone.now()
    retention.make_partitions(
        (now - timedelta(days=age)).date() for age in range(DAYS + 1)
    )
    names = {
        "tenant": tenant.pk,
        "links": [str(link.pk) for link in links],
        "count": len(links),
        "batch": BATCH,
        "days": DAYS,
    }
    for _ in range(CLICKS // BATCH):
        with acting_for(tenant), connection.cursor() as cursor:
            cursor.execute(INSERT, names)
    since = retention.local_day(tenant, now) - timedelta(days=DAYS)
    rollups.rebuild(tenant, now, since=since)
    with connection.cursor() as cursor:
        for table in ("dailyrollup", "linkrollup", "sharerrollup"):
            cursor.execute(f"ANALYZE analytics_{table}")


def touching_clicks(tenant: Tenant, statements: list[str]) -> int:
    """Return how many of the statements' plans name the table of clicks."""
    found = 0
    with acting_for(tenant), connection.cursor() as cursor:
        for statement in statements:
            if not statement.lstrip("( \n").startswith(("SELECT", "WITH")):
                continue
            cursor.execute(f"EXPLAIN {statement}".replace("%", "%%"), [])
            plan = "\n".join(line for (line,) in cursor.fetchall())
            found += " on analytics_click" in plan
    return found
