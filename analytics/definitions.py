"""What each number means and who measured it: one text for page, popover and export."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

MEASURED_BY_US = _("measured by us")


@dataclass(frozen=True)
class Definition:
    """A number's name, what it counts, and its origin."""

    key: str
    name: Any
    text: Any
    origin: Any = MEASURED_BY_US


ALL = (
    Definition(
        "shares",
        _("Published shares"),
        _(
            "Posts that a network confirmed in this period, each network account"
            " counted by itself. A post that is removed later no longer counts."
        ),
    ),
    Definition(
        "sharers",
        _("Members who shared"),
        _(
            "Members with at least one published share in the last 28 days, of all"
            " active members today. It does not follow the period chosen above, so"
            " that it always means the same. Not shown for fewer people than the"
            " smallest group."
        ),
    ),
    Definition(
        "members",
        _("Members of a team"),
        _(
            "Active members of the team today. Teams below the smallest group, and"
            " those that would betray one by subtraction, are not shown."
        ),
    ),
    Definition(
        "human",
        _("Human-likely clicks"),
        _(
            "Clicks on tracked links that show no sign of a machine, each visitor"
            " counted once per link and day. Visitors who ask not to be told apart"
            " are not counted."
        ),
    ),
    Definition(
        "clicks_per_share",
        _("Clicks per share"),
        _(
            "The median: half of the shares published in this period got fewer"
            " human-likely clicks in it, half got more. One lucky post does not move it."
        ),
    ),
    Definition(
        "items_shared",
        _("Items shared"),
        _("Items with at least one published share in this period."),
    ),
    Definition(
        "raw",
        _("Raw clicks"),
        _(
            "Every request for a tracked link: people, repeats, previews of networks,"
            " scanners. Always higher than the number of people."
        ),
    ),
    Definition(
        "machine",
        _("Suspected machine"),
        _(
            "Raw clicks with a named sign of a machine: a request for headers only, a"
            " page fetched ahead, a known robot, or no browser name at all."
        ),
    ),
    Definition(
        "confirmed",
        _("Confirmed visits"),
        _(
            "Visits that the page behind the link confirmed. This installation does"
            " not measure them, which is not the same as none."
        ),
        _("not measured"),
    ),
    Definition(
        "item_clicks_per_share",
        _("Clicks per share of an item"),
        _(
            "Human-likely clicks in this period divided by published shares in it."
            " Only items and topics with at least 8 shares are compared."
        ),
    ),
)

BY_KEY = {definition.key: definition for definition in ALL}
