"""What a member should know, and whether they do."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext

from tenants.models import Membership
from tenants.scoping import TenantForeignKey, TenantModel


class Notice(TenantModel):
    """One thing that happened without its member: shown until seen, mailed if not seen soon."""

    class Kind(models.TextChoices):
        TO_DO = "to_do"  # waits for the member
        TO_KNOW = "to_know"

    membership = TenantForeignKey(Membership, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.TO_KNOW)
    key = models.CharField(max_length=160)  # the same key tells the same person once
    # {"msgid", "values"}, put into words when shown; a value may be a message itself
    message = models.JSONField()
    # {"page", "args"}: what opens, a page of the tenant; empty when nothing is to be opened
    opens = models.JSONField(default=dict)
    about = models.UUIDField(null=True, blank=True)  # whoever sees that page knows
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    seen_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "tenant", "membership", "key", name="notice_told_once"
            ),
            models.CheckConstraint(condition=~Q(key=""), name="notice_has_key"),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "membership", "-created_at"],
                condition=Q(seen_at=None),
                name="notice_unseen",
            ),
            models.Index(
                fields=["created_at"],
                condition=Q(seen_at=None, mailed_at=None),
                name="notice_to_mail",
            ),
            models.Index(fields=["seen_at"], name="notice_seen"),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def words(self) -> str:
        """What happened, in the active language."""
        return in_words(self.message).strip()

    def address(self, slug: str) -> str:
        """Return where it opens; nothing when that page is no more."""
        if not self.opens:
            return ""
        try:
            return reverse(
                self.opens.get("page", ""), args=[slug, *self.opens.get("args", [])]
            )
        except NoReverseMatch:
            return ""


def in_words(message: Any) -> str:
    """Translate a kept message, and the messages among its values."""
    if not isinstance(message, dict):
        return str(message)
    sentence = message.get("msgid")  # no literal: nothing to collect here
    if not sentence:
        return ""
    values = message.get("values") or {}
    said = {name: in_words(value) for name, value in values.items()}
    return gettext(sentence) % said if said else gettext(sentence)
