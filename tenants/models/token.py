"""A key to the REST API: one member in one tenant; only a hash is kept."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.models.membership import Membership
from tenants.scoping import TenantForeignKey, TenantModel


class ApiToken(TenantModel):
    membership = TenantForeignKey(Membership, models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(max_length=12)
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
