"""The manager's three questions: what works, what does not, what is the response.

Reads rollups only, in three queries whatever the size. Groups of people below the
tenant's smallest group are hidden, and so is what would betray them by subtraction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from analytics import retention
from analytics.anonymity import groups_to_show
from analytics.item_clicks import Clicks
from analytics.models import SharerRollup
from tenants.models import Team, Tenant

PERIODS = (28, 90, 365)
ENOUGH_SHARES = 8  # below that two things are not compared
FEW_SHARES = 2
SETTLING_DAYS = 7  # an item this young is not called neglected
SOON_DAYS = 14
LONGEST_LIST = 5


class TeamNotShown(LookupError):
    """There is no such team here, or it is too small to be shown."""


@dataclass(frozen=True)
class Group:
    """A team (or the whole tenant) and its latest count of people."""

    id: UUID | None
    name: str
    members: int
    sharers: int


@dataclass(frozen=True)
class Groups:
    """The whole tenant, the teams that may be shown, and how many may not."""

    whole: Group | None
    shown: Sequence[Group]
    hidden: int

    def find(self, team: UUID) -> Group:
        for group in self.shown:
            if group.id == team:
                return group
        raise TeamNotShown(team)


NO_CLICKS = Clicks()


@dataclass(frozen=True)
class Sums:
    """Shares and clicks of something in the period."""

    shares: int = 0
    clicks: Clicks = NO_CLICKS

    @property
    def human_per_share(self) -> float | None:
        return self.clicks.human / self.shares if self.shares else None


@dataclass(frozen=True)
class Day:
    """One day, or the week that begins with it."""

    day: date
    sums: Sums


@dataclass(frozen=True)
class Network:
    slug: str
    sums: Sums


@dataclass(frozen=True)
class TeamRow:
    group: Group
    sums: Sums


@dataclass(frozen=True)
class Ranked:
    """An item or a topic with its numbers in the period."""

    id: UUID
    title: str
    shares: int
    human: int
    ends_at: datetime | None = None

    @property
    def human_per_share(self) -> float | None:
        return self.human / self.shares if self.shares else None


@dataclass(frozen=True)
class Lists:
    """What works and what does not; ``compared`` items had enough shares."""

    compared: int
    items: Sequence[Ranked]
    topics: Sequence[Ranked]
    neglected: Sequence[Ranked]
    expiring: Sequence[Ranked]


@dataclass(frozen=True)
class Overview:
    """All numbers of the page, for one period and, if chosen, one team."""

    first: date
    last: date
    days: int
    team: Group | None
    groups: Groups
    people: Group | None
    total: Sums
    items_shared: int
    quartiles: tuple[float, float, float] | None
    by_day: Sequence[Day]
    step: int
    by_network: Sequence[Network]
    by_team: Sequence[TeamRow]
    lists: Lists

    @property
    def median_clicks_per_share(self) -> float | None:
        return self.quartiles[1] if self.quartiles else None

    @property
    def is_empty(self) -> bool:
        return not (self.total.shares or self.total.clicks.raw)

    @property
    def has_comparison(self) -> bool:
        return self.lists.compared > 0


def overview(
    tenant: Tenant, days: int, team: UUID | None = None, now: datetime | None = None
) -> Overview:
    """Read the numbers of the last ``days``; raise ``TeamNotShown``."""
    now = now or timezone.now()
    last = retention.local_day(tenant, now)
    first = last - timedelta(days=days - 1)
    groups = read_groups(tenant)
    chosen = groups.find(team) if team else None
    scope = {"tenant": tenant.pk, "first": first, "last": last, "team": team}
    sums = read_sums(scope)
    return Overview(
        first=first,
        last=last,
        days=days,
        team=chosen,
        groups=groups,
        people=people_of(chosen or groups.whole, tenant.smallest_group),
        total=sums.total,
        items_shared=sums.items_shared,
        quartiles=sums.quartiles,
        by_day=in_steps(sums.by_day, first, last, step_of(days)),
        step=step_of(days),
        by_network=sums.by_network,
        by_team=[
            TeamRow(group, sums.by_team.get(group.id, Sums())) for group in groups.shown
        ],
        lists=read_lists(scope | {"now": now}),
    )


# -- People ------------------------------------------------------------------------------


def read_groups(tenant: Tenant) -> Groups:
    """Return the groups as last counted, those hidden that must be."""
    counts = SharerRollup.objects.for_tenant(tenant)
    name = Team.objects.for_tenant(tenant).filter(pk=OuterRef("team_id")).values("name")
    latest = counts.order_by("-day").values("day")[:1]
    rows = [
        Group(row.team_id, row.team_name or "", row.members, row.sharers)
        for row in counts.filter(day=Subquery(latest)).annotate(
            team_name=Subquery(name[:1])
        )
    ]
    whole = next((group for group in rows if group.id is None), None)
    teams = {group.id: group for group in rows if group.id is not None and group.name}
    sizes = {pk: group.members for pk, group in teams.items()}
    shown = groups_to_show(sizes, whole.members if whole else 0, tenant.smallest_group)
    return Groups(
        whole=whole,
        shown=sorted((teams[pk] for pk in shown), key=lambda group: group.name.lower()),
        hidden=len(teams) - len(shown),
    )


def people_of(group: Group | None, smallest: int) -> Group | None:
    """Return who shared of how many, unless they are too few to say."""
    return group if group and group.members >= smallest else None


# -- Sums --------------------------------------------------------------------------------

SUMS = """
SELECT grouping(day, network, team_id) AS kind, day, network, team_id,
    coalesce(sum(shares) FILTER (WHERE mine), 0),
    coalesce(sum(clicks_raw) FILTER (WHERE mine), 0),
    coalesce(sum(clicks_machine) FILTER (WHERE mine), 0),
    coalesce(sum(clicks_human) FILTER (WHERE mine), 0),
    coalesce(sum(shares), 0), coalesce(sum(clicks_raw), 0),
    coalesce(sum(clicks_machine), 0), coalesce(sum(clicks_human), 0),
    (
        SELECT count(DISTINCT item_id) FROM analytics_dailyrollup
        WHERE tenant_id = %(tenant)s AND day BETWEEN %(first)s AND %(last)s
        AND (%(team)s IS NULL OR team_id = %(team)s) AND shares > 0
    ) AS items_shared,
    (
        SELECT percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY human)
        FROM (
            SELECT sum(clicks_human) AS human FROM analytics_linkrollup
            WHERE tenant_id = %(tenant)s AND day BETWEEN %(first)s AND %(last)s
            AND (%(team)s IS NULL OR team_id = %(team)s)
            GROUP BY link_id HAVING sum(shares) > 0
        ) AS of_each_share
    ) AS quartiles
