"""Tenants take turns, whoever rang and however long a queue is."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
import responses
from django.db.models.functions import Now
from django.utils import timezone

from sharing import services, tasks
from sharing.models import Publication, State
from sharing.publishing.claiming import next_by_turns
from sharing.turns import MANY, Turns, turns
from tenants.models import Membership
from tenants.scoping import acting_for
from tests.sharing.conftest import X_POSTS, fresh, make_account, make_item
from tests.sharing.test_publishing import change

pytestmark = pytest.mark.django_db
Queue = Callable[[Membership, int], list[Publication]]


@pytest.fixture
def queue() -> Queue:
    """Return a function that lets a member press for as many accounts."""

    def queue(member: Membership, count: int) -> list[Publication]:
        item = make_item(member.tenant)
        parts = [
            services.Part(make_account(member, "x", remote_id=f"x{number}"), "Mine.")
            for number in range(count)
        ]
        with acting_for(member.tenant):
            share = services.share_item(
                by=member,
                item=item,
                parts=parts,
                idempotency_key="k",
                now=timezone.now(),
            )
            return list(share.publications.order_by("not_before", "pk"))

    return queue


def served(count: int) -> list[UUID]:
    """Return the tenants of the next publications."""
    works = [next_by_turns() for _ in range(count)]
    return [work.publication.tenant_id for work in works if work]


def test_long_queue_of_one_tenant_delays_another_by_one_turn(
    queue: Queue, ana: Membership, eve: Membership
) -> None:
    queue(ana, MANY + 5)
    assert served(3) == [ana.tenant_id] * 3

    queue(eve, 2)
    turns.forget()  # what another process sees, or this one a moment later

    acme, globex = ana.tenant_id, eve.tenant_id
    assert sorted(served(4)) == sorted([acme, globex] * 2)
    assert served(2) == [acme] * 2


def test_every_publication_gets_its_turn(
    queue: Queue, ana: Membership, eve: Membership
) -> None:
    waiting = queue(ana, MANY + 5) + queue(eve, 3)

    assert len(served(len(waiting) + 5)) == len(waiting)
    assert {fresh(one).state for one in waiting} == {State.CLAIMED}


def test_what_waited_longest_goes_first(queue: Queue, ana: Membership) -> None:
    *_, newest = queue(ana, 3)
    change(newest, not_before=Now() - timedelta(hours=1))

    work = next_by_turns()

    assert work is not None
    assert work.publication.pk == newest.pk


def test_bell_of_what_is_gone_serves_what_has_none(
    queue: Queue, ana: Membership, eve: Membership
) -> None:
    """A look of this very moment may not have seen what was pressed after it."""
    [first] = queue(ana, 1)
    turns.next(look_since=0)
    change(first, state=State.CANCELLED)
    [pressed_since] = queue(eve, 1)

    with responses.RequestsMock() as network:
        network.post(X_POSTS, status=201, json={"data": {"id": "7"}})
        tasks.publish(str(first.tenant_id), str(first.pk))

    assert fresh(pressed_since).state == State.PUBLISHED


def test_tenant_whose_rows_may_not_go_costs_the_others_nothing(
    queue: Queue, ana: Membership, eve: Membership
) -> None:
    first, *_ = queue(ana, 1)
    change(first, state=State.UNKNOWN, sending_at=Now(), unknown_since=Now())
    behind = queue_behind(first)
    queue(eve, 2)

    assert served(4) == [eve.tenant_id] * 2
    assert fresh(behind).state == State.READY


def queue_behind(first: Publication) -> Publication:
    """Press once more for the same account."""
    with acting_for(first.tenant_id):
        share = services.share_item(
            by=first.membership,
            item=first.item,
            parts=[services.Part(first.account, "Once more.")],
            idempotency_key="again",
            now=timezone.now(),
        )
        return share.publications.get()


def test_who_was_served_longest_ago_comes_first(
    queue: Queue, ana: Membership, eve: Membership
) -> None:
    queue(ana, 3)
    queue(eve, 3)
    ring = Turns()
    first = ring.next(look_since=0)
    ring.looked_at = float("-inf")

    assert ring.next(look_since=0) != first
