"""Rates as networks declare them, and whatever stands in the headers of an answer."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import responses
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from sharing.connectors import errors
from sharing.connectors.connector import Connector, retry_after
from sharing.connectors.http import Answer
from sharing.connectors.rates import (
    DAY,
    UNTOLD,
    Allowance,
    Rate,
    Scope,
    number,
    odd_options,
    sane,
    seconds_until,
    with_options,
)
from sharing.connectors.types import Credentials, Post, Tokens
from sharing.networks.linkedin import LinkedIn
from sharing.networks.x import X

APP = Credentials("an-app", "a-secret")
POSTS = "https://api.x.com/2/tweets"
# The network's clock, some hours from ours.
NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
EPOCH = int(NOON.timestamp())
DATE = format_datetime(NOON, usegmt=True)


def answer(status: int = 201, body: bytes = b"{}", **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, CaseInsensitiveDict({"Date": DATE, **named}), body)


# -- Declared ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rate", "name", "stop"),
    [
        (Rate(Scope.APP, 10_000, DAY), "app_per_day", 9000),
        (Rate(Scope.ACCOUNT, 150), "account_per_day", 135),
        (Rate(Scope.ACCOUNT, 100, 900), "account_per_quarter_hour", 100),
        (Rate(Scope.ACCOUNT, 1), "account_per_day", 1),
        (Rate(Scope.ACCOUNT, 6, 60), "account_per_minute", 6),
        (Rate(Scope.ACCOUNT, 6, 7), "account_per_7_seconds", 6),
    ],
)
def test_a_rate_has_a_name_and_a_place_to_stop(rate, name, stop):
    assert (rate.name, rate.stop) == (name, stop)


def test_an_option_overrides_adds_or_takes_away():
    declared = (Rate(Scope.ACCOUNT, 100, 900), Rate(Scope.APP, 10_000, DAY))
    options = {
        "app_per_day": "500",
        "account_per_quarter_hour": "0",
        "tenant_per_hour": "20",
        "api_version": "7",
    }

    assert with_options(declared, options) == (
        Rate(Scope.APP, 500, DAY),
        Rate(Scope.TENANT, 20, 3600),
    )


@pytest.mark.parametrize("value", ["", "many", "-5", "1e9", "٣", "9" * 40, "5.0"])
def test_an_option_that_makes_no_sense_changes_nothing(value):
    declared = (Rate(Scope.APP, 10_000, DAY),)
    options = {"app_per_day": value, "api_version": value}

    assert with_options(declared, options) == declared
    assert odd_options(options) == ["app_per_day"]


def test_each_connector_knows_its_own_budget():
    assert X(APP).budget == X.rates
    assert X(APP, None, {"app_per_day": "7"}).budget[1].calls == 7
    assert Connector(APP).budget == ()


def test_a_stand_in_for_a_network_has_the_limits_that_it_tells_or_that_we_set():
    sandbox = X(APP, "http://localhost:8010", {"app_per_day": "500"})

    account, app = sandbox.budget

    assert account == Rate(Scope.ACCOUNT, UNTOLD, 900)
    assert app.calls == 500


# -- What X tells --------------------------------------------------------------------------


def test_x_tells_of_three_rates():
    told = X(APP).allowances(
        answer(
            x_rate_limit_limit="100",
            x_rate_limit_remaining="99",
            x_rate_limit_reset=str(EPOCH + 600),
            x_user_limit_24hour_limit="250",
            x_user_limit_24hour_remaining="0",
            x_user_limit_24hour_reset=str(EPOCH + 7200),
            x_app_limit_24hour_limit="10000",
            x_app_limit_24hour_remaining="8000",
            x_app_limit_24hour_reset=str(EPOCH + 3600),
        )
    )

    assert told == (
        Allowance(Scope.ACCOUNT, 99, 600, 100, 900),
        Allowance(Scope.ACCOUNT, 0, 7200, 250, DAY),
        Allowance(Scope.APP, 8000, 3600, 10_000, DAY),
    )


def test_the_reset_is_measured_by_the_network_s_own_clock():
    """A worker's clock may be wrong; the answer tells when it was given."""
    [told] = X(APP).allowances(
        answer(x_rate_limit_remaining="1", x_rate_limit_reset=str(EPOCH + 60))
    )

    assert told.after == 60


def test_a_network_whose_clock_makes_no_sense_is_measured_by_ours():
    headers = CaseInsensitiveDict({"Date": "Fri, 31 Dec 9999 23:59:59 -2359"})
    said = b"MEMBER DAY limit"

    error = LinkedIn(APP).sort(Answer(429, headers, said), creates=True)

    assert 0 < error.after <= DAY


@responses.activate
def test_a_post_carries_what_was_told_and_is_the_same_post_without():
    responses.post(
        POSTS,
        status=201,
        json={"data": {"id": "7"}},
        headers={
            "Date": DATE,
            "x-rate-limit-remaining": "3",
            "x-rate-limit-reset": str(EPOCH + 5),
        },
    )

    posted = X(APP).publish(Tokens("t"), "42", Post("Good news"))

    assert posted.allowances == (Allowance(Scope.ACCOUNT, 3, 5, None, 900),)
    assert posted == type(posted)(posted.remote_id, posted.url)


