"""The networks' limits, as the sandbox keeps and tells them."""

import pytest

from sharing.connectors import errors
from sharing.connectors.rates import DAY, Scope
from tests.sandbox.walking import ask, connect, connector, post_of


def publish(sandbox, slug, *texts, person="Signe Holm"):
    network = connector(sandbox, slug)
    tokens, profile = connect(sandbox, slug, person)
    return [
        network.publish(tokens, profile.remote_id, post_of(network, text))
        for text in texts
    ]


def test_x_tells_with_each_post_how_many_remain(sandbox):
    first, second = publish(sandbox, "x", "One", "Two")

    quarter, day = second.allowances
    assert [one.remaining for one in first.allowances] == [99, 9999]
    assert (quarter.scope, quarter.remaining, quarter.calls) == (Scope.ACCOUNT, 98, 100)
    assert (day.scope, day.remaining, day.seconds) == (Scope.APP, 9998, DAY)
    assert 0 < quarter.after <= 900


@pytest.mark.parametrize(
    ("slug", "limit", "scope"),
    [
        ("x", "x_per_quarter_hour", "account"),
        ("x", "x_app_per_day", "app"),
        ("linkedin", "linkedin_per_day", "account"),
        ("linkedin", "linkedin_app_per_day", "app"),
    ],
)
def test_whose_calls_are_used_up_is_told(sandbox, slug, limit, scope):
    status, _said = ask("POST", f"{sandbox.url}/_sandbox/limits", {limit: 1})
    publish(sandbox, slug, "One")

    with pytest.raises(errors.TryLater) as caught:
        publish(sandbox, slug, "Two")

    assert status == 200
    assert caught.value.scope == scope
    assert 0 < caught.value.after <= DAY
    assert len(sandbox.posts()) == 1


def test_an_app_s_calls_are_everybody_s_and_an_account_s_its_own(sandbox):
    sandbox.limit(x_per_quarter_hour=1, x_app_per_day=2)

    publish(sandbox, "x", "One")
    publish(sandbox, "x", "Two", person="Ole Berg")

    with pytest.raises(errors.TryLater):
        publish(sandbox, "x", "Three", person="Ida Krog")


def test_the_time_is_right_on_a_pushed_clock(sandbox):
    sandbox.advance(3600)

    [posted] = publish(sandbox, "x", "One")

    assert posted.allowances[0].after <= 900


@pytest.mark.parametrize(
    "wish", [[], {"callbacks": 1}, {"x_per_quarter_hour": "2"}, {"x_app_per_day": -1}]
)
def test_a_limit_that_makes_no_sense_is_explained(sandbox, wish):
    status, said = ask("POST", f"{sandbox.url}/_sandbox/limits", wish)

    assert status == 400
    assert said["error"]
