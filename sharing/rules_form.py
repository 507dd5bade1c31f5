"""What admins type about quiet hours, caps and spread."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sharing.models import SharingRules


class RulesForm(forms.ModelForm):
    class Meta:
        model = SharingRules
        fields: ClassVar[list[str]] = [
            "quiet_from",
            "quiet_until",
            "quiet_weekend",
            "most_per_day",
            "most_per_week",
            "spread_minutes",
        ]
        labels: ClassVar[dict[str, Any]] = {
            "quiet_from": gettext_lazy("From"),
            "quiet_until": gettext_lazy("Until"),
            "quiet_weekend": gettext_lazy("Quiet on Saturdays and Sundays as well"),
            "most_per_day": gettext_lazy("Most shares a day"),
            "most_per_week": gettext_lazy("Most shares a week"),
            "spread_minutes": gettext_lazy("Minutes between colleagues"),
        }
        help_texts: ClassVar[dict[str, Any]] = {
            "spread_minutes": gettext_lazy(
                "From 0 to 60. A post is moved by an hour at most."
            ),
        }
        widgets: ClassVar[dict[str, Any]] = {
            name: forms.TimeInput(format="%H:%M", attrs={"type": "time"})
            for name in ("quiet_from", "quiet_until")
        }

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        self.check_hours(said.get("quiet_from"), said.get("quiet_until"))
        day, week = said.get("most_per_day"), said.get("most_per_week")
        if day and week and week < day:
            self.add_error("most_per_week", _("A week allows no less than a day."))
        return said

    def check_hours(self, start: Any, end: Any) -> None:
        """Quiet hours have two ends, or there are none."""
        if self.errors.get("quiet_from") or self.errors.get("quiet_until"):
            return
        if start and not end:
            self.add_error("quiet_until", _("Write when quiet hours end."))
        elif end and not start:
            self.add_error("quiet_from", _("Write when quiet hours begin."))
        elif start and start == end:
            self.add_error("quiet_until", _("Choose two different times."))
