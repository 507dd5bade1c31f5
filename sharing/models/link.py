"""A publication's own short link; a click on it says which share was read."""

from django.conf import settings
from django.db import models

from content_library.models import Item
from tenants.models import Team
from tenants.scoping import TenantForeignKey, TenantModel

CODE_LENGTH = 10


class TrackedLink(TenantModel):
    """``/l/<code>`` -> the item's web address, fixed at creation.

    ``code`` is random and therefore the one unique value across tenants.
    """

    code = models.CharField(max_length=16, unique=True)
    target_url = models.URLField(max_length=2000)
    item = TenantForeignKey(Item, models.CASCADE, related_name="+")
    team = TenantForeignKey(
        Team, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    network = models.CharField(max_length=32)
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.code

    @property
    def url(self) -> str:
        return f"{settings.PUBLIC_URL}/l/{self.code}"
