"""How a form's answer is given: 422 with what was typed, and refusals as its errors."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tenants.people import PeopleRefused


def show_form(
    request: HttpRequest, template: str, form: forms.BaseForm, **context: Any
) -> HttpResponse:
    """Render a page around its form: 200 when it is fresh, 422 when it came back."""
    status = 422 if form.is_bound and not form.is_valid() else 200
    return render(request, template, context | {"form": form}, status=status)


def refuse(
    form: forms.BaseForm, refusal: PeopleRefused, field: str | None = None
) -> None:
    """Put the refusal where the person typed."""
    for sentence in refusal.sentences:
        form.add_error(field, sentence)
