"""Against networks that count for themselves: hardly a call too many, and all that fit."""

import time
from typing import Any
from uuid import uuid4

import pytest

from sharing import budgets
from sharing.configured import connector_for
from sharing.connectors.errors import ConnectorError
from sharing.connectors.rates import DAY
from sharing.sandbox import Sandbox
from tests.conftest import COMMITTED
from tests.sandbox.walking import connect, post_of
from tests.sharing.test_budgets import all_at_once

TENANTS = uuid4(), uuid4()
PEOPLE = "Signe Holm", "Ole Berg", "Ida Krog", "Bo Friis"
SENDERS = 12
NOON = 12 * 3600 + 450


@pytest.fixture
def sandbox(settings: Any) -> Any:
    with Sandbox() as running:
        # Noon and seven minutes there: no quarter of an hour and no day ends under way.
        running.advance((NOON - time.time()) % DAY)
        settings.NETWORKS_ENVIRON = {
            f"NETWORK_{network}_{name}": value
            for network in ("X", "LINKEDIN")
            for name, value in (
                ("CLIENT_ID", "demo-client"),
                ("CLIENT_SECRET", "demo-secret"),
                ("BASE_URL", running.url),
            )
        }
        yield running


def send_all(sandbox: Sandbox, network: str) -> None:
    """Let senders of two tenants post for four people until nothing more may leave."""
    connector = connector_for(network)
    accounts = [connect(sandbox, network, person) for person in PEOPLE]

    def act(place: int) -> None:
        tokens, profile = accounts[place % len(accounts)]
        tenant = TENANTS[place % len(TENANTS)]
        windows = budgets.windows_of(connector, tenant, profile.remote_id)
        for number in range(100):
            if budgets.reserve(windows) is not None:
                return
            post = post_of(connector, f"From {place}, no {number}")
            try:
                budgets.heed(
                    windows, connector.publish(tokens, profile.remote_id, post)
                )
            except ConnectorError as error:
                budgets.heed(windows, error)

    all_at_once(SENDERS, act)


def refused(sandbox: Sandbox) -> int:
    return sum(one["status"] == 429 for one in sandbox.requests)


@COMMITTED
def test_x_tells_what_remains_and_refuses_nothing(sandbox: Sandbox) -> None:
    sandbox.limit(x_per_quarter_hour=25, x_app_per_day=1000)

    send_all(sandbox, "x")

    assert refused(sandbox) == 0
    assert len(sandbox.posts()) == 25 * len(PEOPLE)


@COMMITTED
def test_x_s_app_is_not_used_to_its_last_call(sandbox: Sandbox) -> None:
    sandbox.limit(x_per_quarter_hour=100, x_app_per_day=200)

    send_all(sandbox, "x")

    assert refused(sandbox) == 0
    assert len(sandbox.posts()) == 180


@COMMITTED
def test_linkedin_tells_nothing_and_is_asked_once_more_by_each_who_is_under_way(
    sandbox: Sandbox,
) -> None:
    sandbox.limit(linkedin_per_day=30)

    send_all(sandbox, "linkedin")

    assert len(sandbox.posts()) == 30 * len(PEOPLE)
    assert len(PEOPLE) <= refused(sandbox) <= SENDERS


@COMMITTED
def test_linkedin_s_own_limits_are_kept_without_being_told(
    sandbox: Sandbox, settings: Any
) -> None:
    sandbox.limit(linkedin_per_day=30)
    settings.NETWORKS_ENVIRON |= {"NETWORK_LINKEDIN_ACCOUNT_PER_DAY": "30"}

    send_all(sandbox, "linkedin")

    assert refused(sandbox) == 0
    assert len(sandbox.posts()) == 27 * len(PEOPLE)
