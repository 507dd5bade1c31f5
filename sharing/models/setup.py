"""How a tenant uses a network, and the app that it has registered there itself."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tenants.scoping import TenantModel


class NetworkSetup(TenantModel):
    """At most one row per tenant and network. Without one the installation's rules hold.

    The secret is ciphertext (``vault.py``) and is never shown again. ``options`` are the
    plain settings that the network's connector names.
    """

    class Mode(models.TextChoices):
        API = "api", _("Published for you")
        ASSISTED = "assisted", _("In the network's own composer")
        KIT = "kit", _("Text and files to take along")
        OFF = "off", _("Off")

    network = models.CharField(max_length=32)
    mode = models.CharField(max_length=12, choices=Mode, blank=True, default="")
    client_id = models.CharField(max_length=200, blank=True)
    client_secret = models.BinaryField(default=b"")
    secret_saved_at = models.DateTimeField(null=True, blank=True)
    options = models.JSONField(default=dict)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("tenant", "network", name="network_setup_once"),
            models.CheckConstraint(
                condition=Q(client_secret=b"") | ~Q(client_id=""),
                name="network_setup_secret_has_app",
            ),
            models.CheckConstraint(
                condition=Q(client_secret=b"") | Q(secret_saved_at__isnull=False),
                name="network_setup_secret_has_moment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.network} of {self.tenant_id}"
