"""A guideline is a list of do/don't pairs; publishing it makes a version."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.models import Membership
from tenants.scoping import TenantForeignKey, TenantModel, TenantQuerySet


class Guideline(TenantModel):
    """One set of guidelines of a tenant; its text lives in versions."""

    title = models.CharField(_("title"), max_length=120)
    position = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("tenant", "title", name="guideline_title_unique"),
        ]

    def __str__(self) -> str:
        return self.title


class GuidelineVersionQuerySet(TenantQuerySet["GuidelineVersion"]):
    def current(self) -> "GuidelineVersionQuerySet":
        """Return the newest published version of each guideline."""
        published = self.exclude(published_at=None)
        return published.order_by("guideline_id", "-number").distinct("guideline_id")


class GuidelineVersion(TenantModel):
    """DRAFT (``published_at`` is null) -> published, from then on unchanged."""

    guideline = TenantForeignKey(Guideline, models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField()
    introduction = models.TextField(_("introduction"), max_length=2000, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = TenantForeignKey(
        Membership, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = GuidelineVersionQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "tenant", "guideline", "number", name="version_number_unique"
            ),
            models.UniqueConstraint(
                "tenant",
                "guideline",
                condition=models.Q(published_at=None),
                name="version_one_draft",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.guideline_id} v{self.number}"


class Rule(TenantModel):
    """One piece of advice: do this, not that, and why."""

    version = TenantForeignKey(GuidelineVersion, models.CASCADE, related_name="rules")
    position = models.PositiveSmallIntegerField()
    do = models.CharField(_("do"), max_length=300)
    dont = models.CharField(_("don't"), max_length=300, blank=True)
    example = models.CharField(_("example"), max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "tenant", "version", "position", name="rule_position_unique"
            ),
        ]

    def __str__(self) -> str:
        return self.do
