"""A member has read a version. Asked once per version, before the first share."""

from django.db import models

from guidelines.models.guideline import GuidelineVersion
from tenants.models import Membership
from tenants.scoping import TenantForeignKey, TenantModel


class Acknowledgement(TenantModel):
    version = TenantForeignKey(
        GuidelineVersion, models.CASCADE, related_name="acknowledgements"
    )
    membership = TenantForeignKey(Membership, models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "tenant", "version", "membership", name="acknowledgement_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.membership_id} read {self.version_id}"
