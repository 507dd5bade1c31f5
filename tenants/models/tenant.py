"""The organisation that runs a programme."""

from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from common.ids import uuid7

SLUG = RegexValidator(
    r"^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\Z", _("Use a–z, 0–9 and hyphens.")
)


def validate_zone(name: str) -> None:
    """Refuse what is no IANA time zone."""
    if name not in available_timezones():
        raise ValidationError(_("Choose a time zone such as Europe/Copenhagen."))


class Hue(models.TextChoices):
    TEAL = "teal", _("Teal")
    BLUE = "blue", _("Blue")
    VIOLET = "violet", _("Violet")
    MAGENTA = "magenta", _("Magenta")
    AMBER = "amber", _("Amber")
    GREEN = "green", _("Green")


class Tenant(models.Model):
    """One organisation; the wall between rows. Global: it owns itself."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.CharField(max_length=40, unique=True, validators=[SLUG])
    name = models.CharField(_("name"), max_length=120)
    language = models.CharField(_("language"), max_length=8, default="en")
    time_zone = models.CharField(
        max_length=64, default="Europe/Copenhagen", validators=[validate_zone]
    )
    hue = models.CharField(max_length=12, choices=Hue, default=Hue.TEAL)
    help_name = models.CharField(_("help contact"), max_length=120, blank=True)
    help_email = models.EmailField(_("help e-mail"), blank=True)
    smallest_group = models.PositiveSmallIntegerField(
        _("smallest group shown"), default=5, validators=[MinValueValidator(5)]
    )
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(smallest_group__gte=5),
                name="tenant_groups_of_five_or_more",
            ),
        ]

    def __str__(self) -> str:
        return self.name
