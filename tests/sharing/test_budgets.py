"""No network is called more often than it lets itself be called."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from hypothesis import given, settings
from hypothesis import strategies as st

from sharing import budgets
from sharing.budgets import Window
from sharing.configured import connector_for, network_called
from sharing.connectors import errors
from sharing.connectors.rates import DAY, UNTOLD, Allowance, Rate, Scope
from sharing.connectors.types import Pending, Posted
from sharing.models import Budget
from tests.conftest import COMMITTED

pytestmark = pytest.mark.django_db

ACME, GLOBEX = uuid4(), uuid4()
MINUTE = 60


def window(calls: int = 3, key: str = "x:app", **fields: Any) -> Window:
    values = {"scope": Scope.APP, "quota": calls, "seconds": MINUTE}
    return Window(key=key, calls=calls, **(values | fields))


def clock() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        return cursor.fetchone()[0]


def pass_time(seconds: float) -> None:
    """Let time pass for every budget."""
    passed = timedelta(seconds=seconds)
    Budget.objects.update(
        opened_at=F("opened_at") - passed,
        resets_at=F("resets_at") - passed,
        closed_until=F("closed_until") - passed,
    )


def used(key: str = "x:app") -> int:
    return Budget.objects.get(key=key).used


# -- Whose calls ---------------------------------------------------------------------------


def test_an_account_that_two_tenants_connected_has_one_budget() -> None:
    x = connector_for("x")

    assert budgets.windows_of(x, ACME, "42") == budgets.windows_of(x, GLOBEX, "42")
    assert budgets.windows_of(x, ACME, "42") != budgets.windows_of(x, ACME, "43")


def test_a_server_that_claims_anothers_account_uses_up_nothing_of_it() -> None:
    bluesky = network_called("bluesky")
    servers = "https://bsky.social", "https://evil.example"

    keys = [
        {one.key for one in budgets.windows_of(bluesky, ACME, "did:plc:ana", server)}
        for server in servers
    ]

    assert keys[0]
    assert not keys[0] & keys[1]


def test_no_key_tells_of_an_account_or_an_app() -> None:
    found = budgets.windows_of(connector_for("linkedin"), ACME, "urn:li:person:ab12")

    assert len(found) == 2
    assert not any("ab12" in one.key or ":app:" in one.key for one in found)


def test_a_tenant_s_own_part_is_counted_for_the_tenant(settings: Any) -> None:
    settings.NETWORKS_ENVIRON |= {"NETWORK_X_TENANT_PER_DAY": "500"}
    x = connector_for("x")

    [mine] = [w for w in budgets.windows_of(x, ACME, "4") if w.scope == Scope.TENANT]

    assert str(ACME) in mine.key
    assert (mine.calls, mine.quota) == (450, 500)
    assert mine not in budgets.windows_of(x, GLOBEX, "4")


def test_another_app_begins_with_a_budget_of_its_own(settings: Any) -> None:
    before = budgets.windows_of(connector_for("x"), ACME, "42")
    settings.NETWORKS_ENVIRON |= {"NETWORK_X_CLIENT_ID": "another"}

    after = budgets.windows_of(connector_for("x"), ACME, "42")

    assert not {one.key for one in before} & {one.key for one in after}


def test_a_day_is_not_used_to_its_last_call() -> None:
    found = budgets.windows_of(connector_for("linkedin"), ACME, "a")

    assert {one.scope: one.calls for one in found} == {"account": 135, "app": 90_000}


def test_without_limits_nothing_is_asked(
    settings: Any, django_assert_num_queries: Any
) -> None:
    off = dict.fromkeys(
        ("NETWORK_X_APP_PER_DAY", "NETWORK_X_ACCOUNT_PER_QUARTER_HOUR"), "0"
    )
    settings.NETWORKS_ENVIRON |= off
    found = budgets.windows_of(connector_for("x"), ACME, "42")

    assert found == ()
    with django_assert_num_queries(0):
        assert budgets.reserve(found) is None
        budgets.give_back(found)
        budgets.learn(found, [Allowance(Scope.APP, 0, 60.0)])
        budgets.exhaust(found, Scope.APP, 60)


# -- Reserving -----------------------------------------------------------------------------


def test_a_window_gives_as_many_calls_as_it_has(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(3):
        assert [budgets.reserve([window()]) for _ in range(3)] == [None] * 3

    until = budgets.reserve([window()])

    assert until is not None
    assert timedelta(0) < until - clock() <= timedelta(seconds=MINUTE)
    assert used() == 3


def test_it_opens_again_at_its_moment_and_not_before() -> None:
    for _ in range(3):
        budgets.reserve([window()])
    pass_time(MINUTE - 5)

    until = budgets.reserve([window()])
    pass_time(5)

    assert until is not None
    assert until - clock() <= timedelta(seconds=5)
    assert budgets.reserve([window()]) is None
    assert used() == 1


def test_a_day_ends_at_midnight_of_utc() -> None:
    day = window(1, seconds=None)
    budgets.reserve([day])

    until = budgets.reserve([day])

    now = clock().astimezone(UTC)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    assert until == midnight + timedelta(days=1)


def test_all_or_nothing() -> None:
    wide, narrow = window(9, "x:app"), window(1, "x:account")
    budgets.reserve([wide, narrow])

    until = budgets.reserve([wide, narrow])

    assert until is not None
    assert (used("x:app"), used("x:account")) == (1, 1)


def test_the_last_of_several_full_windows_says_when() -> None:
    short, long = window(1, "x:a"), window(1, "x:b", seconds=3600)
    budgets.reserve([short, long])

    until = budgets.reserve([short, long])

    assert until is not None
    assert until - clock() > timedelta(minutes=50)


def test_another_limit_holds_at_once() -> None:
    for _ in range(3):
        budgets.reserve([window(3)])

    assert budgets.reserve([window(4)]) is None
    assert budgets.reserve([window(2)]) is not None


def test_what_is_rolled_back_is_not_used() -> None:
    with transaction.atomic():
        budgets.reserve([window()])
        transaction.set_rollback(True)

    assert not Budget.objects.exists()


@given(
    calls=st.integers(1, 4),
    steps=st.lists(
        # No sum of sevens comes near a minute: the test itself takes a moment.
        st.one_of(st.just("take"), st.just("give"), st.sampled_from([7, 14, 35])),
        max_size=40,
    ),
)
@settings(max_examples=40, deadline=None)
def test_never_more_than_its_calls_leave_within_a_window(
    calls: int, steps: list[Any]
) -> None:
    """Only what was given back may be taken again, and only in the window it is of."""
    Budget.objects.all().delete()
    mine, now, began, left = window(calls), 0, -MINUTE, 0
    for step in steps:
        if step == "take":
            if now - began >= MINUTE:
                began, left = now, 0
            refused = budgets.reserve([mine]) is not None
            assert refused == (left >= calls)
            left += not refused
        elif step == "give" and left and now - began < MINUTE:
            budgets.give_back([mine])
            left -= 1
        elif isinstance(step, int):
            pass_time(step)
            now += step
    assert used_or_none(mine) <= calls


def used_or_none(mine: Window) -> int:
    row = Budget.objects.filter(key=mine.key).first()
    return row.used if row else 0


# -- Giving back ---------------------------------------------------------------------------


def test_a_call_that_never_left_is_given_back() -> None:
    budgets.reserve([window(1)])

    budgets.give_back([window(1)])

    assert budgets.reserve([window(1)]) is None


def test_a_call_of_a_window_that_is_over_is_not_given_back_to_the_next() -> None:
    budgets.reserve([window()])
    since = clock() - timedelta(seconds=MINUTE)
    pass_time(MINUTE)
    budgets.reserve([window()])

    budgets.give_back([window()], since=since)

    assert used() == 1


def test_nothing_is_given_back_twice_below_zero() -> None:
    budgets.reserve([window()])

    for _ in range(3):
        budgets.give_back([window()])

    assert used() == 0


# -- Learning ------------------------------------------------------------------------------


def told(remaining: int, **fields: Any) -> Allowance:
    values = {"after": 50.0, "seconds": MINUTE}
    return Allowance(Scope.APP, remaining, **(values | fields))


def test_the_network_counts_calls_that_are_not_ours() -> None:
    budgets.reserve([window(10)])

    budgets.learn([window(10)], [told(4)])

    assert used() == 6


def test_an_old_answer_takes_nothing_back() -> None:
    for _ in range(5):
        budgets.reserve([window(10)])

    budgets.learn([window(10)], [told(8)])

    assert used() == 5


def test_a_window_that_begins_anew_at_the_network_first_carries_nothing_over() -> None:
    for _ in range(9):
        budgets.reserve([window(10)])
    budgets.learn([window(10)], [told(1, after=1.0)])

    budgets.learn([window(10)], [told(9, after=20.0)])

    assert used() == 1


def test_the_window_ends_when_the_network_says() -> None:
    budgets.reserve([window(10)])

    budgets.learn([window(10)], [told(9, after=20.0)])

    ends = Budget.objects.get().resets_at - clock()
    assert timedelta(seconds=18) < ends < timedelta(seconds=21)


def test_a_smaller_plan_than_declared_is_believed_and_a_larger_one_is_not() -> None:
    budgets.reserve([window(10)])

    budgets.learn([window(10)], [told(1, calls=2)])
    assert budgets.reserve([window(10)]) is None
    assert budgets.reserve([window(10)]) is not None

    budgets.learn([window(10)], [told(98, calls=100)])
    assert [budgets.reserve([window(10)]) is None for _ in range(9)] == [True] * 8 + [
        False
    ]


def test_what_is_no_news_is_not_written() -> None:
    budgets.reserve([window(10)])
    budgets.learn([window(10)], [told(9, after=58.0)])
    before = version()

    budgets.learn([window(10)], [told(9, after=59.0), told(9, after=60.0)])

    assert version() == before


def version() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT ctid::text, xmin::text FROM sharing_budget")
        return str(cursor.fetchall())


def test_an_answer_that_tells_nothing_costs_nothing(
    django_assert_num_queries: Any,
) -> None:
    with django_assert_num_queries(0):
        budgets.learn([window()], [])


def test_a_rate_that_we_do_not_know_and_that_is_used_up_holds_as_well() -> None:
    budgets.reserve([window(10)])

    budgets.learn([window(10)], [told(0, seconds=DAY, after=3600.0)])

    until = budgets.reserve([window(10)])
    assert until is not None
    assert until - clock() > timedelta(minutes=59)


@pytest.mark.parametrize("seconds", [MINUTE, DAY])
def test_what_is_untold_is_free_until_an_answer_tells(seconds: int) -> None:
    rate = Rate(Scope.APP, UNTOLD, seconds)
    mine = window(rate.stop, quota=rate.calls, seconds=seconds)
    budgets.reserve([mine])

    budgets.learn([mine], [told(2, seconds=seconds)])

    assert [budgets.reserve([mine]) is None for _ in range(3)] == [True, True, False]


# -- Being asked to wait -------------------------------------------------------------------


def test_a_429_closes_its_scope_and_keeps_the_count() -> None:
    app, account = window(9, "x:app"), window(9, "x:me", scope=Scope.ACCOUNT)
    budgets.reserve([app, account])

    budgets.exhaust([app, account], Scope.ACCOUNT, 30)

    assert budgets.reserve([app, account]) is not None
    assert budgets.reserve([app]) is None
    pass_time(30)
    assert budgets.reserve([app, account]) is None
    assert used("x:me") == 2


def test_a_shorter_wait_does_not_end_a_longer_one() -> None:
    budgets.exhaust([window()], Scope.APP, 3000)
    budgets.exhaust([window()], Scope.APP, 1)

    until = budgets.reserve([window()])

    assert until is not None
    assert until - clock() > timedelta(minutes=49)


@pytest.mark.parametrize(
    ("after", "least", "most"),
    [(None, 9, 10), (0, 9, 10), (-1, 0, 1), (1e9, DAY - 9, DAY), (7, 6, 7)],
)
def test_every_wait_has_an_end(after: Any, least: float, most: float) -> None:
    budgets.exhaust([window()], Scope.APP, after)

    until = budgets.reserve([window()])

    assert until is not None
    assert least <= (until - clock()).total_seconds() <= most


def test_a_scope_without_a_rate_makes_at_least_the_account_wait() -> None:
    account = window(9, "x:me", scope=Scope.ACCOUNT)

    budgets.exhaust([account], Scope.APP, 30)

    assert budgets.reserve([account]) is not None


# -- All of it, by what came of the call -------------------------------------------------


def limited(**fields: Any) -> errors.TryLater:
    error = errors.TryLater(reason="rate_limited", **fields)
    error.allowances = (told(0), told(0, seconds=DAY, after=900.0))
    return error


@pytest.mark.parametrize(
    ("outcome", "left"),
    [
        (Posted("1", "u"), 8),
        (Posted("1", "u", (told(5),)), 5),
        (Pending({"a": "b"}, (told(5),)), 5),
        (errors.TryLater(reason="unreachable"), 9),
        (errors.TryLater(reason="no_answer"), 8),
        (errors.Unknown(), 8),
        (errors.Refused(), 8),
        (limited(after=1, scope=Scope.APP), 0),
    ],
)
def test_what_came_of_a_call_is_heeded(outcome: Any, left: int) -> None:
    budgets.reserve([window(9)])

    budgets.heed([window(9)], outcome)

    assert [budgets.reserve([window(9)]) is None for _ in range(9)].count(True) == left


def test_an_ordinary_outcome_costs_no_query(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        budgets.heed([window()], Posted("1", "u"))
        budgets.heed([], limited())


# -- Housekeeping --------------------------------------------------------------------------


def test_windows_that_nobody_uses_are_dropped() -> None:
    budgets.reserve([window(key="x:old")])
    pass_time(3 * DAY)
    budgets.reserve([window(key="x:new")])

    assert budgets.forget() == 1
    assert list(Budget.objects.values_list("key", flat=True)) == ["x:new"]


# -- Many at once --------------------------------------------------------------------------


def all_at_once(number: int, act: Callable[[int], Any]) -> list[Any]:
    """Do it in as many threads, each with a connection of its own."""
    start, answers = threading.Barrier(number), []

    def run(place: int) -> None:
        try:
            connection.ensure_connection()
            start.wait(20)
            answers.append(act(place))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == number
    return answers


@COMMITTED
@pytest.mark.parametrize("exists", [True, False])
def test_forty_threads_take_ten_calls(exists: bool) -> None:
    mine, other = window(10, "x:a"), window(1000, "x:b")
    if exists:
        budgets.reserve([mine, other])
        budgets.give_back([mine, other])

    answers = all_at_once(40, lambda _place: budgets.reserve([mine, other]))

    assert answers.count(None) == 10
    assert (used("x:a"), used("x:b")) == (10, 10)


@COMMITTED
def test_the_first_call_of_all_is_taken_once() -> None:
    """Each statement begins before the row is there; one makes it, the rest find it full."""
    for number in range(10):
        single, other = window(1, f"x:{number}:z"), window(1000, f"x:{number}:a")

        answers = all_at_once(12, lambda _place: budgets.reserve([single, other]))  # noqa: B023

        assert answers.count(None) == 1
        assert used(other.key) == 1


@COMMITTED
def test_new_accounts_meet_at_the_app_s_row_in_no_ring() -> None:
    app = window(10_000, "x:z")
    budgets.reserve([app])
    for number in range(8):
        accounts = [window(100, f"x:{number}:{place}") for place in range(3)]

        answers = all_at_once(
            12,
            lambda place: [
                budgets.reserve([app, accounts[place % 3]])  # noqa: B023
                for _ in range(4)
            ],
        )

        assert answers == [[None] * 4] * 12
    assert used("x:z") == 1 + 8 * 12 * 4


@COMMITTED
def test_nobody_waits_for_each_other_in_a_ring() -> None:
    one, two = window(1000, "x:a"), window(1000, "x:b")

    def act(place: int) -> None:
        pair = [one, two] if place % 2 else [two, one]
        for _ in range(5):
            with transaction.atomic():
                budgets.reserve(pair)
                budgets.heed(pair, Posted("1", "u", (told(999),)))
                budgets.give_back(reversed(pair))

    all_at_once(8, act)
    assert used("x:a") == used("x:b") == 0

    all_at_once(8, lambda _place: budgets.heed([one, two], limited(after=1)))


@COMMITTED
def test_two_tenants_share_the_calls_of_an_account(settings: Any) -> None:
    settings.NETWORKS_ENVIRON |= {"NETWORK_X_ACCOUNT_PER_QUARTER_HOUR": "10"}
    x = connector_for("x")

    def act(place: int) -> object:
        tenant = ACME if place % 2 else GLOBEX
        return budgets.reserve(budgets.windows_of(x, tenant, "42"))

    assert all_at_once(20, act).count(None) == 10


def test_the_reset_is_by_the_database_s_clock() -> None:
    budgets.reserve([window(1)])
    Budget.objects.update(
        opened_at=Now() - timedelta(hours=2), resets_at=Now() - timedelta(hours=1)
    )

    assert budgets.reserve([window(1)]) is None
