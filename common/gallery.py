"""The gallery at ``/ui/``: every component in both themes, for staff."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from common.charts import bar_chart, line_chart


class SpecimenForm(forms.Form):
    """One field of each kind; the gallery sends it half filled to show errors."""

    title = forms.CharField(label=_("Title"), help_text=_("As it stands in the feed."))
    words = forms.CharField(
        label=_("Your words"), widget=forms.Textarea, required=False
    )
    email = forms.EmailField(label=_("E-mail"))
    team = forms.ChoiceField(
        label=_("Team"),
        choices=[("", _("No team")), ("s", _("Sales")), ("c", _("Care"))],
    )
    image = forms.FileField(label=_("Image"), required=False)
    network = forms.ChoiceField(
        label=_("Network"),
        choices=[("linkedin", "LinkedIn"), ("x", "X")],
        widget=forms.RadioSelect,
    )
    read = forms.BooleanField(label=_("I have read the guidelines"))


@dataclass(frozen=True)
class SpecimenNetwork:
    """What ``network_icon`` needs of a network."""

    label: str = "Example"
    icon: str = "M12 2a10 10 0 1 0 .001 0zM8 8h8v2H8zm0 4h6v2H8z"


def gallery(request: HttpRequest) -> HttpResponse:
    if not getattr(request.user, "is_staff", False):
        raise Http404
    specimens = [specimen(name) for name in ("light", "dark")]
    return render(request, "ui/gallery.html", {"specimens": specimens})


def specimen(theme: str) -> dict[str, Any]:
    half_filled = {"title": "", "words": "Good people", "email": "ana@", "network": "x"}
    days = [date(2026, 9, 1) + timedelta(days=day) for day in range(60)]
    return {
        "theme": theme,
        "form": SpecimenForm(prefix=theme),
        "wrong_form": SpecimenForm(
            {f"{theme}-wrong-{name}": value for name, value in half_filled.items()},
            prefix=f"{theme}-wrong",
        ),
        "line": line_chart(
            str(_("Clicks per day")),
            days,
            [
                (
                    str(_("Human-likely")),
                    [40 + day * 3 + 25 * (day % 7 < 5) for day in range(60)],
                ),
                (str(_("Suspected machine")), [12 + day % 9 for day in range(60)]),
            ],
        ),
        "bars": bar_chart(
            str(_("Shares by team")),
            [("Field service", 64), ("Sales", 41), ("Care", 9)],
        ),
        "tabs": [
            {"url": "?tab=1", "label": "LinkedIn", "active": True},
            {"url": "?tab=2", "label": "X", "count": 2},
        ],
        "steps": [
            {"label": _("About you"), "done": True},
            {"label": _("Guidelines"), "current": True},
            {"label": _("First feed")},
        ],
        "crumbs": [{"label": _("Library"), "url": "?"}, {"label": _("New item")}],
        "page": Paginator(range(30), 10).page(2),
        "network": SpecimenNetwork(),
        "icons": icon_names(),
    }


def icon_names() -> list[str]:
    """Return the names in the sprite."""
    sprite = Path(settings.BASE_DIR) / "static" / "img" / "icons.svg"
    return re.findall(r'<symbol id="([^"]+)"', sprite.read_text())
