"""A member's intent to share an item, and the draft before it."""

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Q

from content_library.models import Item
from tenants.models import Membership, Team
from tenants.scoping import TenantForeignKey, TenantModel


class WallTimeField(models.Field):
    """What the clock on the wall shows: a date and a time in no zone."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "timestamp"


class Draft(TenantModel):
    """What a member typed about an item and has not shared yet. Never lost."""

    membership = TenantForeignKey(Membership, models.CASCADE, related_name="+")
    item = TenantForeignKey(Item, models.CASCADE, related_name="+")
    texts = models.JSONField(default=dict)  # account id or "" (all) -> text
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "tenant", "membership", "item", name="draft_one_per_item"
            ),
        ]

    def __str__(self) -> str:
        return f"draft of {self.membership_id} about {self.item_id}"


class Share(TenantModel):
    """One press of Share. What becomes of it stands in its publications.

    ``scheduled_at`` is the moment, ``scheduled_local`` what the clock shows then in
    ``scheduled_zone``, as the member chose it. Nothing of a share changes but these.
    """

    membership = TenantForeignKey(Membership, models.CASCADE, related_name="shares")
    item = TenantForeignKey(Item, models.CASCADE, related_name="shares")
    # The team at that time: history does not move when a member does.
    team = TenantForeignKey(
        Team, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    idempotency_key = models.CharField(max_length=80)
    scheduled_at = models.DateTimeField(null=True, blank=True)
    scheduled_zone = models.CharField(max_length=64, blank=True)
    scheduled_local = WallTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    is_new = False  # true only on the object that the first press returns

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "tenant", "membership", "idempotency_key", name="share_pressed_once"
            ),
            models.CheckConstraint(
                condition=~Q(idempotency_key=""), name="share_has_key"
            ),
            models.CheckConstraint(
                condition=Q(scheduled_at=None, scheduled_zone="", scheduled_local=None)
                | (
                    Q(scheduled_at__isnull=False, scheduled_local__isnull=False)
                    & ~Q(scheduled_zone="")
                ),
                name="share_time_has_zone_and_wall_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "membership", "-created_at"], name="share_of_member"
            ),
            models.Index(fields=["tenant", "item", "membership"], name="share_of_item"),
        ]

    def __str__(self) -> str:
        return f"{self.membership_id} shares {self.item_id}"
