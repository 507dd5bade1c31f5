"""A wait that ends in quiet hours goes on until they are over."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import responses
from django.db.models.functions import Now

from sharing import publishing, services
from sharing.models import (
    Account,
    Budget,
    Publication,
    PublishingGate,
    Reason,
    SharingRules,
    State,
)
from sharing.publishing.claiming import next_by_turns
from sharing.publishing.marking import put_off
from sharing.scheduling import wall
from sharing.turns import turns
from tenants.models import Membership, Tenant
from tenants.scoping import acting_for
from tests.sharing.conftest import X_POSTS, Press, fresh
from tests.sharing.test_publishing import change

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def quiet(acme: Tenant) -> datetime:
    """It is quiet from an hour ago until in two hours; return when it ends."""
    now = datetime.now(UTC)
    ends = (now + 2 * HOUR).replace(second=0, microsecond=0)
    with acting_for(acme):
        SharingRules.objects.create(
            tenant=acme,
            quiet_from=wall(now - HOUR, acme.time_zone).time().replace(microsecond=0),
            quiet_until=wall(ends, acme.time_zone).time(),
        )
    return ends


def sent(publication: Publication, status: int, **headers: str) -> Publication:
    """Let the network answer once."""
    with responses.RequestsMock() as network:
        network.post(X_POSTS, status=status, headers=headers, json={})
        publishing.publish(publication.tenant_id, publication.pk)
    return fresh(publication)


@pytest.fixture
def waiting(press: Press, x: Account) -> Publication:
    return press(x)


def test_what_the_network_put_off_into_quiet_hours_goes_out_after_them(
    waiting: Publication, quiet: datetime
) -> None:
    row = sent(waiting, 429, **{"Retry-After": "60"})

    assert (row.state, row.reason) == (State.READY, Reason.QUIET_HOURS)
    assert row.not_before == quiet


def test_wait_that_ends_later_than_the_quiet_hours_keeps_its_time(
    waiting: Publication, quiet: datetime
) -> None:
    row = sent(waiting, 429, **{"Retry-After": str(4 * 3600)})

    assert row.reason == Reason.RATE_LIMITED
    assert row.not_before > quiet + HOUR


def test_budget_that_opens_in_quiet_hours_is_used_after_them(
    waiting: Publication, quiet: datetime
) -> None:
    work = publishing.claim(waiting.tenant_id, waiting.pk)
    assert work

    put_off(work.publication, Reason.RATE_LIMITED, datetime.now(UTC) + HOUR)

    assert fresh(waiting).not_before == quiet


def test_neighbours_quiet_hours_are_not_ours(
    waiting: Publication, globex: Tenant, quiet: datetime, acme: Tenant
) -> None:
    with acting_for(acme):
        SharingRules.objects.for_tenant(acme).update(tenant_id=acme.pk, quiet_from=None,
                                                     quiet_until=None)  # fmt: skip
    with acting_for(globex):
        SharingRules.objects.create(tenant=globex, quiet_weekend=True,
                                    quiet_from="00:00", quiet_until="23:59")  # fmt: skip

    assert sent(waiting, 429, **{"Retry-After": "60"}).reason == Reason.RATE_LIMITED


# -- A day of trying -------------------------------------------------------------------------


def days_old(publication: Publication) -> None:
    change(publication, created_at=Now() - timedelta(days=3))


def test_what_was_tried_for_a_day_is_given_to_its_member(waiting: Publication) -> None:
    days_old(waiting)

    assert sent(waiting, 429).state == State.NEEDS_USER


def test_what_its_member_released_has_a_day_of_its_own(
    waiting: Publication, ana: Membership
) -> None:
    days_old(waiting)
    asked = sent(waiting, 429)
    with acting_for(ana.tenant_id):
        assert services.retry(publication=asked, by=ana)
    Budget.objects.update(closed_until=None)  # a minute later

    assert sent(waiting, 429).state == State.READY


# -- A closed gate -----------------------------------------------------------------------------


def test_closed_gate_leaves_nobody_a_turn(waiting: Publication, settings: Any) -> None:
    PublishingGate.objects.create(is_open=False, changed_at=Now())

    assert turns.next(look_since=float("inf")) is None
    assert next_by_turns() is None
