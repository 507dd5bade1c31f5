"""A picture, video or document of an item, as it may go with a post."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.ids import random_code
from content_library.models.item import Item
from tenants.models import Membership
from tenants.scoping import TenantForeignKey, TenantModel, TenantQuerySet

UPLOAD_LIVES = timedelta(days=2)  # without an item; a form may stay open over night
REMOVED_LIVES = timedelta(hours=1)  # a press that has chosen it may not be stored yet


def media_path(media: "ItemMedia", filename: str) -> str:
    """Return where a file lives: under its tenant, by a name nobody can guess."""
    extension = filename.rpartition(".")[2]
    return f"t/{media.tenant_id}/items/{random_code(24)}.{extension}"


class ItemMediaQuerySet(TenantQuerySet["ItemMedia"]):
    def in_order(self) -> Self:
        return self.order_by("position", "pk")

    def forgettable(self, now: datetime) -> Self:
        """Return what belongs to no item: taken out, or uploaded and never used."""
        removed = Q(removed_at__lt=now - REMOVED_LIVES)
        abandoned = Q(removed_at=None, created_at__lt=now - UPLOAD_LIVES)
        return self.filter(removed | abandoned, item=None)


class ItemMedia(TenantModel):
    """Uploaded (no item) -> of an item -> removed (no item); then its files go.

    Removing it from the item keeps the row and the files as long as a post that is on
    its way names it; who knows of posts asks and deletes (``item_media.delete_files``).
    """

    class Kind(models.TextChoices):
        IMAGE = "image", _("Picture")
        VIDEO = "video", _("Video")
        DOCUMENT = "document", _("Document")

    item = TenantForeignKey(
        Item, models.CASCADE, null=True, blank=True, related_name="media"
    )
    position = models.PositiveSmallIntegerField(default=0)
    kind = models.CharField(max_length=12, choices=Kind)
    file = models.FileField(upload_to=media_path, max_length=200)
    preview = models.FileField(upload_to=media_path, max_length=200, blank=True)
    content_type = models.CharField(max_length=40)
    size = models.BigIntegerField()  # bytes
    sha256 = models.CharField(max_length=64)
    name = models.CharField(max_length=120, blank=True)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    seconds = models.FloatField(null=True, blank=True)
    alt = models.CharField(_("picture description"), max_length=1000, blank=True)
    uploaded_by = TenantForeignKey(
        Membership, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = ItemMediaQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(item=None) | Q(removed_at=None),
                name="item_media_removed_has_no_item",
            ),
            models.CheckConstraint(
                condition=Q(size__gt=0), name="item_media_is_not_empty"
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "item", "position"], name="item_media_order"
            ),
            models.Index(
                fields=["tenant", "created_at"],
                condition=Q(item=None),
                name="item_media_loose",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.kind

    @property
    def version(self) -> str:
        """Return what browsers may keep it by: its bytes never change."""
        return self.sha256[:8]
