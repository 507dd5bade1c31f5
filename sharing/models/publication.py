"""One text on its way to one account. ``publishing`` alone writes ``state``."""

from datetime import datetime
from typing import Self
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from content_library.models import Item
from sharing.models.account import Account
from sharing.models.link import TrackedLink
from sharing.models.share import Share
from tenants.models import Membership
from tenants.scoping import (
    TenantForeignKey,
    TenantModel,
    TenantOneToOne,
    TenantQuerySet,
)


class State(models.TextChoices):
    """The states of a publication; the rules stand in ``publishing``."""

    READY = "ready", _("Waiting")
    CLAIMED = "claimed", _("Going out")
    SENDING = "sending", _("Going out now")
    PENDING = "pending", _("The network is working on it")
    UNKNOWN = "unknown", _("Checking whether it is out")
    PUBLISHED = "published", _("Published")
    FAILED = "failed", _("Refused")
    CANCELLED = "cancelled", _("Cancelled")
    REMOVED = "removed", _("Removed from the network")
    NEEDS_USER = "needs_user", _("Needs you")
    HANDED_OFF = "handed_off", _("Opened in the network")


class Reason(models.TextChoices):
    """Why a publication is where it is; networks may add codes of their own."""

    NEW = "new", _("new")
    SCHEDULED = "scheduled", _("waits for its time")
    QUIET_HOURS = "quiet_hours", _("waits until quiet hours are over")
    RETRY = "retry", _("will be tried again")
    MEDIA = "media", _("the network is preparing its pictures or video")
    RATE_LIMITED = "rate_limited", _("the network asked us to wait")
    BUDGET = "budget", _("this month's posts are used up")
    CIRCUIT_OPEN = "circuit_open", _("the network is not answering at the moment")
    TOKEN_REFRESH = "token_refresh", _("the connection is being renewed")
    OPERATOR = "operator", _("whoever runs this installation has to act")
    UNCONFIRMED = "unconfirmed", _("we could not confirm it")
    RECONNECT = "reconnect", _("the account must be connected again")
    GAVE_UP = "gave_up", _("tried too often")
    SENT_AGAIN = "sent_again", _("sent again by you")
    DECLARED = "declared", _("you told us it is out")
    BY_MEMBER = "by_member", _("cancelled by you")
    MEMBER_LEFT = "member_left", _("the member left")
    ITEM_CLOSED = "item_closed", _("the item was withdrawn or is over")
    ACCOUNT_GONE = "account_gone", _("the account was disconnected")
    TENANT_CLOSED = "tenant_closed", _("the workplace was closed")
    LEASE_EXPIRED = "lease_expired", _("the worker stopped")
    OVERDUE = "overdue", _("the network took too long")
    LATE_ANSWER = "late_answer", _("the network answered late")
    RESTORED = "restored", _("the data was restored from a backup")


FINAL = (State.PUBLISHED, State.FAILED, State.CANCELLED, State.REMOVED)
IN_FLIGHT = (State.CLAIMED, State.SENDING, State.UNKNOWN)
# Also where a version before these columns still writes.
NONE = models.Value([], models.JSONField())
EMPTY = models.Value({}, models.JSONField())
UNSETTLED = (State.UNKNOWN, State.PENDING)  # the network has to be asked


class PublicationQuerySet(TenantQuerySet["Publication"]):
    def with_clock(self) -> Self:
        """Let each row say what the database's clock was when it was read."""
        return self.annotate(**{"read_at": Now()})


