"""The dashboard's numbers as CSV: one number per line, with its origin."""

import csv
from collections.abc import Iterator
from io import StringIO

from analytics.dashboard import Overview
from analytics.definitions import BY_KEY
from analytics.presenting import network_label

COLUMNS = ("from", "to", "team", "about", "name", "measure", "value", "origin")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")

Row = tuple[str, str, str, float | None]


def export(overview: Overview) -> str:
    """Return the text of the file; a number that is not measured is an empty cell."""
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    period = (overview.first.isoformat(), overview.last.isoformat())
    team = safe(overview.team.name) if overview.team else ""
    for about, name, measure, value in rows(overview):
        origin = str(BY_KEY[measure].origin)
        cell = "" if value is None else value
        writer.writerow((*period, team, about, safe(name), measure, cell, origin))
    return out.getvalue()


def safe(text: str) -> str:
    """Keep a spreadsheet from reading a name as a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) else text


def rows(overview: Overview) -> Iterator[Row]:
    yield from of_whole(overview)
    for network in overview.by_network:
        name = str(network_label(network.slug))
        yield "network", name, "shares", network.sums.shares
        yield "network", name, "human", network.sums.clicks.human
    for row in overview.by_team:
        yield "team", row.group.name, "shares", row.sums.shares
        yield "team", row.group.name, "human", row.sums.clicks.human
        yield "team", row.group.name, "sharers", row.group.sharers
    for item in overview.lists.items:
        yield "item", item.title, "item_clicks_per_share", item.human_per_share
    for topic in overview.lists.topics:
        yield "topic", topic.title, "item_clicks_per_share", topic.human_per_share
    for item in overview.lists.neglected:
        yield "item", item.title, "shares", item.shares
    about = "day" if overview.step == 1 else "week"
    for day in overview.by_day:
        yield about, day.day.isoformat(), "human", day.sums.clicks.human


def of_whole(overview: Overview) -> Iterator[Row]:
    clicks = overview.total.clicks
    yield "all", "", "shares", overview.total.shares
    yield "all", "", "sharers", overview.people.sharers if overview.people else None
    yield "all", "", "items_shared", overview.items_shared
    yield "all", "", "clicks_per_share", overview.median_clicks_per_share
    yield "all", "", "raw", clicks.raw
    yield "all", "", "machine", clicks.machine
    yield "all", "", "human", clicks.human
    yield "all", "", "confirmed", clicks.confirmed
