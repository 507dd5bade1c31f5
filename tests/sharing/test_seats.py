"""One network that hangs leaves threads to the others."""

from typing import Any

import pytest
import responses
from django.core.cache import caches

from sharing import publishing, tasks
from sharing.models import Account, Publication, State
from sharing.publishing.seats import count_seats, seats
from tenants.models import Membership
from tests.sharing.conftest import X_POSTS, Press, fresh, make_account

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _two_seats() -> None:
    seats.most = 2
    seats.taken.update({"x": 0, "linkedin": 0})  # both were met before


@pytest.fixture
def waiting(press: Press, ana: Membership, x: Account) -> list[Publication]:
    """Three for X, of an account each."""
    others = [make_account(ana, "x", remote_id=f"x{number}") for number in range(2)]
    return [
        press(account, key=f"k{number}") for number, account in enumerate([x, *others])
    ]


def claim(publication: Publication) -> publishing.Work | None:
    return publishing.claim(publication.tenant_id, publication.pk)


def test_hanging_network_keeps_no_more_than_its_seats(
    waiting: list[Publication], press: Press, linkedin: Account
) -> None:
    first, second, third = waiting

    assert claim(first)
    assert claim(second)
    assert claim(third) is None
    assert fresh(third).state == State.READY
    assert claim(press(linkedin, key="other"))


def test_seat_given_back_goes_to_what_was_passed_over(
    waiting: list[Publication],
) -> None:
    first, second, third = waiting
    assert claim(first)
    with responses.RequestsMock() as network:
        network.post(X_POSTS, status=201, json={"data": {"id": "7"}})
        network.post(X_POSTS, status=201, json={"data": {"id": "8"}})
        second_seat = claim(second)
        assert second_seat
        tasks.publish(str(third.tenant_id), str(third.pk))
        assert fresh(third).state == State.READY

        publishing.finish(second_seat)
        tasks.publish(str(third.tenant_id), str(third.pk))

    assert fresh(third).state == State.PUBLISHED


def test_whoever_is_through_sends_what_was_passed_over(
    waiting: list[Publication],
) -> None:
    """The bell of what was passed over has been heard already."""
    seats.most = 1
    first, second, _third = waiting
    with responses.RequestsMock() as network:

        def meanwhile(_request: Any) -> tuple[int, dict[str, str], str]:
            if len(network.calls) == 0:
                tasks.publish(str(second.tenant_id), str(second.pk))
            return 201, {}, f'{{"data": {{"id": "{7 + len(network.calls)}"}}}}'

        network.add_callback(responses.POST, X_POSTS, meanwhile)
        tasks.publish(str(first.tenant_id), str(first.pk))

    assert fresh(second).state == State.PUBLISHED


def test_whoever_is_through_sends_all_that_was_passed_over(
    waiting: list[Publication],
) -> None:
    """Several bells were heard in vain while the seats were taken."""
    seats.most = 1
    first, second, third = waiting
    with responses.RequestsMock() as network:

        def meanwhile(_request: Any) -> tuple[int, dict[str, str], str]:
            if len(network.calls) == 0:
                for passed in (second, third):
                    tasks.publish(str(passed.tenant_id), str(passed.pk))
            return 201, {}, f'{{"data": {{"id": "{7 + len(network.calls)}"}}}}'

        network.add_callback(responses.POST, X_POSTS, meanwhile)
        tasks.publish(str(first.tenant_id), str(first.pk))

    assert fresh(second).state == State.PUBLISHED
    assert fresh(third).state == State.PUBLISHED


def test_thread_that_is_just_claiming_counts(waiting: list[Publication]) -> None:
    """Nothing is claimed that would have to be put back."""
    seats.most = 1
    first, *_ = waiting
    assert seats.begin() == []

    assert claim(first) is None

    assert fresh(first).token == 0
    assert seats.was_passed_over()
    seats.end()
    assert claim(first)


def test_the_only_network_gets_all_threads(waiting: list[Publication]) -> None:
    """There is nobody to keep a thread free for."""
    seats.forget()
    seats.most = 1
    first, second, _third = waiting

    assert claim(first)
    assert claim(second)


@pytest.mark.parametrize(
    ("threads", "pool", "most"),
    [(8, "threads", 6), (1, "threads", 1), (8, "prefork", None)],
)
def test_quarter_of_the_threads_is_kept_free(
    threads: int, pool: str, most: int | None
) -> None:
    class Worker:
        concurrency, pool_cls = threads, pool

    seats.most = None
    count_seats(Worker())

    assert seats.most == most


def test_round_that_has_lasted_long_enough_hands_on_what_waits_for_a_seat(
    waiting: list[Publication], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "LONGEST_ROUND", 0.0)
    seats.most = 1
    first, second, _third = waiting
    ids = str(first.tenant_id), str(first.pk)
    with responses.RequestsMock() as network:

        def meanwhile(_request: Any) -> tuple[int, dict[str, str], str]:
            tasks.publish(str(second.tenant_id), str(second.pk))
            return 201, {}, '{"data": {"id": "7"}}'

        network.add_callback(responses.POST, X_POSTS, meanwhile)
        tasks.publish(*ids)

    assert fresh(second).state == State.READY
    assert caches["bells"].get(tasks.bell(tasks.publish, first.pk))
