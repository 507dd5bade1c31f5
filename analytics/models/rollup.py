"""Sums that dashboards read; rebuilt from clicks and publications, never typed."""

from django.db import models

from sharing.models import TrackedLink
from tenants.scoping import TenantForeignKey, TenantModel


class DailyRollup(TenantModel):
    """What happened on one day (the tenant's local day), by team, item and network.

    Teams and items are named by id without a foreign key: history outlives them.
    ``clicks_confirmed`` is null: we do not measure it yet, which is not 0.
    """

    day = models.DateField()
    team_id = models.UUIDField(null=True)
    item_id = models.UUIDField()
    network = models.CharField(max_length=32)
    shares = models.PositiveIntegerField(default=0)
    clicks_raw = models.PositiveIntegerField(default=0)
    clicks_machine = models.PositiveIntegerField(default=0)
    clicks_human = models.PositiveIntegerField(default=0)
    clicks_confirmed = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "tenant",
                "day",
                "team_id",
                "item_id",
                "network",
                name="daily_rollup_cell",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=models.Q(
                    clicks_raw__gte=models.F("clicks_machine")
                    + models.F("clicks_human")
                ),
                name="daily_rollup_tiers_fit",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.network}"


class SharerRollup(TenantModel):
    """How many members there were and how many shared in the 28 days up to ``day``.

    ``team_id`` null is the whole tenant. Distinct people cannot be summed from days.
    """

    day = models.DateField()
    team_id = models.UUIDField(null=True)
    members = models.PositiveIntegerField()
    sharers = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "tenant",
                "day",
                "team_id",
                name="sharer_rollup_cell",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.sharers}/{self.members}"


class LinkRollup(TenantModel):
    """The same for one link, that is for one publication: the finest grain we keep.

    Raw clicks are dropped after 30 days; a member's own numbers live on here.
    ``shares`` is 1 on the day it was published.
    """

    day = models.DateField()
    link = TenantForeignKey(TrackedLink, models.CASCADE, related_name="+")
    item_id = models.UUIDField()
    team_id = models.UUIDField(null=True)
    network = models.CharField(max_length=32)
    shares = models.PositiveIntegerField(default=0)
    clicks_raw = models.PositiveIntegerField(default=0)
    clicks_machine = models.PositiveIntegerField(default=0)
    clicks_human = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint("tenant", "link", "day", name="link_rollup_cell"),
            models.CheckConstraint(
                condition=models.Q(
                    clicks_raw__gte=models.F("clicks_machine")
                    + models.F("clicks_human")
                ),
                name="link_rollup_tiers_fit",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "day"], name="link_rollup_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.link_id}"


class RollupMark(TenantModel):
    """Up to which moment changes of publications are in the rollups; one row per tenant."""

    read_until = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint("tenant", name="rollup_mark_once"),
        ]

    def __str__(self) -> str:
        return f"{self.tenant_id} until {self.read_until}"
