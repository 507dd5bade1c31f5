"""What the curators' list shows: the items of one shelf, a page at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Prefetch

from content_library.models import Item, Shelf, Topic
from content_library.showing import Shown, first_shown, shown_media
from tenants.models import Tenant

PAGE = 20


@dataclass(frozen=True)
class Row:
    """An item and where it stands now."""

    item: Item
    shelf: Shelf
    topics: Sequence[str]
    media: Shown | None = None


@dataclass(frozen=True)
class Library:
    """One page of one shelf, and how many items stand on each."""

    shelf: Shelf
    counts: Mapping[str, int]
    page: Page
    rows: Sequence[Row]

    @property
    def is_empty(self) -> bool:
        return not any(self.counts.values())


def read_library(
    tenant: Tenant, now: datetime, *, shelf: str, words: str, page_number: str
) -> Library:
    """Return the page in three queries: the counts, the items, their topics."""
    items = Item.objects.for_tenant(tenant)
    if words:
        items = items.filter(title__icontains=words)
    counts = items.shelf_counts(now)
    chosen = Shelf(shelf) if shelf in Shelf.values else first_shelf(counts)
    topics = Prefetch("topics", Topic.objects.for_tenant(tenant).order_by("name"))
    found = items.on_shelf(chosen, now).prefetch_related(topics)
    found = found.annotate(files=shown_media(tenant))
    paginator = Paginator(found.order_by("-updated_at", "-pk"), PAGE)
    paginator.count = counts[chosen]
    page = paginator.get_page(page_number)
    return Library(chosen, counts, page, [row_of(item, chosen) for item in page])


def first_shelf(counts: Mapping[str, int]) -> Shelf:
    """Return what is live, unless there is nothing but something to finish."""
    return Shelf.DRAFT if not counts[Shelf.LIVE] and counts[Shelf.DRAFT] else Shelf.LIVE


def row_of(item: Any, shelf: Shelf) -> Row:
    names = [topic.name for topic in item.topics.all()]
    return Row(item, shelf, names, first_shown(item.files))
