"""While the broker is away, workers look for themselves."""

from collections.abc import Iterator

import pytest
import responses

from advocacy.celery import app
from sharing import without_broker
from sharing.models import Account, State
from tests.conftest import COMMITTED
from tests.sharing.conftest import X_POSTS, Press, fresh
from tests.sharing.test_publishing import change

pytestmark = COMMITTED


@pytest.fixture
def broker_away(redis_away: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.conf, "broker_write_url", "redis://127.0.0.1:1/0")


@pytest.fixture
def network() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as network:
        network.post(X_POSTS, status=201, json={"data": {"id": "7"}})
        yield network


def test_what_is_due_goes_out_without_the_broker(
    press: Press, x: Account, network: responses.RequestsMock, broker_away: None
) -> None:
    publication = press(x)

    without_broker.carry_on()

    assert fresh(publication).state == State.PUBLISHED
    assert len(network.calls) == 1


def test_what_a_stopped_worker_held_is_freed_without_the_broker(
    press: Press, x: Account, network: responses.RequestsMock, broker_away: None
) -> None:
    publication = press(x)
    long_ago = "2026-01-01T00:00:00Z"
    change(publication, state=State.CLAIMED, lease_until=long_ago)

    without_broker.carry_on()

    assert fresh(publication).state == State.PUBLISHED


def test_with_the_broker_there_only_bells_are_heard(
    press: Press, x: Account, network: responses.RequestsMock
) -> None:
    publication = press(x)

    without_broker.carry_on()

    assert fresh(publication).state == State.READY
