"""What must not go out any more is stopped at once, not at its time; its owner is told."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from content_library.models import Item
from content_library.services import archive_item
from notifications.models import Notice
from sharing import connecting, services, tasks, withdrawing
from sharing.models import Account, Publication, Reason, State, TrackedLink
from sharing.models import Share as ShareRow
from sharing.publishing.moving import move
from sharing.publishing.sql import NOW, after
from tenants.models import Membership, Tenant
from tenants.people import deactivate_member
from tenants.scoping import acting_for
from tests.sharing.conftest import fresh, make_account, make_item

pytestmark = pytest.mark.django_db

TOMORROW = timedelta(days=1)
Share = Callable[..., Publication]


MAY_BE_OUT: list[tuple[str, dict[str, Any]]] = [
    (State.SENDING, {"lease_until": after(TOMORROW), "sending_at": NOW}),
    (State.UNKNOWN, {"unknown_since": NOW}),
    (State.PENDING, {"handle": {"job": "1"}}),
    (State.NEEDS_USER, {"reason": Reason.UNCONFIRMED}),
]


@pytest.fixture
def item(acme: Tenant) -> Item:
    return make_item(acme, ends_at=timezone.now() + 30 * TOMORROW)


@pytest.fixture
def later(ana: Membership, item: Item, x: Account) -> Publication:
    """A share of Ana's that waits for tomorrow."""
    return share(ana, item, x, timezone.now() + TOMORROW)


@pytest.fixture(autouse=True)
def _untouched(eve: Membership, globex: Tenant) -> Any:
    """The same at Globex, which nothing here may touch."""
    account = make_account(eve, "x")
    theirs = share(eve, make_item(globex), account, timezone.now() + TOMORROW)
    yield
    assert fresh(theirs).state == State.READY
    assert notices(globex) == []


def share(
    member: Membership,
    item: Item,
    account: Account,
    at: datetime | None = None,
    key: str = "k1",
) -> Publication:
    with acting_for(member.tenant_id):
        made = services.share_item(
            by=member,
            item=item,
            parts=[services.Part(account, "I held the torch.")],
            idempotency_key=key,
            now=timezone.now(),
            scheduled_at=at,
        )
        return made.publications.get()


def notices(tenant: Tenant) -> list[Notice]:
    with acting_for(tenant):
        return list(Notice.objects.for_tenant(tenant).order_by("pk"))


def change(row: Any, **fields: object) -> None:
    """Write to the row as whoever owns it would."""
    with acting_for(row.tenant_id):
        type(row).objects.for_tenant(row.tenant_id).filter(pk=row.pk).update(**fields)


def put(publication: Publication, state: str, reason: str = "", **fields: Any) -> None:
    """Bring the publication into the state."""
    with acting_for(publication.tenant_id):
        assert move(publication, state, reason=reason, **fields)


def test_recalled_item_stops_what_waits_for_tomorrow_and_tells_its_owner_once(
    later: Publication, item: Item, cora: Membership
) -> None:
    with acting_for(item.tenant_id):
        archive_item(by=cora, item=item)

    stopped = [withdrawing.withdraw() for _ in range(2)]

    assert stopped == [1, 0]
    row = fresh(later)
    assert (row.state, row.reason) == (State.CANCELLED, Reason.ITEM_CLOSED)
    (notice,) = notices(cora.tenant)
    assert notice.membership_id == later.membership_id
    assert "withdrawn" in notice.words


def test_shortened_window_stops_what_lies_behind_it_and_nothing_else(
    later: Publication, item: Item, ana: Membership, x: Account
) -> None:
    soon = share(ana, item, x, timezone.now() + timedelta(hours=2), key="k2")
    change(item, ends_at=timezone.now() + timedelta(hours=5))

    withdrawing.withdraw()

    assert fresh(later).reason == Reason.ITEM_CLOSED
    assert fresh(soon).state == State.READY


def test_window_that_opens_later_stops_what_would_go_out_before(
    later: Publication, item: Item
) -> None:
    change(item, starts_at=timezone.now() + 2 * TOMORROW)

    withdrawing.withdraw()

    assert fresh(later).reason == Reason.ITEM_CLOSED


def test_window_that_opens_before_its_time_lets_it_wait(
    later: Publication, item: Item
) -> None:
    change(item, starts_at=timezone.now() + TOMORROW / 2)

    assert withdrawing.withdraw() == 0
    assert fresh(later).state == State.READY


def test_wait_that_the_network_asked_for_does_not_count_as_its_time(
    later: Publication, item: Item
) -> None:
    put(later, State.READY, Reason.RATE_LIMITED, not_before=after(TOMORROW))
    change(item, ends_at=timezone.now() + timedelta(hours=5))

    assert withdrawing.withdraw() == 0


