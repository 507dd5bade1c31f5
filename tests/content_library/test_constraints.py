"""What the database itself refuses of a library."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from content_library.models import Item, ItemMedia, ItemTopic, SuggestedText, Topic
from tenants.models import Membership, Tenant
from tenants.scoping import acting_for

from .conftest import ADDRESS, NOON, Write

pytestmark = pytest.mark.django_db


@pytest.fixture
def item(write: Write, cora: Membership) -> Item:
    return write(cora, topics=["Wind"])


@pytest.fixture
def theirs(write: Write, eve: Membership) -> Item:
    return write(eve, topics=["Wind"])


def new_item(tenant: Tenant, **values: Any) -> Item:
    return Item.objects.create(tenant=tenant, title="T", source_url=ADDRESS, **values)


def new_media(tenant: Tenant, **values: Any) -> ItemMedia:
    values = {"kind": "image", "size": 1} | values
    return ItemMedia.objects.create(tenant=tenant, **values)


BROKEN: dict[str, Callable[[Tenant, Item, Item], Any]] = {
    "item_approved_has_moment": lambda t, i, o: new_item(t, state="approved"),
    "item_window_ends_after_start": lambda t, i, o: new_item(
        t, starts_at=NOON, ends_at=NOON
    ),
    "item_topic_once": lambda t, i, o: ItemTopic.objects.create(
        tenant=t, item=i, topic=i.topics.get()
    ),
    "topic_name_unique": lambda t, i, o: Topic.objects.create(tenant=t, name="WIND"),
    "item_created_by_id_same_tenant": lambda t, i, o: new_item(
        t, created_by_id=o.created_by_id
    ),
    "itemtopic_item_id_same_tenant": lambda t, i, o: ItemTopic.objects.create(
        tenant=t, item=o, topic=i.topics.get()
    ),
    "suggestedtext_item_id_same_tenant": lambda t, i, o: SuggestedText.objects.create(
        tenant=t, item=o, text="Stolen"
    ),
    "itemmedia_item_id_same_tenant": lambda t, i, o: new_media(t, item=o),
    "item_media_removed_has_no_item": lambda t, i, o: new_media(
        t, item=i, removed_at=NOON
    ),
    "item_media_is_not_empty": lambda t, i, o: new_media(t, item=i, size=0),
}


@pytest.mark.parametrize("constraint", BROKEN)
def test_the_database_refuses(
    constraint: str, acme: Tenant, item: Item, theirs: Item
) -> None:
    with (
        acting_for(acme),
        pytest.raises(IntegrityError, match=constraint),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        BROKEN[constraint](acme, item, theirs)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_two_tenants_may_have_the_same_topic(
    acme: Tenant, item: Item, theirs: Item
) -> None:
    with acting_for(acme):
        assert [topic.name for topic in Topic.objects.for_tenant(acme)] == ["Wind"]
