"""When a press goes out: at once, after quiet hours or at the chosen time; or why not."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from content_library.models import Item
from sharing.models import Reason, Share, SharingRules
from sharing.pacing import Pace, find_rules, hold_member
from sharing.saying import when, which_day
from sharing.scheduling import (
    FURTHEST,
    Chosen,
    after_quiet,
    chosen_at,
    day_of,
    is_quiet,
)
from tenants.models import Membership

A_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Asked:
    """The time that a member asked for; nothing is "now"."""

    at: datetime | None = None
    local: datetime | None = None  # as it was chosen, where that is known

    def in_zone(self, zone: str) -> Chosen | None:
        if self.at is None:
            return None
        chosen = chosen_at(self.at, zone)
        return Chosen(chosen.at, zone, self.local) if self.local else chosen


@dataclass(frozen=True)
class Timing:
    """What the tenant's rules make of it. ``chosen`` is None for "at once"."""

    rules: SharingRules
    chosen: Chosen | None
    reason: str
    was_held: bool = False  # had to wait for another press of the member
    errors: dict[str, list[str]] = field(default_factory=dict)
    offer: datetime | None = None

    @property
    def fields(self) -> dict[str, Any]:
        """Return the fields of the share."""
        if self.chosen is None:
            return {}
        return {
            "scheduled_at": self.chosen.at,
            "scheduled_zone": self.chosen.zone,
            "scheduled_local": self.chosen.local,
        }


def time_it(
    by: Membership,
    item: Item,
    now: datetime,
    asked: Asked,
    moving: Share | None = None,
) -> Timing:
    """Hold the time against the item's window, quiet hours and caps."""
    rules, zone = find_rules(by.tenant_id), by.tenant.time_zone
    chosen, reason = asked.in_zone(zone), str(Reason.SCHEDULED)
    if rules.has_cap:
        hold_member(by)
    if chosen is None:
        chosen, reason = unless_quiet(rules, now, zone)
    pace = Pace(rules, by, now, besides=moving)
    wrong, offer = objection(pace, item, chosen, by_choice=asked.at is not None)
    return Timing(
        rules=rules,
        chosen=chosen,
        reason=reason,
        was_held=rules.has_cap,
        errors={"scheduled_at": [wrong]} if wrong else {},
        offer=offer,
    )


def unless_quiet(
    rules: SharingRules, now: datetime, zone: str
) -> tuple[Chosen | None, str]:
    """A press of "now" goes out at once, or when quiet hours are over."""
    if not is_quiet(rules, now, zone):
        return None, Reason.NEW
    return chosen_at(after_quiet(rules, now, zone), zone), Reason.QUIET_HOURS


def objection(
    pace: Pace, item: Item, chosen: Chosen | None, *, by_choice: bool
) -> tuple[str, datetime | None]:
    """Return why it may not go out then, and a time at which it may."""
    now = pace.now
    if chosen and by_choice and (wrong := reach_problem(now, chosen.at)):
        return wrong, None
    if chosen and item.ends_at and chosen.at >= item.ends_at:
        until = when(item.ends_at, now)
        if by_choice:
            return _("This can only be shared until %(time)s.") % {"time": until}, None
        words = {"quiet": when(chosen.at, now), "time": until}
        return (
            _("Quiet hours last until %(quiet)s, and this can only be shared until %(time)s.") % words,
            None,
        )  # fmt: skip
    if chosen and is_quiet(pace.rules, chosen.at, chosen.zone):
        return quiet_problem(pace, item, chosen)
    return cap_problem(pace, item, chosen.at if chosen else now)


def reach_problem(now: datetime, at: datetime) -> str:
    if at < now - A_MINUTE:
        return _("Choose a time in the future.")
    if at > now + FURTHEST:
        return _("Choose a time within the next 90 days.")
    return ""


def quiet_problem(
    pace: Pace, item: Item, chosen: Chosen
) -> tuple[str, datetime | None]:
    """The time is in quiet hours: say when they end."""
    free = after_quiet(pace.rules, chosen.at, chosen.zone)
    if free > pace.latest or (item.ends_at and free >= item.ends_at):
        return _("Quiet hours at your workplace. Choose an earlier time."), None
    words = {"time": when(free, pace.now)}
    sentence = _("Quiet hours at your workplace. The next possible time is %(time)s.")
    return sentence % words, free


def cap_problem(pace: Pace, item: Item, at: datetime) -> tuple[str, datetime | None]:
    """The member has shared as often as was agreed on: say which day is free."""
    day = day_of(at, pace.zone)
    if pace.is_free(day):
        return "", None
    most = pace.rules.most_per_day
    if most is not None and pace.days[day] >= most:
        agreed = ngettext(
            "Your workplace has agreed on %(most)d share per person and day, and that day is full.",
            "Your workplace has agreed on %(most)d shares per person and day, and that day is full.",
            most,
        ) % {"most": most}  # fmt: skip
    else:
        most = pace.rules.most_per_week or 0
        agreed = ngettext(
            "Your workplace has agreed on %(most)d share per person and week, and that week is full.",
            "Your workplace has agreed on %(most)d shares per person and week, and that week is full.",
            most,
        ) % {"most": most}  # fmt: skip
    free = pace.next_free(at, item)
    if free is None:
        return agreed, None
    words = {"day": which_day(free)}
    return agreed + " " + _("%(day)s is free.") % words, free
