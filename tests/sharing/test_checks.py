"""Settings that do not fit together are refused before anything starts."""

from typing import Any

import pytest

from sharing.checks import network_limits_are_numbers, publishing_times_fit


def test_the_defaults_fit() -> None:
    assert publishing_times_fit() == []


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("PUBLISHING_SWEEP_SECONDS", 61, "sharing.E001"),
        ("PUBLISHING_SETTLE_SECONDS", 901, "sharing.E002"),
        ("PUBLISHING_RETRY_LADDER", (), "sharing.E003"),
        ("PUBLISHING_RETRY_LADDER", (60, 10), "sharing.E003"),
        ("PUBLISHING_RETRY_LADDER", (0, 10), "sharing.E003"),
    ],
)
def test_times_that_contradict_each_other_are_refused(
    settings: Any, name: str, value: Any, error: str
) -> None:
    setattr(settings, name, value)

    assert [problem.id for problem in publishing_times_fit()] == [error]


def test_a_limit_that_is_no_number_is_refused(settings: Any) -> None:
    settings.NETWORKS_ENVIRON |= {"NETWORK_X_APP_PER_DAY": "500"}
    assert network_limits_are_numbers() == []

    settings.NETWORKS_ENVIRON |= {"NETWORK_X_APP_PER_DAY": "5 hundred"}

    [problem] = network_limits_are_numbers()
    assert problem.id == "sharing.E004"
    assert "NETWORK_X_APP_PER_DAY" in problem.msg
