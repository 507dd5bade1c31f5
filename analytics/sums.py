"""Shares and clicks of a period: in all, by day, by network and by team; one query."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from analytics.item_clicks import Clicks
from analytics.rollups import run

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
    rows = run(SUMS, **scope)
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


def add_up(parts: Iterable[Sums]) -> Sums:
    parts = list(parts)
    return Sums(
        sum(part.shares for part in parts),
        Clicks(
            sum(part.clicks.raw for part in parts),
            sum(part.clicks.machine for part in parts),
            sum(part.clicks.human for part in parts),
        ),
    )