class Publication(TenantModel):
    """READY -> CLAIMED -> SENDING -> PUBLISHED | PENDING | UNKNOWN | FAILED | READY.

    CLAIMED falls back to READY, SENDING to UNKNOWN when the worker's lease expires.
    UNKNOWN is settled to PUBLISHED, READY or NEEDS_USER; never retried blindly.
    """

    class Mode(models.TextChoices):
        API = "api", _("Published for you")
        ASSISTED = "assisted", _("In the network's own composer")
        KIT = "kit", _("Kit for your phone")

    share = TenantForeignKey(Share, models.CASCADE, related_name="publications")
    membership = TenantForeignKey(
        Membership, models.CASCADE, related_name="publications"
    )
    item = TenantForeignKey(Item, models.CASCADE, related_name="publications")
    account = TenantForeignKey(
        Account, models.CASCADE, null=True, related_name="publications"
    )
    link = TenantOneToOne(TrackedLink, models.CASCADE, related_name="publication")
    network = models.CharField(max_length=32)
    mode = models.CharField(max_length=12, choices=Mode, default=Mode.API)
    text = models.TextField()  # exactly as it will be published
    card = models.JSONField(
        default=dict
    )  # "link", "title", "description", "image", frozen as well
    # [{"id", "alt"}]: what goes with it, in order; ids of the library's media
    media = models.JSONField(default=list, db_default=NONE)
    # What the member chose in the form that the network asked for.
    options = models.JSONField(default=dict, db_default=EMPTY)
    # What was prepared at the network: handles by name, until the outcome is final.
    prepared = models.JSONField(default=dict, db_default=EMPTY)
    state = models.CharField(max_length=12, choices=State, default=State.READY)
    reason = models.CharField(max_length=40, default="new")
    # {"msgid", "values"}: what happened, for the member
    message = models.JSONField(default=dict)
    not_before = models.DateTimeField()
    token = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    probes = models.PositiveSmallIntegerField(default=0)
    sending_at = models.DateTimeField(null=True, blank=True)  # of the newest attempt
    unknown_since = models.DateTimeField(null=True, blank=True)
    handle = models.JSONField(null=True, blank=True)
    remote_id = models.CharField(max_length=200, blank=True)
    url = models.URLField(max_length=500, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    # The database's clock when a worker read the row (an annotation of its query).
    read_at: datetime
    # What waited for the account when this one left its lane, on the object at hand.
    behind: UUID | None = None

    objects = PublicationQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "tenant", "share", "account", name="publication_once"
            ),
            models.UniqueConstraint(
                "tenant",
                "share",
                "network",
                condition=Q(account=None),
                name="publication_handed_off_once",
            ),
            # Whoever claims sees no uncommitted claim of the same lane; this does.
            models.UniqueConstraint(
                "tenant",
                "account",
                condition=Q(state__in=["claimed", "sending"]),
                name="publication_one_in_lane",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["published", "removed"])
                | (
                    Q(published_at__isnull=False)
                    # A member's word is the one proof without an id.
                    & (~Q(remote_id="") | Q(reason="declared"))
                ),
                name="publication_published_has_remote_id",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["claimed", "sending"], lease_until__isnull=False)
                | (~Q(state__in=["claimed", "sending"]) & Q(lease_until=None)),
                name="publication_lease_while_held",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["sending", "unknown", "pending"])
                | Q(sending_at__isnull=False),
                name="publication_sent_has_moment",
            ),
            models.CheckConstraint(
                condition=~Q(state="pending") | Q(handle__isnull=False),
                name="publication_pending_has_handle",
            ),
            models.CheckConstraint(
                condition=Q(state="unknown", unknown_since__isnull=False)
                | (~Q(state="unknown") & Q(unknown_since=None)),
                name="publication_unknown_has_moment",
            ),
            models.CheckConstraint(
                condition=~Q(mode="api") | Q(account__isnull=False),
                name="publication_api_has_account",
            ),
            models.CheckConstraint(
                condition=Q(mode="api")
                | Q(state__in=["handed_off", "published", "cancelled"]),
                name="publication_assisted_is_handed_off",
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "not_before"],
                condition=Q(state="ready"),
                name="publication_waiting",
            ),
            # Beside which colleagues' posts a time is free: ``pacing``.
            models.Index(
                fields=["tenant", "item", "network", "not_before"],
                condition=Q(state="ready", reason__in=["scheduled", "quiet_hours"]),
                name="publication_for_later",
            ),
            models.Index(
                fields=["lease_until"],
                condition=Q(state__in=["claimed", "sending"]),
                name="publication_leased",
            ),
            models.Index(
                fields=["not_before"],
                condition=Q(state__in=["unknown", "pending"]),
                name="publication_unsettled",
            ),
            models.Index(
                fields=["tenant"],
                condition=Q(state="needs_user"),
                name="publication_asking",
            ),
            models.Index(
                fields=["tenant", "account"],
                condition=Q(state__in=["claimed", "sending", "unknown"]),
                name="publication_lane",
            ),
            models.Index(
                fields=["tenant", "account", "not_before"],
                condition=Q(state="ready"),
                name="publication_follows",
            ),
            models.Index(
                fields=["tenant", "membership", "-created_at"], name="publication_mine"
            ),
            models.Index(fields=["tenant", "updated_at"], name="publication_changed"),
        ]

    def __str__(self) -> str:
        return f"{self.network} {self.state} {self.pk}"

    @property
    def is_final(self) -> bool:
        return self.state in FINAL

    @property
    def is_moving(self) -> bool:
        """Will change without anybody doing anything."""
        return not self.is_final and self.state not in (
            State.NEEDS_USER,
            State.HANDED_OFF,
        )

    @property
    def is_unconfirmed(self) -> bool:
        """It may be out, and only the member can look."""
        return self.state == State.NEEDS_USER and self.reason == Reason.UNCONFIRMED

    @property
    def can_cancel(self) -> bool:
        if self.state == State.NEEDS_USER:
            return not self.is_unconfirmed
        return self.state in (State.READY, State.CLAIMED)

    @property
    def can_retry(self) -> bool:
        return self.state == State.NEEDS_USER and not self.is_unconfirmed

    @property
    def needs_reconnect(self) -> bool:
        """Nothing goes on before its member has connected the account again."""
        return self.reason == Reason.RECONNECT and self.state in (
            State.NEEDS_USER,
            State.PENDING,
        )

    @property
    def explanation(self) -> str:
        """What happened, for the member, in their language; empty when all is well."""
        if not self.message:
            return ""
        sentence = self.message["msgid"]  # no literal: nothing to collect here
        return gettext(sentence) % self.message.get("values", {})


class PublicationEvent(TenantModel):
    """One transition, written in the same transaction. Append-only."""

    publication = TenantForeignKey(Publication, models.CASCADE, related_name="events")
    from_state = models.CharField(max_length=12, blank=True)
    to_state = models.CharField(max_length=12)
    token = models.PositiveIntegerField()
    reason = models.CharField(max_length=40, blank=True)
    details = models.JSONField(default=dict)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.from_state} -> {self.to_state}"
