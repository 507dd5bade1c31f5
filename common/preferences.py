"""How a person likes to see the product: light or dark, and in which language."""

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

THEMES = ("light", "dark", "auto")
ONE_YEAR = 60 * 60 * 24 * 365


class PreferencesForm(forms.Form):
    theme = forms.ChoiceField(choices=[(name, name) for name in THEMES], required=False)
    language = forms.ChoiceField(choices=settings.LANGUAGES, required=False)


@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Keep the choice in a cookie, the language also with the person, and go back."""
    form = PreferencesForm(request.POST)
    chosen = form.cleaned_data if form.is_valid() else {}
    response = HttpResponseRedirect(way_back(request))
    if chosen.get("theme"):
        keep(response, "theme", chosen["theme"])
    if chosen.get("language"):
        keep(response, settings.LANGUAGE_COOKIE_NAME, chosen["language"])
        keep_with_person(request.user, chosen["language"])
    return response


def keep(response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(
        name,
        value,
        max_age=ONE_YEAR,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def keep_with_person(user: Any, language: str) -> None:
    if user.is_authenticated:
        user.language = language
        user.save(update_fields=["language"])


def way_back(request: HttpRequest) -> str:
    """Return the page the form was on, never another site."""
    path = request.POST.get("next", "")
    here = {request.get_host()}
    safe = url_has_allowed_host_and_scheme(
        path, here, require_https=request.is_secure()
    )
    return path if safe else "/"
