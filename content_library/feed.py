"""What members may share now, newest first, and where a page of it ends and goes on."""

from datetime import datetime
from uuid import UUID

from django.db.models import Prefetch, Q

from content_library.models import Item, Topic
from content_library.models.item import ItemQuerySet
from tenants.models import Tenant


def feed_items(
    tenant: Tenant, now: datetime, *, topic: Topic | None = None
) -> ItemQuerySet:
    """Return the shareable items in the feed's order, each with its ``topics`` at hand.

    Two queries however many there are; ``created_by`` and its user come along.
    """
    items = Item.objects.for_tenant(tenant).shareable(now)
    if topic is not None:
        items = items.filter(item_topics__topic=topic)
    topics = Prefetch("topics", Topic.objects.for_tenant(tenant).order_by("name"))
    return (
        items.select_related("created_by__user")
        .prefetch_related(topics)
        .order_by("-live_from", "-id")
    )


def items_from(items: ItemQuerySet, cursor: str) -> ItemQuerySet:
    """Return the feed's items after the one that ``cursor`` names; a wrong one is none."""
    place = read_cursor(cursor)
    if place is None:
        return items
    live_from, pk = place
    # The first condition is what the index can begin at.
    return items.filter(live_from__lte=live_from).filter(
        Q(live_from__lt=live_from) | Q(pk__lt=pk)
    )


def write_cursor(item: Item) -> str:
    return f"{item.live_from.isoformat()}~{item.pk}"


def read_cursor(cursor: str) -> tuple[datetime, UUID] | None:
    moment, _, pk = cursor.partition("~")
    try:
        live_from, key = datetime.fromisoformat(moment), UUID(pk)
    except ValueError:
        return None
    return (live_from, key) if live_from.tzinfo else None
