from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis

from analytics import rollups
from analytics.events import Event
from analytics.ingest import store
from analytics.models import DailyRollup, LinkRollup, SharerRollup
from analytics.robots import Signs
from common.ids import uuid7
from sharing.models import Publication, State
from tenants.models import Membership, Team, Tenant
from tenants.scoping import acting_for
from tests.analytics.conftest import FIREFOX, make_item, make_link, make_publication
from tests.conftest import Join

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)
CELL = ("day", "team_id", "item_id", "network", "shares")
CLICKS = ("clicks_raw", "clicks_machine", "clicks_human")


def cells(tenant: Tenant) -> dict[str, set[Any]]:
    """Return every sum that is not nothing."""
    with acting_for(tenant):
        return {
            "days": set(
                DailyRollup.objects.for_tenant(tenant).values_list(*CELL, *CLICKS)
            ),
            "links": set(
                LinkRollup.objects.for_tenant(tenant).values_list(
                    "link_id", *CELL, *CLICKS
                )
            ),
        }


def shares_by_day(tenant: Tenant) -> dict[str, int]:
    with acting_for(tenant):
        rows = DailyRollup.objects.for_tenant(tenant).filter(shares__gt=0)
        return {str(day): shares for day, shares in rows.values_list("day", "shares")}


def change(publication: Publication, **fields: Any) -> None:
    with acting_for(publication.tenant_id):
        Publication.objects.for_tenant(publication.tenant_id).filter(
            pk=publication.pk
        ).update(**fields, updated_at=timezone.now())


def test_a_share_counts_on_the_tenants_own_day(ana: Membership, acme: Tenant) -> None:
    late = datetime(2026, 11, 9, 23, 30, tzinfo=UTC)
    make_publication(ana, make_item(acme), late)

    rollups.catch_up(acme, NOON)

    assert shares_by_day(acme) == {"2026-11-10": 1}


def test_looking_twice_counts_once(ana: Membership, acme: Tenant) -> None:
    make_publication(ana, make_item(acme), NOON)

    for _ in range(3):
        rollups.catch_up(acme, timezone.now())

    assert shares_by_day(acme) == {"2026-11-10": 1}


def test_a_removed_post_no_longer_counts(ana: Membership, acme: Tenant) -> None:
    item = make_item(acme)
    gone, kept = make_publication(ana, item, NOON), make_publication(ana, item, NOON)
    rollups.catch_up(acme, timezone.now())
    change(gone, state=State.REMOVED)

    rollups.catch_up(acme, timezone.now())
    assert shares_by_day(acme) == {"2026-11-10": 1}
    change(kept, state=State.REMOVED)
    rollups.catch_up(acme, timezone.now())
    assert cells(acme) == {"days": set(), "links": set()}


def test_a_publication_that_is_confirmed_late_counts_on_the_day_it_was_out(
    ana: Membership, acme: Tenant
) -> None:
    late = make_publication(
        ana, make_item(acme), NOON, state=State.READY, published_at=None
    )
    rollups.catch_up(acme, timezone.now())
    assert shares_by_day(acme) == {}

    change(late, state=State.PUBLISHED, published_at=NOON - timedelta(days=3))
    rollups.catch_up(acme, timezone.now())

    assert shares_by_day(acme) == {"2026-11-07": 1}


def test_sharers_are_counted_once_each_by_team_and_leavers_not(
    join: Join, acme: Tenant, globex: Tenant
) -> None:
    with acting_for(acme):
        sales = Team.objects.create(tenant=acme, name="Sales")
    people = [join(name, acme, team=sales) for name in ("ana", "bo", "cy")]
    join("dan", acme)
    item = make_item(acme)
    now = timezone.now()
    for member in people[:2]:
        make_publication(member, item, now)
        make_publication(member, item, now - timedelta(days=2))
    make_publication(people[2], item, now - timedelta(days=29))

    rollups.catch_up(acme, now)
    assert latest(acme) == {(None, 4, 2), (sales.pk, 3, 2)}

    with acting_for(acme):
        Membership.objects.for_tenant(acme).filter(pk=people[0].pk).update(
            deactivated_at=now
        )
    rollups.catch_up(acme, now)
    assert latest(acme) == {(None, 3, 1), (sales.pk, 2, 1)}
    assert latest(globex) == set()


def latest(tenant: Tenant) -> set[Any]:
    with acting_for(tenant):
        today = timezone.now().astimezone(ZoneInfo(tenant.time_zone)).date()
        rows = SharerRollup.objects.for_tenant(tenant).filter(day=today)
        return set(rows.values_list("team_id", "members", "sharers"))


def test_what_was_counted_before_the_raw_clicks_were_dropped_survives_a_rebuild(
    acme: Tenant,
) -> None:
    link = make_link(make_item(acme))
    with acting_for(acme):
        DailyRollup.objects.create(
            tenant=acme,
            day=(timezone.now() - timedelta(days=60)).date(),
            item_id=link.item_id,
            network="x",
            clicks_raw=9,
            clicks_human=7,
        )
    before = cells(acme)

    call_command("rebuild_rollups", tenant="acme")

    assert cells(acme) == before


def event(
    tenant: Tenant, link: Any, age: timedelta, visitor: int, method: str
) -> Event:
    return Event(
        id=uuid7(),
        at=timezone.now() - age,
        link=link.pk,
        tenant=tenant.pk,
        signs=Signs(method, FIREFOX),
        visitor=bytes([visitor]),
    )


CLICK = st.tuples(
    st.integers(0, 2),
    st.integers(0, 60 * 24 * 20),
    st.integers(0, 5),
    st.sampled_from(["GET", "GET", "HEAD"]),
)
SHARE = st.tuples(
    st.integers(0, 60 * 24 * 40), st.sampled_from(["published", "removed"])
)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.lists(CLICK, max_size=12), max_size=4), st.lists(SHARE, max_size=5))
def test_sums_built_anew_equal_those_that_grew(
    ana: Membership, acme: Tenant, batches: list[Any], shares: list[Any]
) -> None:
    with transaction.atomic():
        grow(ana, acme, batches, shares)
        grown = cells(acme)

        rollups.rebuild(acme, timezone.now())

        assert cells(acme) == grown
        assert sum(row[-3] for row in grown["days"]) == sum(map(len, batches))
        assert all(row[-3] >= row[-2] + row[-1] for row in grown["days"])
        transaction.set_rollback(True)


def grow(ana: Membership, acme: Tenant, batches: list[Any], shares: list[Any]) -> None:
    """Let clicks and shares come in as they do in life."""
    links = [make_link(make_item(acme), network=network) for network in ("x", "y", "z")]
    for batch in batches:
        clicks = [
            event(acme, links[which], timedelta(minutes=age), visitor, method)
            for which, age, visitor, method in batch
        ]
        assert store(acme, clicks, timezone.now()) == len(clicks)
    for age, state in shares:
        made = make_publication(
            ana, make_item(acme), timezone.now() - timedelta(minutes=age)
        )
        rollups.catch_up(acme, timezone.now())
        change(made, state=state)
    rollups.catch_up(acme, timezone.now())


def test_a_tenants_sums_have_one_writer_and_another_tenants_are_untouched(
    ana: Membership,
    eve: Membership,
    acme: Tenant,
    globex: Tenant,
    redis: Redis,
) -> None:
    make_publication(eve, make_item(globex), NOON)
    rollups.catch_up(globex, timezone.now())
    before = cells(globex)

    rollups.rebuild(acme, timezone.now())

    assert cells(globex) == before
    assert cells(acme) == {"days": set(), "links": set()}
