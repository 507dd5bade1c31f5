"""What a tenant has agreed on about when, and how often, its members share."""

from datetime import datetime, time

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from tenants.scoping import TenantModel

MOST_SPREAD = 60
SATURDAY = 5


class SharingRules(TenantModel):
    """At most one row per tenant. Without one nothing is limited: the defaults hold."""

    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    quiet_weekend = models.BooleanField(default=False)
    most_per_day = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
    )
    most_per_week = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(700)],
    )
    spread_minutes = models.PositiveSmallIntegerField(
        default=10,
        validators=[MaxValueValidator(MOST_SPREAD)],
    )
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("tenant", name="sharing_rules_once"),
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_until=None)
                | (
                    Q(quiet_from__isnull=False, quiet_until__isnull=False)
                    & ~Q(quiet_from=F("quiet_until"))
                ),
                name="sharing_rules_quiet_has_both_ends",
            ),
            models.CheckConstraint(
                condition=(Q(most_per_day=None) | Q(most_per_day__gte=1))
                & (Q(most_per_week=None) | Q(most_per_week__gte=1)),
                name="sharing_rules_let_share",
            ),
            models.CheckConstraint(
                condition=Q(spread_minutes__lte=MOST_SPREAD),
                name="sharing_rules_spread_within_an_hour",
            ),
        ]

    def __str__(self) -> str:
        return f"sharing rules of {self.tenant_id}"

    @property
    def is_ever_quiet(self) -> bool:
        return self.quiet_weekend or self.quiet_from is not None

    @property
    def has_cap(self) -> bool:
        return self.most_per_day is not None or self.most_per_week is not None

    def is_quiet_at(self, wall: datetime) -> bool:
        """Tell whether the clock on the wall shows a quiet time."""
        at_weekend = self.quiet_weekend and wall.weekday() >= SATURDAY
        return at_weekend or self.is_quiet_hour(wall.time())

    def is_quiet_hour(self, hour: time) -> bool:
        """The hours may go past midnight: from 18:00 until 07:00."""
        start, end = self.quiet_from, self.quiet_until
        if start is None or end is None:
            return False
        if start < end:
            return start <= hour < end
        return hour >= start or hour < end