@responses.activate
@pytest.mark.parametrize(
    ("spent", "scope", "after"),
    [
        ({"x-rate-limit": 300}, "account", 300),
        ({"x-user-limit-24hour": 7200}, "account", 7200),
        ({"x-app-limit-24hour": 3600}, "app", 3600),
        ({"x-rate-limit": 300, "x-app-limit-24hour": 3600}, "app", 3600),
        ({}, "account", None),
    ],
)
def test_a_429_tells_whose_calls_are_used_up(spent, scope, after):
    headers = {"Date": DATE}
    for name, seconds in spent.items():
        headers |= {f"{name}-remaining": "0", f"{name}-reset": str(EPOCH + seconds)}
    responses.post(POSTS, status=429, json={}, headers=headers)

    with pytest.raises(errors.TryLater) as caught:
        X(APP).publish(Tokens("t"), "42", Post("Good news"))

    assert (caught.value.scope, caught.value.after) == (scope, after)
    assert len(caught.value.allowances) == len(spent)


@responses.activate
def test_every_answer_tells_not_only_a_good_one():
    headers = {"Date": DATE, "x-rate-limit-remaining": "3"}
    headers["x-rate-limit-reset"] = str(EPOCH + 5)
    responses.post(POSTS, status=500, headers=headers)

    with pytest.raises(errors.Unknown) as caught:
        X(APP).publish(Tokens("t"), "42", Post("Good news"))

    assert caught.value.allowances[0].remaining == 3


# -- What LinkedIn tells -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "scope", "after"),
    [
        ("Resource level throttle APPLICATION DAY limit is reached", "app", 12 * 3600),
        ("throttle APPLICATION_AND_MEMBER DAY limit", "account", 12 * 3600),
        ("Resource level throttle MEMBER DAY limit is reached", "account", 12 * 3600),
        ("Throttle limit for calls to this resource is reached.", "account", None),
        ("", "account", None),
    ],
)
def test_linkedin_s_message_names_the_throttle(message, scope, after):
    said = answer(429, f'{{"message": "{message}"}}'.encode())

    error = LinkedIn(APP).sort(said, creates=True)

    assert error.scope == scope
    assert error.after == after


# -- Whatever stands there -----------------------------------------------------------------

JUNK = st.one_of(
    st.sampled_from(
        "0 -1 1 1e9 1000000000 99999999999 NaN inf -inf 3.5 ٣ Infinity 00".split()
    ),
    st.sampled_from(
        [
            "",
            DATE,
            "Fri, 31 Dec 9999 23:59:59 GMT",
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Mon, 01 Jan 99999 00:00:00 GMT",
            "Fri, 31 Dec 9999 23:59:59 -2359",
            "Sat, 21 Nov 2026 25:61:61 GMT",
            "2026-11-21T12:00:00Z",
            "9" * 5000,
            "1,2",
            "30; 60",
        ]
    ),
    st.integers(-(10**12), 10**12).map(str),
    st.text(max_size=40),
)
NAMES = ["Retry-After", "Date"] + [
    f"{kind}-{part}"
    for kind in ("x-rate-limit", "x-user-limit-24hour", "x-app-limit-24hour")
    for part in ("limit", "remaining", "reset")
]


@given(
    headers=st.dictionaries(st.sampled_from(NAMES), JUNK), status=st.integers(200, 599)
)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@pytest.mark.parametrize("network", [X, LinkedIn])
def test_no_header_breaks_a_call_and_every_wait_has_an_end(network, headers, status):
    said = Answer(status, CaseInsensitiveDict(headers), b"{}")
    connector = network(APP)

    told = connector.read_allowances(said)
    error = connector.sort(said, creates=True)

    for one in told:
        assert one.remaining >= 0
        assert 0 < one.after <= DAY
        assert one.calls is None or 0 < one.calls < 10**9
    if status == 429:
        assert isinstance(error, errors.TryLater)
        assert error.after is None or 0 < error.after <= DAY


@given(JUNK, st.datetimes(timezones=st.just(UTC)))
def test_a_retry_after_is_seconds_a_date_or_nothing(value, now):
    asked = retry_after(value, now)

    assert asked is None or asked >= 0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("37", 37),
        ("0", None),
        ("-1", None),
        ("1000000000", DAY),
        (format_datetime(NOON + timedelta(seconds=9), usegmt=True), 9),
        (format_datetime(NOON - timedelta(seconds=1), usegmt=True), None),
        ("Sat, 21 Nov 2099 12:00:00 GMT", DAY),
        ("soon", None),
        (None, None),
    ],
)
def test_an_absurd_retry_after_is_no_hint_and_a_long_one_is_cut(value, seconds):
    headers = {"Retry-After": value} if value else {}

    error = X(APP).sort(answer(429, **headers), creates=True)

    assert error.after == seconds


@given(st.one_of(JUNK, st.none()))
def test_numbers_are_read_strictly(value):
    assert number(value) is None or 0 <= number(value) < 10**9
    after = seconds_until(value, EPOCH)
    assert after is None or 0 < after <= DAY


@given(st.one_of(st.none(), st.floats()))
def test_a_wait_is_sane(after):
    found = sane(after)

    assert found is None or 0 < found <= DAY


class Careless(Connector):
    slug = "careless"
    label = "Careless"

    def read_allowances(self, answer):
        return (Allowance(Scope.APP, int(answer.headers["remaining"])),)


def test_a_network_that_reads_carelessly_loses_no_answer(caplog):
    assert Careless(APP).allowances(answer()) == ()
    assert "careless" in caplog.text
