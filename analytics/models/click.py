"""One hit on a tracked link. No IP address, no user agent; kept 30 days."""

from django.db import models

from tenants.scoping import TenantQuerySet


class Click(models.Model):
    """A row of the monthly partitioned table ``analytics_click``.

    The primary key (tenant, clicked_at, id) makes a second delivery of the same
    event impossible. ``visitor`` is an HMAC under a key that dies with its day.
    """

    class Tier(models.TextChoices):
        MACHINE = "machine", "suspected machine"
        REPEAT = "repeat", "human-likely, seen in the last 24 hours"
        HUMAN = "human", "human-likely, first in 24 hours"

    pk = models.CompositePrimaryKey("tenant_id", "clicked_at", "id")
    id = models.UUIDField()
    tenant = models.ForeignKey("tenants.Tenant", models.CASCADE, related_name="+")
    clicked_at = models.DateTimeField()
    link_id = models.UUIDField()
    item_id = models.UUIDField()
    team_id = models.UUIDField(null=True)
    network = models.CharField(max_length=32)
    tier = models.CharField(max_length=8, choices=Tier)
    reason = models.CharField(max_length=20, blank=True)
    visitor = models.BinaryField()

    objects = TenantQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "analytics_click"

    def __str__(self) -> str:
        return f"{self.tier} click {self.id}"
