"""When a share can go out, for the screen: said before the press, and times to choose."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from django.utils.translation import gettext as _

from content_library.models import Item
from sharing.pacing import Pace, find_rules
from sharing.saying import day, hour, when
from sharing.scheduling import DAY, FURTHEST, after_quiet, chosen_at, day_of, suggest
from sharing.timing import objection
from tenants.models import Membership

WALL = "%Y-%m-%dT%H:%M"


@dataclass(frozen=True)
class Offer:
    """A time on a button; the value is the wall time."""

    value: str
    day: str
    hour: str


@dataclass(frozen=True)
class Timetable:
    """Everything about time on one screen. ``offer`` answers a time that was refused."""

    pace: Pace
    item: Item
    now: datetime

    @property
    def zone(self) -> str:
        return self.pace.zone

    @cached_property
    def goes_out(self) -> datetime:
        """When a press of "now" goes out."""
        return after_quiet(self.pace.rules, self.now, self.zone)

    @property
    def waits(self) -> bool:
        return self.goes_out > self.now

    @property
    def note(self) -> str:
        """What has to be said before the press; nothing when "now" means now."""
        chosen = chosen_at(self.goes_out, self.zone) if self.waits else None
        wrong, _offer = objection(self.pace, self.item, chosen, by_choice=False)
        if wrong:
            return wrong
        if not self.waits:
            return ""
        words = {"time": when(self.goes_out, self.now)}
        return _("Goes out %(time)s, after quiet hours.") % words

    def times(self, offer: datetime | None = None) -> Sequence[Offer]:
        """Return good times to choose with one press, the offered one first."""
        found = suggest(
            self.pace.rules,
            self.now,
            self.zone,
            ends_at=self.item.ends_at,
            is_free=self.pace.is_free,
        )
        moments = [one.at for one in found]
        if offer is not None:
            moments = [offer, *(at for at in moments if at != offer)][:3]
        return [self.offered(at) for at in moments]

    def offered(self, at: datetime) -> Offer:
        local = chosen_at(at, self.zone).local
        return Offer(local.strftime(WALL), day(at, self.now), hour(at))

    @property
    def first_day(self) -> date:
        return day_of(self.now, self.zone)

    @property
    def last_day(self) -> date:
        end = self.item.ends_at
        furthest = self.first_day + FURTHEST - DAY
        return min(furthest, day_of(end, self.zone)) if end else furthest


def open_timetable(by: Membership, item: Item, now: datetime) -> Timetable:
    return Timetable(Pace(find_rules(by.tenant_id), by, now), item, now)
