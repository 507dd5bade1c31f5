"""The part of a form where a time is chosen: a button with one, or a day and an hour."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sharing.timetable import WALL

YEARS = range(2000, 2101)  # moments before and after have no zone worth the name


class TimeForm(forms.Form):
    """``local`` is the wall time that was chosen, None for "now"."""

    day = forms.DateField(
        label=gettext_lazy("Day"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"invalid": gettext_lazy("Choose a day.")},
    )
    time = forms.TimeField(
        label=gettext_lazy("Time"),
        required=False,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        error_messages={"invalid": gettext_lazy("Choose a time.")},
    )
    local: datetime | None = None
    offer: datetime | None = None

    @property
    def pressed_time(self) -> str:
        """The value of the button with a time on it, when that was pressed."""
        return str(self.data.get("at", ""))

    @property
    def is_for_later(self) -> bool:
        """Enter in the field of the day means its own button, not "share now"."""
        asked = self.data.get("share")
        typed = bool(self.data.get("day") or self.data.get("time"))
        return asked == "later" or (asked == "enter" and typed)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if self.pressed_time or not self.is_for_later:
            # Half a time in the fields is no mistake when it was not asked for.
            for name in ("day", "time"):
                self.errors.pop(name, None)
            self.local = self.read_button()
        else:
            self.local = self.read_fields(said)
        return said

    def read_button(self) -> datetime | None:
        if not self.pressed_time:
            return None
        try:
            local = datetime.strptime(self.pressed_time, WALL)  # noqa: DTZ007  a wall time
        except ValueError:
            local = datetime.min  # noqa: DTZ901
        if local.year not in YEARS:
            self.add_error("day", _("Choose a day."))
            return None
        return local

    def read_fields(self, said: dict[str, Any]) -> datetime | None:
        for name, words in (("day", _("Choose a day.")), ("time", _("Choose a time."))):
            if said.get(name) is None and name not in self.errors:
                self.add_error(name, words)
        if self.errors.get("day") or self.errors.get("time"):
            return None
        if said["day"].year not in YEARS:
            self.add_error("day", _("Choose a time within the next 90 days."))
            return None
        return datetime.combine(said["day"], said["time"])
