"""What works and what does not: items and topics of a period; one query."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from analytics.rollups import run

ENOUGH_SHARES = 8  # below that two things are not compared
FEW_SHARES = 2
SETTLING_DAYS = 7  # an item this young is not called neglected
SOON_DAYS = 14
LONGEST_LIST = 5


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
    for kind, pk, title, shares, human, ends_at in run(LISTS, **scope, **limits):
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
