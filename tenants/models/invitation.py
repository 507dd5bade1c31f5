"""An invitation: by e-mail, single use, seven days; only a hash of its link is kept."""

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from tenants.models.membership import Membership, Role, Team, role_labels
from tenants.scoping import TenantForeignKey, TenantModel


class Invitation(TenantModel):
    email = models.EmailField(_("e-mail"), max_length=254)
    name = models.CharField(_("name"), max_length=120, blank=True)
    roles = ArrayField(models.CharField(max_length=12), default=list)
    team = TenantForeignKey(
        Team, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = TenantForeignKey(
        Membership, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    mail_due_at = models.DateTimeField(null=True, blank=True)  # null: it is sent
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(roles__contained_by=Role.values)
                & models.Q(roles__len__gte=1),
                name="invitation_has_known_roles",
            ),
            models.CheckConstraint(
                condition=models.Q(accepted_at=None) | models.Q(revoked_at=None),
                name="invitation_accepted_or_revoked",
            ),
            models.UniqueConstraint(
                "tenant",
                Lower("email"),
                condition=models.Q(accepted_at=None, revoked_at=None),
                name="invitation_one_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} → {self.tenant_id}"

    @property
    def role_labels(self) -> list[str]:
        return role_labels(self.roles)

    def is_open(self, now: datetime) -> bool:
        return (
            self.accepted_at is None
            and self.revoked_at is None
            and now < self.expires_at
        )

    def has_expired(self, now: datetime) -> bool:
        return now >= self.expires_at
