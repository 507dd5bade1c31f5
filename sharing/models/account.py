"""A member's account on a network, and the dance that connects it."""

from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from tenants.models import Membership
from tenants.scoping import TenantForeignKey, TenantModel, TenantQuerySet


class AccountQuerySet(TenantQuerySet["Account"]):
    def connected(self) -> Self:
        """Return the accounts that were not disconnected, healthy or not."""
        return self.exclude(state=Account.State.DISCONNECTED)

    def with_clock(self) -> Self:
        """Let each row say what the database's clock was when it was read."""
        return self.annotate(**{"read_at": Now()})


class Account(TenantModel):
    """CONNECTED <-> NEEDS_RECONNECT -> DISCONNECTED. Tokens are ciphertext (``vault.py``)."""

    class State(models.TextChoices):
        CONNECTED = "connected", _("Connected")
        NEEDS_RECONNECT = "needs_reconnect", _("Needs reconnecting")
        DISCONNECTED = "disconnected", _("Disconnected")

    membership = TenantForeignKey(Membership, models.CASCADE, related_name="accounts")
    network = models.CharField(max_length=32)
    remote_id = models.CharField(max_length=200)
    # "https://host" where a network has many; ``remote_id`` is then unique across them.
    server = models.CharField(max_length=260, blank=True, db_default="")
    # How the network names the person when it calls us, if that is another id.
    callback_id = models.CharField(max_length=200, blank=True, db_default="")
    handle = models.CharField(max_length=200, blank=True)
    name = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=16, choices=State, default=State.CONNECTED)
    scopes = ArrayField(models.CharField(max_length=80), default=list)
    access_token = models.BinaryField(default=b"")
    refresh_token = models.BinaryField(default=b"")
    expires_at = models.DateTimeField(null=True, blank=True)
    refreshing_until = models.DateTimeField(null=True, blank=True)
    # The pair before this one, for networks that still take it for a while.
    previous_refresh_token = models.BinaryField(default=b"", db_default=b"")
    previous_until = models.DateTimeField(null=True, blank=True)
    generation = models.PositiveIntegerField(default=1)
    connected_at = models.DateTimeField()
    disconnected_at = models.DateTimeField(null=True, blank=True)

    # The database's clock when a worker read the row (an annotation of its query).
    read_at: datetime

    objects = AccountQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "tenant",
                "network",
                "remote_id",
                condition=~Q(state="disconnected"),
                name="account_linked_once",
            ),
            models.CheckConstraint(
                condition=~Q(state="disconnected")
                | Q(access_token=b"", refresh_token=b"", previous_refresh_token=b""),
                name="account_disconnected_keeps_no_token",
            ),
            models.CheckConstraint(
                condition=Q(previous_refresh_token=b"")
                | Q(previous_until__isnull=False),
                name="account_previous_token_ends",
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "previous_until"],
                condition=Q(previous_until__isnull=False),
                name="account_previous",
            ),
            models.Index(
                fields=["tenant", "network", "expires_at"],
                condition=Q(state="connected"),
                name="account_ends",
            ),
            models.Index(
                fields=["tenant", "network", "callback_id"],
                condition=~Q(callback_id=""),
                name="account_called_back",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.network}: {self.handle or self.name}"

    @property
    def label(self) -> str:
        return self.handle or self.name

    @property
    def is_connected(self) -> bool:
        return self.state == self.State.CONNECTED


class ConnectAttempt(TenantModel):
    """One OAuth dance: begun -> answered (tokens held for consent) -> done; ten minutes at most.

    Bound to session, tenant, member and network. Only hashes and ciphertext are kept.
    """

    membership = TenantForeignKey(Membership, models.CASCADE, related_name="+")
    network = models.CharField(max_length=32)
    state_hash = models.CharField(max_length=64, unique=True)
    session_hash = models.CharField(max_length=64)
    verifier = models.BinaryField(default=b"")
    server = models.CharField(max_length=260, blank=True, db_default="")
    return_to = models.CharField(max_length=500, blank=True)
    expires_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    held = models.BinaryField(default=b"")
    handle = models.CharField(max_length=200, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.membership_id} connects {self.network}"

    def is_open(self, now: datetime) -> bool:
        return self.done_at is None and now < self.expires_at


class ServerApp(TenantModel):
    """Our app at one server of a network that has many, registered by ourselves."""

    network = models.CharField(max_length=32)
    server = models.CharField(max_length=260)
    client_id = models.CharField(max_length=500)
    client_secret = models.BinaryField(default=b"")
    # With another callback or other permissions it is registered anew.
    redirect_uri = models.CharField(max_length=500)
    scopes = models.CharField(max_length=1000, blank=True)
    registered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "tenant", "network", "server", name="server_app_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.network} at {self.server}"
