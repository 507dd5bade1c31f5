"""Wall times and moments, in every zone of the world and through every change of clocks."""
# ruff: noqa: DTZ001  # wall times have no zone

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from sharing.models import SharingRules
from sharing.scheduling import (
    after_quiet,
    choose,
    chosen_at,
    is_quiet,
    move_apart,
    suggest,
    wall,
)

COPENHAGEN = "Europe/Copenhagen"
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)

zones = st.sampled_from(sorted(available_timezones()))
walls = st.datetimes(datetime(2015, 1, 1), datetime(2037, 12, 31))
moments = st.datetimes(
    datetime(2015, 1, 1), datetime(2037, 12, 31), timezones=st.just(UTC)
)
minutes = st.times().map(lambda at: at.replace(second=0, microsecond=0))


@st.composite
def rule_sets(draw: st.DrawFn, **fields: object) -> SharingRules:
    """Any rules that the database would take."""
    quiet = draw(st.none() | st.tuples(minutes, minutes))
    if quiet is not None:
        assume(quiet[0] != quiet[1])
    start, end = quiet or (None, None)
    return SharingRules(
        quiet_from=start,
        quiet_until=end,
        quiet_weekend=draw(st.booleans()),
        spread_minutes=draw(st.integers(0, 60)),
    )


def at(text: str, zone: str = COPENHAGEN) -> datetime:
    return choose(datetime.fromisoformat(text), zone).at


# -- Wall time to moment ------------------------------------------------------------------


@given(walls, zones)
@example(datetime(2026, 3, 29, 2, 30), COPENHAGEN)
@example(datetime(2026, 10, 25, 2, 30), COPENHAGEN)
@example(datetime(2026, 10, 4, 2, 15), "Australia/Lord_Howe")  # half an hour
@example(datetime(2011, 12, 30, 12, 0), "Pacific/Apia")  # a day that was left out
def test_the_clock_shows_what_was_chosen_or_a_later_time_and_that_is_said(
    local: datetime, zone: str
) -> None:
    chosen = choose(local, zone)

    shown = wall(chosen.at, zone)
    assert chosen.is_moved == (shown != local)
    assert shown >= local
    assert shown - local <= timedelta(days=1)


@given(walls, zones)
@example(datetime(2026, 10, 25, 2, 30), COPENHAGEN)
def test_of_an_hour_that_comes_twice_the_first_one_holds(
    local: datetime, zone: str
) -> None:
    chosen = choose(local, zone)

    # An hour or less before, the clock did not show this already.
    for before in (30, 60):
        earlier = chosen.at - before * MINUTE
        assert wall(earlier, zone) != local


@given(moments, zones)
def test_a_moment_shown_on_the_wall_is_never_moved_or_lost(
    moment: datetime, zone: str
) -> None:
    chosen = chosen_at(moment, zone)

    assert not chosen.is_moved
    assert chosen.at == moment
    again = choose(chosen.local, zone).at
    assert again <= moment  # the first of two
    assert wall(again, zone) == chosen.local


def test_a_time_left_out_in_spring_moves_forward_by_the_hour() -> None:
    chosen = choose(datetime(2026, 3, 29, 2, 30), COPENHAGEN)

    assert chosen.is_moved
    assert chosen.at == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert wall(chosen.at, COPENHAGEN) == datetime(2026, 3, 29, 3, 30)


def test_a_time_that_comes_twice_in_autumn_is_the_first() -> None:
    chosen = choose(datetime(2026, 10, 25, 2, 30), COPENHAGEN)

    assert chosen.at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert not chosen.is_moved


# -- Quiet hours --------------------------------------------------------------------------


@given(rule_sets(), moments, zones)
@settings(max_examples=300)
def test_after_quiet_hours_it_is_not_quiet_and_nothing_earlier_was_missed(
    rules: SharingRules, moment: datetime, zone: str
) -> None:
    free = after_quiet(rules, moment, zone)

    assert not is_quiet(rules, free, zone)
    assert free >= moment
    assert free - moment <= timedelta(days=6)
    if free > moment:
        assert is_quiet(rules, moment, zone)


@given(rule_sets(), moments)
def test_every_minute_before_the_end_of_quiet_hours_is_quiet(
    rules: SharingRules, moment: datetime
) -> None:
    free = after_quiet(rules, moment, "UTC")  # where no minute is left out

    steps = int((free - moment) / (17 * MINUTE))
    assert all(
        is_quiet(rules, moment + step * 17 * MINUTE, "UTC") for step in range(steps)
    )


EVENINGS = SharingRules(quiet_from=time(18), quiet_until=time(7), quiet_weekend=True)


@pytest.mark.parametrize(
    ("now", "free"),
    [
        ("2026-11-23T12:00", "2026-11-23T12:00"),
        ("2026-11-23T18:00", "2026-11-24T07:00"),
        ("2026-11-24T06:59", "2026-11-24T07:00"),
        ("2026-11-27T20:00", "2026-11-30T07:00"),  # a Friday evening
        ("2026-11-28T12:00", "2026-11-30T07:00"),
        ("2026-03-27T23:00", "2026-03-30T07:00"),  # the clocks go forward that Sunday
    ],
)
def test_quiet_evenings_and_weekends(now: str, free: str) -> None:
    assert after_quiet(EVENINGS, at(now), COPENHAGEN) == at(free)


