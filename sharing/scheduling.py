"""Wall times and moments: when something goes out, and when it may not.

A member chooses what the clock on the wall will show. In spring an hour is left out: a
time in it moves forward by that hour. In autumn an hour comes twice: the first one holds.
Moments are in UTC, wall times have no zone, and nothing here asks the database.
"""

from bisect import bisect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sharing.models import SharingRules
from sharing.models.rules import SATURDAY

MORNING, AFTERNOON = time(8, 45), time(15, 30)
SOONEST = timedelta(minutes=15)  # less than this is "now"
FURTHEST = timedelta(days=90)
A_FORTNIGHT = 14
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
LATEST_SPREAD = timedelta(hours=1)


@dataclass(frozen=True)
class Chosen:
    """A moment, and what the clock shows then in a zone, as it was chosen."""

    at: datetime
    zone: str
    local: datetime

    @property
    def is_moved(self) -> bool:
        """True when the clock never shows the time that was chosen: it was put forward."""
        return wall(self.at, self.zone) != self.local


def choose(local: datetime, zone: str) -> Chosen:
    """Return the moment at which the clock of the zone shows ``local``."""
    first = local.replace(tzinfo=ZoneInfo(zone), fold=0)
    return Chosen(first.astimezone(UTC), zone, local)


def chosen_at(at: datetime, zone: str) -> Chosen:
    """Return a moment with what the clock of the zone shows then."""
    return Chosen(at.astimezone(UTC), zone, wall(at, zone))


def wall(at: datetime, zone: str) -> datetime:
    """Return what the clock of the zone shows at a moment."""
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)


def day_of(at: datetime, zone: str) -> date:
    return wall(at, zone).date()


# -- Quiet hours --------------------------------------------------------------------------


def is_quiet(rules: SharingRules, at: datetime, zone: str) -> bool:
    return rules.is_quiet_at(wall(at, zone))


def after_quiet(rules: SharingRules, at: datetime, zone: str) -> datetime:
    """Return the moment itself, or when the quiet time around it is over."""
    while is_quiet(rules, at, zone):
        at = later_than(at, next_change(rules, wall(at, zone)), zone)
    return at


def next_change(rules: SharingRules, shown: datetime) -> datetime:
    """Return the wall time at which the reason for being quiet ends."""
    midnight = datetime.combine(shown.date() + DAY, time())
    if not rules.is_quiet_hour(shown.time()):
        return midnight  # of a day at the weekend
    start, end = rules.quiet_from, rules.quiet_until
    assert start is not None and end is not None  # noqa: S101, PT018
    day = shown.date() + (DAY if start > end and shown.time() >= start else timedelta())
    return datetime.combine(day, end)


def later_than(at: datetime, local: datetime, zone: str) -> datetime:
    """Return the first moment after ``at`` at which the clock shows ``local``."""
    first = choose(local, zone).at
    if first > at:
        return first
    again = local.replace(tzinfo=ZoneInfo(zone), fold=1).astimezone(UTC)
    return again if again > at else choose(local + DAY, zone).at


# -- Apart from colleagues ----------------------------------------------------------------


def move_apart(
    rules: SharingRules,
    wanted: datetime,
    taken: Sequence[datetime],
    *,
    zone: str,
    ends_at: datetime | None,
) -> datetime:
    """Return the wanted moment, or a later one that is away from those of colleagues.

    At most an hour later, never in a quiet time, always inside the item's window. In an
    hour that is full, where there is the most room.
    """
    apart = timedelta(minutes=rules.spread_minutes)
    if not apart:
        return wanted
    others = sorted(taken)

    def room(at: datetime) -> tuple[timedelta, int]:
        return min(distance(at, others), apart), -others.count(at)

    steps = range(int(LATEST_SPREAD / MINUTE) + 1)
    later = (wanted + step * MINUTE for step in steps)
    open_moments = [
        at
        for at in later
        if at == wanted
        or (not is_quiet(rules, at, zone) and (ends_at is None or at < ends_at))
    ]
    return max(open_moments, key=room)  # the first of those with the same room


def distance(at: datetime, others: Sequence[datetime]) -> timedelta:
    """Return how far the nearest of the others is, which are in order."""
    place = bisect(others, at)
    near = others[max(0, place - 1) : place + 1]
    return min((abs(at - other) for other in near), default=timedelta.max)


# -- Times to offer -----------------------------------------------------------------------


def suggest(
    rules: SharingRules,
    now: datetime,
    zone: str,
    *,
    ends_at: datetime | None = None,
    is_free: Callable[[date], bool] = lambda day: True,
    most: int = 3,
) -> list[Chosen]:
    """Return a few good times: one of today, then mornings of the next working days."""
    found: list[Chosen] = []
    for chosen in good_times(rules, now, zone):
        day = chosen.local.date()
        taken = any(one.local.date() == day for one in found)
        over = ends_at is not None and chosen.at >= ends_at
        if not taken and not over and is_free(day):
            found.append(chosen)
        if len(found) == most:
            break
    return found


def good_times(rules: SharingRules, now: datetime, zone: str) -> Iterator[Chosen]:
    """Yield mornings and afternoons of working days, when it is not quiet."""
    today = day_of(now, zone)
    for number in range(A_FORTNIGHT):
        day = today + number * DAY
        if day.weekday() >= SATURDAY:
            continue
        for hour in (MORNING, AFTERNOON):
            at = after_quiet(rules, choose(datetime.combine(day, hour), zone).at, zone)
            if at >= now + SOONEST and day_of(at, zone) == day:
                yield chosen_at(at, zone)
