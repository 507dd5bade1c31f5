"""What was done in a tenant, by whom. Append-only: the database refuses changes."""

from django.db import models

from tenants.models.membership import Membership
from tenants.scoping import TenantForeignKey, TenantModel


class AuditEntry(TenantModel):
    at = models.DateTimeField(auto_now_add=True)
    actor = TenantForeignKey(Membership, models.DO_NOTHING, null=True, related_name="+")
    action = models.CharField(max_length=60)
    object_kind = models.CharField(max_length=40)
    object_id = models.CharField(max_length=40)
    details = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["tenant", "-at"], name="audit_newest")]

    def __str__(self) -> str:
        return f"{self.action} {self.object_kind} {self.object_id}"