def test_quiet_hours_that_end_in_the_hour_that_comes_twice_end_twice() -> None:
    rules = SharingRules(quiet_from=time(22), quiet_until=time(2, 30))
    second = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)  # 02:10 for the second time

    free = after_quiet(rules, second, COPENHAGEN)

    assert free == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


# -- Apart from colleagues ----------------------------------------------------------------


@given(
    rules=rule_sets(),
    wanted=moments,
    zone=zones,
    offsets=st.lists(st.integers(-90, 150), max_size=40),
    window=st.none() | st.integers(1, 120),
)
@settings(max_examples=300)
def test_moving_apart_stays_within_the_hour_the_window_and_loud_times(
    rules: SharingRules,
    wanted: datetime,
    zone: str,
    offsets: list[int],
    window: int | None,
) -> None:
    wanted = after_quiet(rules, wanted, zone)
    taken = [wanted + offset * MINUTE for offset in offsets]
    ends_at = None if window is None else wanted + window * MINUTE

    found = move_apart(rules, wanted, taken, zone=zone, ends_at=ends_at)

    assert wanted <= found <= wanted + HOUR
    assert not is_quiet(rules, found, zone)
    assert ends_at is None or found < ends_at
    if not rules.spread_minutes or not taken:
        assert found == wanted


@given(st.integers(1, 60), st.integers(1, 61))
def test_colleagues_who_choose_the_same_minute_never_share_one(
    minutes: int, people: int
) -> None:
    rules = SharingRules(spread_minutes=minutes)
    wanted, taken = at("2026-11-24T08:45"), list[datetime]()

    for _person in range(people):
        taken.append(move_apart(rules, wanted, taken, zone=COPENHAGEN, ends_at=None))

    assert len(set(taken)) == people
    fitting = sorted(taken[: 60 // minutes + 1])
    gaps = [late - early for early, late in pairwise(fitting)]
    assert all(gap >= minutes * MINUTE for gap in gaps)


def test_an_hour_that_is_full_fills_evenly() -> None:
    rules = SharingRules(spread_minutes=10)
    wanted, taken = at("2026-11-24T08:45"), list[datetime]()

    for _person in range(610):
        taken.append(move_apart(rules, wanted, taken, zone=COPENHAGEN, ends_at=None))

    assert {taken.count(moment) for moment in taken} == {10}


# -- Times to offer -----------------------------------------------------------------------


@given(rule_sets(), moments, zones, st.none() | st.integers(1, 10_000))
@settings(max_examples=300)
def test_what_is_suggested_may_be_chosen(
    rules: SharingRules, now: datetime, zone: str, window: int | None
) -> None:
    ends_at = None if window is None else now + window * MINUTE

    found = suggest(rules, now, zone, ends_at=ends_at)

    assert len(found) <= 3
    days = [chosen.local.date() for chosen in found]
    assert days == sorted(set(days))
    for chosen in found:
        assert now < chosen.at < (ends_at or chosen.at + MINUTE)
        assert not is_quiet(rules, chosen.at, zone)
        assert chosen.local.weekday() < 5
        assert choose(chosen.local, zone).at == chosen.at


@pytest.mark.parametrize(
    ("now", "times"),
    [
        ("2026-11-24T10:00", ["24T15:30", "25T08:45", "26T08:45"]),
        ("2026-11-24T07:00", ["24T08:45", "25T08:45", "26T08:45"]),
        ("2026-11-26T16:00", ["27T08:45", "30T08:45", "01T08:45"]),  # Thursday
    ],
)
def test_one_time_of_today_then_mornings_of_working_days(
    now: str, times: list[str]
) -> None:
    found = suggest(SharingRules(), at(now), COPENHAGEN)

    assert [f"{one.local:%dT%H:%M}" for one in found] == times


def test_a_full_day_is_not_suggested() -> None:
    found = suggest(
        SharingRules(),
        at("2026-11-24T10:00"),
        COPENHAGEN,
        is_free=lambda day: day != date(2026, 11, 24),
    )

    assert [one.local.day for one in found] == [25, 26, 27]


def test_quiet_mornings_are_suggested_from_their_end() -> None:
    rules = SharingRules(quiet_from=time(18), quiet_until=time(9))

    found = suggest(rules, at("2026-11-24T18:00"), COPENHAGEN)

    assert [f"{one.local:%dT%H:%M}" for one in found] == [
        "25T09:00",
        "26T09:00",
        "27T09:00",
    ]


def test_the_wall_of_every_zone_can_be_read() -> None:
    moment = datetime(2026, 11, 24, 12, tzinfo=UTC)

    for zone in available_timezones():
        assert wall(moment, zone) == moment.astimezone(ZoneInfo(zone)).replace(
            tzinfo=None
        )
