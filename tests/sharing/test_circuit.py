"""A network that does not answer is left alone, and found again when it does."""

from datetime import timedelta
from typing import Any

import pytest
import responses
from django.db.models import F

from sharing import budgets, circuit, publishing
from sharing.circuit import Call, Wait, noting, remembering
from sharing.configured import network_called
from sharing.connectors import errors
from sharing.connectors.text import Sentence
from sharing.connectors.types import Pending, Posted
from sharing.models import Budget, Circuit, State
from tenants.models import Membership
from tests.conftest import COMMITTED
from tests.sharing.conftest import Press, fresh, make_account
from tests.sharing.test_budgets import all_at_once, clock

pytestmark = pytest.mark.django_db


def pass_time(seconds: float) -> None:
    """Let time pass for every circuit, and for what is remembered of them."""
    passed = timedelta(seconds=seconds)
    Circuit.objects.update(
        opened_at=F("opened_at") - passed,
        next_probe_at=F("next_probe_at") - passed,
        closed_at=F("closed_at") - passed,
        span=F("span") - int(seconds // remembering.SPAN),
    )
    circuit.memory.is_old()


def calls(*kinds: Call, times: int = 1) -> None:
    for kind in kinds * times:
        circuit.note("x", kind)


def opened() -> None:
    calls(Call.FAULT, times=20)
    assert Circuit.objects.get().reason == "circuit_open"


def probed() -> None:
    """Open, and its first probe under way."""
    opened()
    pass_time(30)
    assert circuit.gate("x") is None


def waits(network: str = "x") -> Wait:
    wait = circuit.gate(network)
    assert wait is not None
    return wait


# -- Opening -------------------------------------------------------------------------------


def test_twenty_faults_open_it_and_nineteen_do_not() -> None:
    calls(Call.FAULT, times=19)
    assert circuit.gate("x") is None

    calls(Call.FAULT)

    assert waits().reason == "circuit_open"
    assert circuit.gate("linkedin") is None


def test_half_of_the_calls_is_enough_and_less_is_not() -> None:
    calls(Call.OK, Call.OK, Call.FAULT, times=20)
    assert circuit.gate("x") is None

    calls(Call.FAULT, times=20)

    assert waits()


def test_members_mistakes_are_no_faults_of_the_network() -> None:
    calls(Call.USER, times=100)
    calls(Call.FAULT, times=20)

    assert circuit.gate("x") is None
    assert sum(Circuit.objects.get().calls) == 120


def test_faults_of_more_than_a_minute_ago_are_forgotten() -> None:
    calls(Call.FAULT, times=19)
    pass_time(70)

    calls(Call.FAULT, times=19)

    assert circuit.gate("x") is None


def test_faults_are_counted_across_the_spans_of_a_minute() -> None:
    for _ in range(4):
        pass_time(10)
        calls(Call.FAULT, times=5)

    assert waits()


def test_good_calls_of_long_ago_hide_nothing(monkeypatch: Any) -> None:
    now = [1000.0]
    monkeypatch.setattr(remembering.time, "monotonic", lambda: now[0])
    calls(Call.OK, times=500)
    now[0] += 61

    calls(Call.FAULT, times=20)

    assert waits()


def test_nothing_is_written_while_all_is_well(django_assert_num_queries: Any) -> None:
    circuit.gate("x")

    with django_assert_num_queries(0):
        for _ in range(50):
            assert circuit.gate("x") is None
            assert circuit.ramp("x") == ()
            circuit.note("x", Call.OK)
            circuit.note("x", Call.USER)
            circuit.not_called("x")


def test_a_fault_is_one_statement(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        circuit.note("x", Call.FAULT)


def test_what_another_process_saw_counts() -> None:
    for _ in range(2):
        calls(Call.FAULT, times=10)
        circuit.memory.forget()  # another process

    assert waits()


# -- While it is open ----------------------------------------------------------------------


def test_waiting_costs_no_query(django_assert_num_queries: Any) -> None:
    opened()
    waits()

    with django_assert_num_queries(0):
        for _ in range(100):
            waits()


def test_one_comes_back_for_the_probe_and_the_rest_are_spread() -> None:
    opened()
    first, *rest = (waits().until for _ in range(200))
    probe_at = Circuit.objects.get().next_probe_at

    assert first == probe_at
    assert min(rest) > probe_at
    assert len(set(rest)) > 190
    assert max(rest) <= probe_at + timedelta(seconds=60)


def test_the_longer_it_is_open_the_wider_they_are_spread() -> None:
    opened()
    Circuit.objects.update(opened_at=F("opened_at") - timedelta(hours=2))
    circuit.memory.is_old()

    spread = max(waits().until for _ in range(200)) - clock()

    assert timedelta(minutes=5) < spread < timedelta(minutes=11)


def test_one_probe_in_thirty_seconds() -> None:
    opened()
    assert waits()
    pass_time(30)

    assert circuit.gate("x") is None
    assert waits().until - clock() > timedelta(seconds=25)
    pass_time(30)
    assert circuit.gate("x") is None
    assert waits()


def test_a_failed_probe_keeps_it_open() -> None:
    probed()

    calls(Call.FAULT)

    assert waits()
    assert Circuit.objects.get().opened_at is not None


def test_a_probe_that_was_not_sent_is_left_to_the_next() -> None:
    probed()
    assert waits()

    circuit.not_called("x")

    assert circuit.gate("x") is None
    assert waits()


@pytest.mark.parametrize("answer", [Call.OK, Call.USER])
def test_an_answered_probe_closes_it(answer: Call) -> None:
    probed()

    calls(answer)

    assert circuit.gate("x") is None
    assert circuit.ramp("x")


def test_a_late_answer_to_a_call_of_before_does_not_close_it() -> None:
    opened()
    assert waits()

    calls(Call.OK)

    assert waits()


def test_after_closing_it_opens_for_new_faults_alone() -> None:
    probed()
    calls(Call.FAULT, times=18)
    calls(Call.OK)
    assert circuit.gate("x") is None

    calls(Call.FAULT, times=18)  # and the one that was answered
    assert circuit.gate("x") is None
    calls(Call.FAULT)

    assert waits()


# -- The ramp ------------------------------------------------------------------------------


def let_pass() -> int:
    """Return how many posts leave now."""
    passed = 0
    while budgets.reserve(circuit.ramp("x")) is None and passed < 1000:
        passed += 1
    return passed


def test_each_minute_after_closing_lets_pass_a_tenth_more() -> None:
    probed()
    calls(Call.OK)
    seen = []
    for _ in range(10):
        seen.append(let_pass())
        pass_time(60)
        Budget.objects.all().delete()

    assert seen == [10 * minute for minute in range(1, 11)]
    assert circuit.ramp("x") == ()


def test_a_lone_share_passes_at_once() -> None:
    probed()
    calls(Call.OK)

    assert budgets.reserve(circuit.ramp("x")) is None


def test_what_was_busy_before_comes_back_faster() -> None:
    calls(Call.FAULT, times=20)
    Circuit.objects.update(pace=6000)
    pass_time(30)
    circuit.gate("x")
    calls(Call.OK)

    assert circuit.ramp("x")[0].calls == 600


# -- Whoever runs this ---------------------------------------------------------------------

REFUSED = Sentence("The X app has no credit left. Please tell an administrator.")


def test_a_pause_is_told_once() -> None:
    assert circuit.pause("x", REFUSED)
    assert not circuit.pause("x", REFUSED)

    assert waits().reason == "operator"
    [state] = circuit.states()
    assert state.explanation == str(REFUSED)


def test_a_pause_is_looked_at_after_five_minutes_and_then_every_fifteen() -> None:
    circuit.pause("x", REFUSED)
    looks, minute = [], 0
    while minute < 40:
        if circuit.gate("x") is None:
            looks.append(minute)
            assert not circuit.pause("x", REFUSED)
        pass_time(60)
        minute += 1

    assert looks == [5, 20, 35]


def test_a_post_ends_the_pause_and_the_next_one_is_told_again() -> None:
    circuit.pause("x", REFUSED)
    pass_time(300)
    assert circuit.gate("x") is None

    calls(Call.OK)

    assert circuit.gate("x") is None
    assert circuit.pause("x", Sentence("Something else."))
    pass_time(300)
    assert circuit.gate("x") is None
    calls(Call.OK)
    pass_time(3601)
    assert circuit.pause("x", REFUSED)


def test_one_account_s_trouble_does_not_stop_everybody_over_and_over() -> None:
    circuit.pause("x", REFUSED)
    pass_time(300)
    assert circuit.gate("x") is None
    calls(Call.OK)

    assert not circuit.pause("x", REFUSED)

    assert circuit.gate("x") is None
    assert circuit.states()[0].explanation == ""


def test_a_member_s_mistake_proves_no_app_right() -> None:
    circuit.pause("x", REFUSED)
    pass_time(300)
    assert circuit.gate("x") is None

    calls(Call.USER)

    assert waits().reason == "operator"


def test_an_open_circuit_becomes_a_pause() -> None:
    opened()

    assert circuit.pause("x", REFUSED)

    assert waits().reason == "operator"


# -- What an outcome tells -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "call"),
    [
        (Posted("1", "u"), Call.OK),
        (Pending({"a": "b"}), Call.OK),
        (errors.Refused(), Call.USER),
        (errors.Duplicate(), Call.USER),
        (errors.Disconnected(), Call.USER),
        (errors.TryLater(reason="rate_limited"), Call.USER),
        (errors.TryLater(reason="unreachable"), Call.FAULT),
        (errors.TryLater(reason="no_answer"), Call.FAULT),
        (errors.Unknown(), Call.FAULT),
        (errors.OperatorAction(), Call.OPERATOR),
        (errors.TryLater(reason="token_refresh"), None),
        (errors.TryLater(), None),
    ],
)
def test_an_outcome_tells_of_the_network(outcome: Any, call: Call | None) -> None:
    assert circuit.classify(outcome) == call


# -- Many at once --------------------------------------------------------------------------


@COMMITTED
def test_of_forty_threads_one_is_the_probe() -> None:
    opened()
    pass_time(30)

    answers = all_at_once(40, lambda _place: circuit.gate("x"))

    assert answers.count(None) == 1
    assert Circuit.objects.get().probes == 1


@COMMITTED
def test_of_twenty_threads_one_begins_the_pause() -> None:
    answers = all_at_once(20, lambda _place: circuit.pause("x", REFUSED))

    assert answers.count(True) == 1


@COMMITTED
def test_no_fault_is_lost_between_threads() -> None:
    def act(_place: int) -> None:
        for kind in (Call.OK, Call.OK, Call.FAULT):
            circuit.note("x", kind)

    all_at_once(16, act)

    row = Circuit.objects.get()
    unsaid = sum(circuit.memory.take("x"))
    assert (sum(row.calls) + unsaid, sum(row.faults)) == (48, 16)


# -- Many servers --------------------------------------------------------------------------


def test_a_server_that_fails_keeps_nobody_from_another(
    press: Press, ana: Membership, settings: Any, monkeypatch: Any
) -> None:
    """Anybody may run a server, and connect with it."""
    settings.NETWORKS_ENVIRON = {"NETWORK_MASTODON_ENABLED": "1"}
    monkeypatch.setattr(noting, "LEAST_CALLS", 1)
    evil, social = (
        make_account(ana, "mastodon", server=f"https://{host}", remote_id=f"{host}/7")
        for host in ("evil.example", "social.example")
    )
    failed, other = press(evil, key="k1"), press(social, key="k2")

    with responses.RequestsMock() as wire:
        for account, status in ((evil, 500), (social, 200)):
            wire.add(
                responses.POST,
                f"{account.server}/api/v1/statuses",
                status=status,
                json={"id": "1"},
            )
        for publication in (failed, other):
            publishing.publish(ana.tenant_id, publication.pk)

    assert fresh(failed).state == State.UNKNOWN
    assert fresh(other).state == State.PUBLISHED
    mastodon = network_called("mastodon")
    assert circuit.gate(circuit.app_of(mastodon, evil.server)) is not None
    assert circuit.gate(circuit.app_of(mastodon, social.server)) is None
