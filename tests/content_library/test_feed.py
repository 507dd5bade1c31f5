"""What members may share now, newest first."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection

from content_library.feed import feed_items, items_from, write_cursor
from content_library.models import Item, ItemTopic, Shelf, Topic
from tenants.models import Membership, Tenant
from tenants.scoping import acting_for

from .conftest import ADDRESS, NOON, Write

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def titles(tenant: Tenant, now: datetime = NOON) -> list[str]:
    with acting_for(tenant):
        return [item.title for item in feed_items(tenant, now)]


def many(tenant: Tenant, count: int, *, at: datetime | None = None) -> list[Item]:
    """Approve ``count`` items, an hour apart or all ``at`` one moment."""
    with acting_for(tenant):
        return Item.objects.bulk_create(
            Item(
                tenant=tenant,
                title=f"Item {number:04}",
                source_url=ADDRESS,
                state=Item.State.APPROVED,
                approved_at=at or NOON - number * HOUR,
            )
            for number in range(count)
        )


def test_the_feed_shows_what_is_approved_and_in_its_window(
    write: Write, cora: Membership, eve: Membership, acme: Tenant
) -> None:
    write(eve, "Another tenant", approve=True)
    write(cora, "Draft")
    write(cora, "Over", approve=True, now=NOON - 2 * HOUR, ends_at=NOON)
    write(cora, "Not yet", approve=True, starts_at=NOON + HOUR)
    write(cora, "Begun", approve=True, starts_at=NOON, ends_at=NOON + HOUR)
    write(cora, "Always", approve=True, now=NOON - HOUR)

    assert titles(acme) == ["Begun", "Always"]


def test_an_item_approved_weeks_ahead_arrives_at_the_top(
    write: Write, cora: Membership, acme: Tenant
) -> None:
    write(cora, "Planned", approve=True, now=NOON - 500 * HOUR, starts_at=NOON)
    write(cora, "Yesterday", approve=True, now=NOON - 24 * HOUR)

    assert titles(acme) == ["Planned", "Yesterday"]


def test_a_window_opens_at_the_hour_meant_on_both_sides_of_summer_time(
    write: Write, cora: Membership, acme: Tenant
) -> None:
    before = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 02:30, the first time
    again = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)  # 02:30, once more
    write(cora, "Night", approve=True, starts_at=again)

    assert titles(acme, before) == []
    assert titles(acme, again) == ["Night"]


@pytest.mark.parametrize("shelf", Shelf)
def test_the_database_and_python_agree_where_an_item_stands(
    shelf: Shelf, write: Write, cora: Membership, acme: Tenant
) -> None:
    long_ago = NOON - 100 * HOUR
    for start in (None, NOON - HOUR, NOON, NOON + HOUR):
        for end in (None, NOON - HOUR / 2, NOON, NOON + 2 * HOUR):
            if start and end and end <= start:
                continue
            for approve in (True, False):
                write(cora, approve=approve, now=long_ago, starts_at=start, ends_at=end)
    with acting_for(acme):
        rows = Item.objects.for_tenant(acme)
        rows.filter(pk=rows.shareable(NOON).first().pk).update(state="archived")

        found = set(rows.on_shelf(shelf, NOON))

        assert found == {item for item in rows if item.shelf(NOON) == shelf}
        assert rows.shelf_counts(NOON)[shelf] == len(found)


def test_pages_follow_each_other_without_gap_or_repetition(acme: Tenant) -> None:
    expected = [item.pk for item in many(acme, 5)]
    expected += sorted((i.pk for i in many(acme, 5, at=NOON - 9 * HOUR)), reverse=True)
    seen: list[UUID] = []
    cursor, sizes = "", []

    with acting_for(acme):
        while page := list(items_from(feed_items(acme, NOON), cursor)[:4]):
            seen += [item.pk for item in page]
            sizes.append(len(page))
            cursor = write_cursor(page[-1])

    assert seen == expected
    assert sizes == [4, 4, 2]


@pytest.mark.parametrize(
    "cursor", ["x", "~", "2026-09-01~x", "\x00~", "2026-09-01T12:00:00~" + "0" * 32]
)
def test_a_cursor_that_is_none_of_ours_begins_at_the_top(
    cursor: str, acme: Tenant
) -> None:
    many(acme, 2)

    with acting_for(acme):
        assert len(items_from(feed_items(acme, NOON), cursor)) == 2


def test_a_topic_narrows_the_feed(write: Write, cora: Membership, acme: Tenant) -> None:
    write(cora, "About wind", approve=True, topics=["Wind", "Jobs"])
    write(cora, "About jobs", approve=True, topics=["Jobs"])

    with acting_for(acme):
        wind = Topic.objects.for_tenant(acme).get(name="Wind")
        found = feed_items(acme, NOON, topic=wind)

        assert [item.title for item in found] == ["About wind"]
        assert [topic.name for topic in found[0].topics.all()] == ["Jobs", "Wind"]


def test_two_queries_whatever_the_number_of_items(
    acme: Tenant, django_assert_num_queries
) -> None:
    items = many(acme, 30)
    with acting_for(acme):
        topic = Topic.objects.create(tenant=acme, name="Wind")
        ItemTopic.objects.bulk_create(
            ItemTopic(tenant=acme, item=item, topic=topic) for item in items
        )

    with acting_for(acme), django_assert_num_queries(2):
        page = feed_items(acme, NOON)[:25]
        assert [t.name for item in page for t in item.topics.all()]


@pytest.mark.parametrize("depth", [0, 1990])
def test_two_thousand_items_are_read_by_index_from_where_the_page_begins(
    depth: int, acme: Tenant
) -> None:
    items = many(acme, 2000)
    with acting_for(acme):
        items[depth].refresh_from_db()
        rows = items_from(feed_items(acme, NOON), write_cursor(items[depth]))
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE content_library_item")
        plan = rows[:21].explain()

    assert "item_feed" in plan
    assert "Sort" not in plan
