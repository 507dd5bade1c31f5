"""The overview as the page shows it: key figures with their definitions, and charts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from analytics.dashboard import Overview
from analytics.definitions import BY_KEY, Definition
from analytics.item_clicks import Clicks
from analytics.rankings import ENOUGH_SHARES
from common.charts import BarChart, LineChart, bar_chart, line_chart, number_label
from sharing.configured import UnknownNetwork, network_called
from tenants.models import Tenant


@dataclass(frozen=True)
class Figure:
    """A number with its definition; ``value`` None is not measured, which is not 0."""

    definition: Definition
    value: str | None
    note: str = ""


@dataclass(frozen=True)
class Presentation:
    """What the templates draw."""

    figures: Sequence[Figure]
    tiers: Sequence[Figure]
    clicks: LineChart
    networks: BarChart


def present(tenant: Tenant, overview: Overview) -> Presentation:
    return Presentation(
        figures=key_figures(tenant, overview),
        tiers=tiers(overview.total.clicks),
        clicks=clicks_chart(overview),
        networks=networks_chart(overview),
    )


def key_figures(tenant: Tenant, overview: Overview) -> list[Figure]:
    return [
        figure("shares", overview.total.shares),
        sharers_figure(tenant, overview),
        figure("human", overview.total.clicks.human),
        figure(
            "clicks_per_share", overview.median_clicks_per_share, spread_note(overview)
        ),
        figure("items_shared", overview.items_shared),
    ]


def figure(key: str, value: float | None, note: str = "") -> Figure:
    label = None if value is None else number_label(value)
    return Figure(BY_KEY[key], label, note)


def sharers_figure(tenant: Tenant, overview: Overview) -> Figure:
    people = overview.people
    if people is None:
        note = ngettext(
            "Not shown for fewer than %(count)d person",
            "Not shown for fewer than %(count)d people",
            tenant.smallest_group,
        ) % {"count": tenant.smallest_group}
        return Figure(BY_KEY["sharers"], None, note)
    note = ngettext(
        "of %(count)s member, in 28 days",
        "of %(count)s members, in 28 days",
        people.members,
    ) % {"count": number_label(people.members)}
    return Figure(BY_KEY["sharers"], number_label(people.sharers), note)


def spread_note(overview: Overview) -> str:
    """Return where the middle half lies, once there is enough to say so."""
    if overview.quartiles is None or overview.total.shares < ENOUGH_SHARES:
        return ""
    low, _middle, high = overview.quartiles
    if low == high:
        return ""
    return _("half of them between %(low)s and %(high)s") % {
        "low": number_label(low),
        "high": number_label(high),
    }


def tiers(clicks: Clicks) -> list[Figure]:
    return [
        figure("raw", clicks.raw),
        figure("machine", clicks.machine),
        figure("human", clicks.human),
        figure("confirmed", clicks.confirmed),
    ]


def clicks_chart(overview: Overview) -> LineChart:
    title = (
        _("Human-likely clicks by week")
        if overview.step == 7
        else _("Human-likely clicks by day")
    )
    return line_chart(
        title,
        [day.day for day in overview.by_day],
        [
            (
                _("Human-likely clicks"),
                [day.sums.clicks.human for day in overview.by_day],
            )
        ],
    )


def networks_chart(overview: Overview) -> BarChart:
    return bar_chart(
        _("Human-likely clicks by network"),
        [
            (network_label(network.slug), network.sums.clicks.human)
            for network in overview.by_network
        ],
        heading=_("Network"),
        unit=_("Human-likely clicks"),
    )


def network_label(slug: str) -> Any:
    try:
        return network_called(slug).label
    except UnknownNetwork:
        return slug