FROM (
    SELECT *, (%(team)s IS NULL OR team_id = %(team)s) AS mine
    FROM analytics_dailyrollup
    WHERE tenant_id = %(tenant)s AND day BETWEEN %(first)s AND %(last)s
) AS cells
GROUP BY GROUPING SETS ((day), (network), (team_id), ())
""".replace("%(team)s", "%(team)s::uuid")
# What ``grouping(day, network, team_id)`` says of a row: a bit for each that is summed over.
OF_DAY, OF_NETWORK, OF_TEAM, OF_ALL = 0b011, 0b101, 0b110, 0b111


@dataclass(frozen=True)
class Read:
    total: Sums
    items_shared: int
    quartiles: tuple[float, float, float] | None
    by_day: Mapping[date, Sums]
    by_network: Sequence[Network]
    by_team: Mapping[UUID | None, Sums]


def read_sums(scope: Mapping[str, Any]) -> Read:
    rows = run(SUMS, scope)
    by_kind: dict[int, list[Any]] = {OF_DAY: [], OF_NETWORK: [], OF_TEAM: []}
    for row in rows:
        by_kind.setdefault(row[0], []).append(row)
    (whole,) = by_kind[OF_ALL]
    networks = [
        Network(row[2], chosen(row)) for row in by_kind[OF_NETWORK] if any(row[4:8])
    ]
    return Read(
        total=chosen(whole),
        items_shared=whole[12],
        quartiles=tuple(whole[13]) if whole[13] else None,
        by_day={row[1]: chosen(row) for row in by_kind[OF_DAY]},
        by_network=sorted(networks, key=lambda one: -one.sums.clicks.human),
        # The table of teams stays whole when one of them is chosen above.
        by_team={row[3]: to_sums(row[8:12]) for row in by_kind[OF_TEAM]},
    )


def chosen(row: Sequence[Any]) -> Sums:
    return to_sums(row[4:8])


def to_sums(numbers: Sequence[int]) -> Sums:
    shares, raw, machine, human = map(int, numbers)
    return Sums(shares, Clicks(raw, machine, human))


def step_of(days: int) -> int:
    """Draw long periods by week."""
    return 7 if days > 100 else 1


def in_steps(
    by_day: Mapping[date, Sums], first: date, last: date, step: int
) -> list[Day]:
    """Return every step from first to last; a day without rows had nothing, which is 0."""
    count = (last - first).days + 1
    starts = [first + timedelta(days=offset) for offset in range(0, count, step)]
    return [
        Day(
            start,
            add_up(
                by_day.get(start + timedelta(days=offset), Sums())
                for offset in range(step)
            ),
        )
        for start in starts
    ]


def add_up(parts: Any) -> Sums:
    parts = list(parts)
    return Sums(
        sum(part.shares for part in parts),
        Clicks(
            sum(part.clicks.raw for part in parts),
            sum(part.clicks.machine for part in parts),
            sum(part.clicks.human for part in parts),
        ),
    )


# -- Lists -------------------------------------------------------------------------------

LISTS = """
WITH sums AS (
    SELECT item_id, sum(shares) AS shares, sum(clicks_human) AS human
    FROM analytics_dailyrollup
    WHERE tenant_id = %(tenant)s AND day BETWEEN %(first)s AND %(last)s
    AND (%(team)s IS NULL OR team_id = %(team)s)
    GROUP BY item_id
), items AS (
    SELECT item.id, item.title, item.ends_at, item.approved_at,
        coalesce(sums.shares, 0) AS shares, coalesce(sums.human, 0) AS human,
        item.state = 'approved'
            AND (item.starts_at IS NULL OR item.starts_at <= %(now)s)
            AND (item.ends_at IS NULL OR item.ends_at > %(now)s) AS is_shareable
    FROM content_library_item item LEFT JOIN sums ON sums.item_id = item.id
    WHERE item.tenant_id = %(tenant)s
), topics AS (
    SELECT topic.id, topic.name AS title, sum(sums.shares) AS shares,
        sum(sums.human) AS human
    FROM content_library_topic topic
    JOIN content_library_itemtopic about ON about.topic_id = topic.id
        AND about.tenant_id = topic.tenant_id
    JOIN sums ON sums.item_id = about.item_id
    WHERE topic.tenant_id = %(tenant)s
    GROUP BY topic.id, topic.name HAVING sum(sums.shares) >= %(enough)s
)
(
    SELECT 'compared' AS list, NULL::uuid, ''::text, count(*), 0, NULL::timestamptz
    FROM items WHERE shares >= %(enough)s
) UNION ALL (
    SELECT 'items', id, title, shares, human, ends_at FROM items
    WHERE shares >= %(enough)s
    ORDER BY human::float / shares DESC, title, id LIMIT %(longest)s
) UNION ALL (
    SELECT 'topics', id, title, shares, human, NULL FROM topics
    ORDER BY human::float / shares DESC, title, id LIMIT %(longest)s
) UNION ALL (
    SELECT 'neglected', id, title, shares, human, ends_at FROM items
    WHERE is_shareable AND shares <= %(few)s AND approved_at < %(settled)s
    ORDER BY shares, approved_at, id LIMIT %(longest)s
) UNION ALL (
    SELECT 'expiring', id, title, shares, human, ends_at FROM items
    WHERE is_shareable AND shares = 0 AND ends_at < %(soon)s
    ORDER BY ends_at, id LIMIT %(longest)s
)
""".replace("%(team)s", "%(team)s::uuid")


def read_lists(scope: Mapping[str, Any]) -> Lists:
    now: datetime = scope["now"]
    limits = {
        "enough": ENOUGH_SHARES,
        "few": FEW_SHARES,
        "longest": LONGEST_LIST,
        "settled": now - timedelta(days=SETTLING_DAYS),
        "soon": now + timedelta(days=SOON_DAYS),
    }
    by_list: dict[str, list[Ranked]] = {}
    compared = 0
    for kind, pk, title, shares, human, ends_at in run(LISTS, {**scope, **limits}):
        if kind == "compared":
            compared = shares
            continue
        ranked = Ranked(pk, title, int(shares), int(human), ends_at)
        by_list.setdefault(kind, []).append(ranked)
    return Lists(
        compared=compared,
        items=by_list.get("items", []),
        topics=by_list.get("topics", []),
        neglected=by_list.get("neglected", []),
        expiring=by_list.get("expiring", []),
    )


def run(statement: str, names: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, names)
        return list(cursor.fetchall())
