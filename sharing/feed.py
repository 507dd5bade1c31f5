"""What a member's feed shows. Reads only, and in a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from common.composed import composed
from content_library.feed import feed_items, items_from, write_cursor
from content_library.models import Item, ItemTopic, Topic
from content_library.showing import Shown, first_shown, shown_media
from sharing.models import Account, Draft, Publication, Share, State
from sharing.pacing import FOR_LATER
from sharing.saying import when_about
from tenants.models import Membership, Tenant

PAGE = 12
HUES, SCENES = 6, 3


@dataclass(frozen=True)
class Wish:
    """What the member asked to see."""

    topic: Topic | None = None
    unshared: bool = False
    cursor: str = ""

    @property
    def is_filtered(self) -> bool:
        return self.topic is not None or self.unshared


@dataclass(frozen=True)
class Card:
    """One item in the feed and what the member has done with it."""

    item: Item
    topics: Sequence[str]
    shared_at: datetime | None
    has_draft: bool
    goes_out: str = ""
    media: Shown | None = None

    @property
    def art(self) -> str:
        return art(self.item)


@dataclass(frozen=True)
class Page:
    cards: Sequence[Card]
    more: str


def read_page(membership: Membership, wish: Wish, now: datetime) -> Page:
    """Return a page of cards, the newest first, and where the next page begins."""
    rows = list(wished(membership, wish, now)[: PAGE + 1])
    cards = [
        Card(
            row,
            row.topic_names,
            row.shared_at,
            row.has_draft,
            when_about(row.goes_out_at, now) if row.goes_out_at else "",
            first_shown(row.files),
        )
        for row in rows[:PAGE]
    ]
    return Page(cards, write_cursor(rows[PAGE - 1]) if len(rows) > PAGE else "")


def wished(membership: Membership, wish: Wish, now: datetime) -> Any:
    """Return the items asked for, with all that a card shows, in one query."""
    tenant = membership.tenant
    here = {"item": OuterRef("pk"), "membership": membership}
    # A share that was stopped or refused everywhere is none.
    stands = Publication.objects.for_tenant(tenant).filter(share=OuterRef("pk"))
    stands = stands.exclude(state__in=[State.CANCELLED, State.FAILED])
    mine = Share.objects.for_tenant(tenant).filter(Exists(stands), **here)
    waiting = Publication.objects.for_tenant(tenant).filter(
        state=State.READY, reason__in=FOR_LATER, **here
    )
    drafts = Draft.objects.for_tenant(tenant).filter(**here)
    names = Topic.objects.for_tenant(tenant).filter(item_topics__item=OuterRef("pk"))
    items = feed_items(tenant, now, topic=wish.topic).prefetch_related(None)
    if wish.unshared:
        items = items.filter(~Exists(mine))
    return items_from(items, wish.cursor).annotate(
        topic_names=ArraySubquery(names.order_by("name").values("name")),
        shared_at=Subquery(mine.order_by("-created_at").values("created_at")[:1]),
        goes_out_at=Subquery(waiting.order_by("not_before").values("not_before")[:1]),
        has_draft=Exists(drafts),
        files=shown_media(tenant),
    )


def topics_in_use(tenant: Tenant, now: datetime) -> list[Topic]:
    """Return the topics of what can be shared now, by name."""
    live = Item.objects.for_tenant(tenant).shareable(now)
    used = ItemTopic.objects.for_tenant(tenant).filter(item__in=live)
    topics = Topic.objects.for_tenant(tenant)
    return list(topics.filter(pk__in=used.values("topic")).order_by("name", "pk"))


def own_accounts(membership: Membership) -> list[Account]:
    """Return the member's accounts, those that need a hand included."""
    return accounts_of(membership.tenant_id, membership.pk)


@composed
def accounts_of(tenant_id: UUID, membership_id: UUID) -> QuerySet[Account]:
    accounts = Account.objects.for_tenant(tenant_id)
    mine = accounts.filter(membership=membership_id).connected()
    return mine.order_by("network", "pk")


def art(item: Item) -> str:
    """Return the classes of the drawing that stands in for a missing picture."""
    number = item.pk.int
    return f"art--{number % HUES + 1} art--scene-{number // HUES % SCENES + 1}"


def greeting(hour: int, name: str) -> str:
    """Return the words for the time of day."""
    if 5 <= hour < 12:
        return _("Good morning, %(name)s") % {"name": name}
    if 12 <= hour < 18:
        return _("Good afternoon, %(name)s") % {"name": name}
    return _("Good evening, %(name)s") % {"name": name}
