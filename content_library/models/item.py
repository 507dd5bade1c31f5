"""One thing worth sharing, from draft to archive."""

from datetime import datetime
from pathlib import PurePosixPath
from typing import Self

from django.db import models
from django.db.models import Count, Q
from django.db.models.functions import Greatest
from django.utils.translation import gettext_lazy as _

from common.ids import random_code
from content_library.models.topic import Topic
from tenants.models import Membership
from tenants.scoping import TenantForeignKey, TenantModel, TenantQuerySet


def image_path(item: "Item", filename: str) -> str:
    """Return where a picture lives: under its tenant, by a name nobody can guess."""
    return f"t/{item.tenant_id}/items/{random_code(24)}.jpg"


class Shelf(models.TextChoices):
    """Where an item stands in the library at a moment: its state and its window."""

    DRAFT = "draft", _("Drafts")
    LIVE = "live", _("Live")
    SCHEDULED = "scheduled", _("Scheduled")
    EXPIRED = "expired", _("Expired")
    ARCHIVED = "archived", _("Archived")


def on_shelf(shelf: str, now: datetime) -> Q:
    """Return what is true of the items of a shelf; each item stands on exactly one."""
    begun = Q(starts_at=None) | Q(starts_at__lte=now)
    not_over = Q(ends_at=None) | Q(ends_at__gt=now)
    return {
        Shelf.DRAFT: Q(state="draft"),
        Shelf.LIVE: Q(begun, not_over, state="approved"),
        Shelf.SCHEDULED: Q(not_over, state="approved", starts_at__gt=now),
        Shelf.EXPIRED: Q(state="approved", ends_at__lte=now),
        Shelf.ARCHIVED: Q(state="archived"),
    }[Shelf(shelf)]


class ItemQuerySet(TenantQuerySet["Item"]):
    def on_shelf(self, shelf: str, now: datetime) -> Self:
        return self.filter(on_shelf(shelf, now))

    def shareable(self, now: datetime) -> Self:
        """Return the approved items that are in their window."""
        return self.on_shelf(Shelf.LIVE, now)

    def visible_to(self, membership: Membership, now: datetime) -> Self:
        """Return what the member may look at: curators all, others what has begun."""
        if membership.is_curator:
            return self
        begun = Q(starts_at=None) | Q(starts_at__lte=now)
        return self.filter(begun).exclude(state=Item.State.DRAFT)

    def shelf_counts(self, now: datetime) -> dict[str, int]:
        """Return how many items stand on each shelf, in one query."""
        counts = {shelf: Count("pk", filter=on_shelf(shelf, now)) for shelf in Shelf}
        return self.aggregate(**{str(shelf): count for shelf, count in counts.items()})


class Item(TenantModel):
    """DRAFT -> APPROVED -> ARCHIVED; an archived item may be approved again."""

    class Kind(models.TextChoices):
        LINK = "link", _("Link")

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        APPROVED = "approved", _("Approved")
        ARCHIVED = "archived", _("Archived")

    kind = models.CharField(max_length=12, choices=Kind, default=Kind.LINK)
    state = models.CharField(max_length=12, choices=State, default=State.DRAFT)
    title = models.CharField(_("title"), max_length=200)
    summary = models.TextField(_("summary"), max_length=1000, blank=True)
    why = models.CharField(
        _("why your network cares"),
        max_length=300,
        blank=True,
        help_text=_("One line on what the people you know get out of it."),
    )
    # Empty where the item's own pictures, video or document are what there is to see.
    source_url = models.URLField(_("web address"), max_length=2000, blank=True)
    source_name = models.CharField(_("source"), max_length=80, blank=True)
    image = models.ImageField(
        _("picture"), upload_to=image_path, blank=True, max_length=200
    )
    image_alt = models.CharField(_("picture description"), max_length=300, blank=True)
    starts_at = models.DateTimeField(_("from"), null=True, blank=True)
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)
    topics = models.ManyToManyField(Topic, through="ItemTopic", related_name="items")
    created_by = TenantForeignKey(
        Membership, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    approved_by = TenantForeignKey(
        Membership, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    # When members can see an approved item first; the feed is in this order, so that
    # an item approved weeks ahead still arrives at the top.
    live_from = models.GeneratedField(
        expression=Greatest("approved_at", "starts_at"),
        output_field=models.DateTimeField(null=True),
        db_persist=True,
    )

    objects = ItemQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="draft") | Q(approved_at__isnull=False),
                name="item_approved_has_moment",
            ),
            models.CheckConstraint(
                condition=Q(starts_at=None)
                | Q(ends_at=None)
                | Q(ends_at__gt=models.F("starts_at")),
                name="item_window_ends_after_start",
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "-live_from", "-id"],
                condition=Q(state="approved"),
                name="item_feed",
            ),
            models.Index(
                fields=["tenant", "state", "-updated_at"], name="item_library"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def shelf(self, now: datetime) -> Shelf:
        """Return where the item stands at ``now``, as ``on_shelf`` finds it."""
        if self.state != self.State.APPROVED:
            return Shelf(self.state)
        if self.ends_at is not None and self.ends_at <= now:
            return Shelf.EXPIRED
        if self.starts_at is not None and self.starts_at > now:
            return Shelf.SCHEDULED
        return Shelf.LIVE

    def is_shareable(self, now: datetime) -> bool:
        return self.shelf(now) == Shelf.LIVE

    @property
    def picture_version(self) -> str:
        """Return what changes with the picture, so that browsers may keep it for long."""
        return PurePosixPath(self.image.name or "").stem[:8]


class ItemTopic(TenantModel):
    """An item is about a topic."""

    item = TenantForeignKey(Item, models.CASCADE, related_name="item_topics")
    topic = TenantForeignKey(Topic, models.CASCADE, related_name="item_topics")

    class Meta:
        constraints = [
            models.UniqueConstraint("tenant", "item", "topic", name="item_topic_once"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} about {self.topic_id}"


class SuggestedText(TenantModel):
    """A text a member may start from; for one network, or for all when empty."""

    item = TenantForeignKey(Item, models.CASCADE, related_name="suggested_texts")
    network = models.CharField(_("network"), max_length=32, blank=True)
    text = models.TextField(_("suggested text"), max_length=3000)
    position = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return self.text[:60]