@pytest.mark.parametrize("reason", [Reason.RECONNECT, Reason.GAVE_UP])
def test_expired_item_ends_the_wait_for_the_member(
    later: Publication, item: Item, reason: str
) -> None:
    put(later, State.NEEDS_USER, reason)
    change(item, ends_at=timezone.now())

    withdrawing.withdraw()

    assert fresh(later).state == State.CANCELLED


def test_claimed_row_is_taken_from_its_worker(later: Publication, item: Item) -> None:
    put(later, State.CLAIMED, bump=True, lease_until=after(TOMORROW))
    change(item, state=Item.State.ARCHIVED)

    withdrawing.withdraw()

    assert fresh(later).state == State.CANCELLED


def test_what_may_be_out_is_never_touched(later: Publication, item: Item) -> None:
    put(later, State.CLAIMED, lease_until=after(TOMORROW))
    change(item, state=Item.State.ARCHIVED)

    for state, fields in MAY_BE_OUT:
        put(later, state, **fields)
        assert withdrawing.withdraw() == 0
        assert fresh(later).state == state

    [asked] = notices(item.tenant)
    assert asked.kind == Notice.Kind.TO_DO


def test_disconnecting_stops_at_once_and_tells_nobody_what_they_know(
    later: Publication, x: Account, ana: Membership, settings: Any
) -> None:
    with acting_for(ana.tenant):
        connecting.forget(x, ana, timezone.now())

    assert fresh(later).reason == Reason.ACCOUNT_GONE
    withdrawing.withdraw()
    assert notices(ana.tenant) == []


def test_press_beside_a_disconnect_is_stopped_by_the_sweep(
    later: Publication, x: Account
) -> None:
    change(x, state="disconnected", access_token=b"", refresh_token=b"")

    assert withdrawing.withdraw() == 1
    assert fresh(later).reason == Reason.ACCOUNT_GONE


def test_what_a_leaver_had_waiting_is_stopped_and_nobody_is_told(
    later: Publication, ana: Membership, ada: Membership
) -> None:
    with acting_for(ana.tenant):
        deactivate_member(membership=ana, by=ada, now=timezone.now())

    withdrawing.withdraw()

    assert fresh(later).reason == Reason.MEMBER_LEFT
    assert notices(ana.tenant) == []


def test_closed_workplace_stops_what_waits_in_it(
    later: Publication, acme: Tenant
) -> None:
    Tenant.objects.filter(pk=acme.pk).update(is_active=False)

    withdrawing.withdraw()

    assert fresh(later).reason == Reason.TENANT_CLOSED


def test_own_cancel_tells_nobody(later: Publication, ana: Membership) -> None:
    with acting_for(ana.tenant):
        services.cancel_publication(publication=later, by=ana)

    assert withdrawing.withdraw() == 0
    assert notices(ana.tenant) == []


def test_what_may_go_out_is_left_alone(later: Publication) -> None:
    assert withdrawing.withdraw() == 0
    assert fresh(later).state == State.READY


def test_sweep_withdraws(later: Publication, item: Item) -> None:
    change(item, state=Item.State.ARCHIVED)

    tasks.sweep()

    assert fresh(later).state == State.CANCELLED


def test_what_is_finished_is_not_even_looked_at(
    later: Publication, acme: Tenant
) -> None:
    """Whatever there is of it: each waiting state has an index of its own."""
    finish_many_like(later)
    values = {"tenant": acme.pk, "batch": 1} | withdrawing.REASONS
    with acting_for(acme), connection.cursor() as cursor:
        cursor.execute(
            "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off"
        )
        cursor.execute(f"EXPLAIN {withdrawing.TO_WITHDRAW}", values)
        plan = " ".join(line for (line,) in cursor.fetchall())

    used = set(re.findall(r"using (\w+) on sharing_publication", plan))
    assert used
    assert used <= PARTIAL
    assert "Seq Scan on sharing_publication" not in plan


def finish_many_like(later: Publication) -> None:
    """So that an index of everything is worth avoiding, whatever statistics there are."""
    kept = {"tenant_id": later.tenant_id, "item_id": later.item_id, "network": "x"}
    links = [
        TrackedLink(**kept, code=f"many{number}", target_url="https://a.example/")
        for number in range(600)
    ]
    by = {"membership_id": later.membership_id}
    shares = [
        ShareRow(tenant_id=later.tenant_id, item_id=later.item_id, **by,
                 idempotency_key=f"many{number}")
        for number in range(600)
    ]  # fmt: skip
    done = [
        Publication(**kept, **by, share=one, link=link, account_id=later.account_id,
                    state=State.CANCELLED, not_before=later.not_before, text="x" * 200)
        for one, link in zip(shares, links, strict=True)
    ]  # fmt: skip
    with acting_for(later.tenant_id):
        TrackedLink.objects.bulk_create(links)
        ShareRow.objects.bulk_create(shares)
        Publication.objects.bulk_create(done)


PARTIAL = {
    rule.name
    for rule in [*Publication._meta.indexes, *Publication._meta.constraints]
    if getattr(rule, "condition", None)
}
