"""One thing worth sharing, from draft to archive."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.ids import random_code
from content_library.models.topic import Topic
from tenants.models import Membership
from tenants.scoping import TenantForeignKey, TenantModel, TenantQuerySet


def image_path(item: "Item", filename: str) -> str:
    """Return where a picture lives: under its tenant, by a name nobody can guess."""
    return f"t/{item.tenant_id}/items/{random_code(24)}.jpg"


class ItemQuerySet(TenantQuerySet["Item"]):
    def shareable(self, now: datetime) -> Self:
        """Return the approved items that are in their window."""
        begun = Q(starts_at=None) | Q(starts_at__lte=now)
        not_over = Q(ends_at=None) | Q(ends_at__gt=now)
        return self.filter(begun, not_over, state=Item.State.APPROVED)


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
    source_url = models.URLField(_("web address"), max_length=2000)
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

    objects = ItemQuerySet.as_manager()

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
                fields=["tenant", "-approved_at", "-id"],
                condition=Q(state="approved"),
                name="item_feed",
            ),
            models.Index(
                fields=["tenant", "state", "-updated_at"], name="item_library"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def is_shareable(self, now: datetime) -> bool:
        begun = self.starts_at is None or self.starts_at <= now
        not_over = self.ends_at is None or self.ends_at > now
        return self.state == self.State.APPROVED and begun and not_over


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
