"""The design system's tags: the components that need Python. ``/ui/`` shows them all."""

import secrets
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from django import template
from django.forms import (
    BaseForm,
    BoundField,
    CheckboxInput,
    CheckboxSelectMultiple,
    RadioSelect,
)
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from common.preferences import THEMES

register = template.Library()

HIDDEN = SafeString('aria-hidden="true"')
HUES = ("teal", "blue", "violet", "magenta", "amber", "green")


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """Draw an icon of the sprite; without ``label`` it is decoration."""
    return format_html(
        '<svg class="icon" {}><use href="{}#{}"></use></svg>',
        accessible_name(label),
        static("img/icons.svg"),
        name,
    )


@register.simple_tag
def network_icon(network: Any, label: str = "") -> SafeString:
    """Draw a network's own mark from the path data that its module brings."""
    return format_html(
        '<svg class="icon icon--brand" viewBox="0 0 24 24" {}><path d="{}"></path></svg>',
        accessible_name(label),
        network.icon,
    )


def accessible_name(label: str) -> SafeString:
    if not label:
        return HIDDEN
    return format_html('role="img" aria-label="{}"', label)


@register.filter
def initials(name: object) -> str:
    """Return the first letters of the first and the last word of a name."""
    words = str(name).split()
    letters = [words[0], words[-1]] if len(words) > 1 else words
    return "".join(word[0] for word in letters).upper()


@register.simple_tag(takes_context=True)
def theme(context: template.Context) -> str:
    """Return the reader's choice of light or dark; the browser keeps it in a cookie."""
    request = context.get("request")
    chosen = request.COOKIES.get("theme") if request else None
    return chosen if chosen in THEMES else "auto"


@register.filter
def hue(tenant: Any) -> str:
    """Return the tenant's accent, or the product's own."""
    chosen = getattr(tenant, "hue", "")
    return chosen if chosen in HUES else HUES[0]


@register.simple_tag
def unique_id(prefix: str) -> str:
    """Return an id that stays unique when a fragment joins a page."""
    return f"{prefix}-{secrets.token_hex(4)}"


@register.inclusion_tag("components/nav_link.html", takes_context=True)
def nav_link(
    context: template.Context, url_name: str, symbol: str, label: str, **options: Any
) -> dict[str, Any]:
    """Link to a page, of the tenant where there is one.

    Options: ``key`` (compared with ``nav_active``), ``kind`` ("nav", "tabbar" or
    "menu"), ``count`` (a number shown at the end).
    """
    request = context.get("request")
    url = tenant_url(url_name, getattr(request, "tenant", None))
    active = context.get("nav_active")
    current = (
        active == options.get("key")
        if active
        else bool(request and request.path == url)
    )
    style = (
        "menu__item"
        if options.get("kind") == "menu"
        else f"{options.get('kind', 'nav')}__link"
    )
    return {
        "url": url,
        "symbol": symbol,
        "label": label,
        "count": options.get("count"),
        "current": current,
        "style": style,
    }


def tenant_url(url_name: str, tenant: Any) -> str:
    """Return the page's address, within the tenant if it has one there."""
    if tenant:
        with suppress(NoReverseMatch):
            return reverse(url_name, args=[tenant.slug])
    return reverse(url_name)


@register.inclusion_tag("components/field.html")
def field(bound: BoundField, **options: Any) -> dict[str, Any]:
    """Render a bound field with label, help and errors tied to it.

    Options: ``label`` and ``help`` replace the form's own; ``hide_label`` keeps the
    label for screen readers only; ``counter`` shows characters left of that maximum.
    """
    name = bound.id_for_label or bound.auto_id or bound.html_name
    help_text = options.get("help", bound.help_text)
    return {
        "field": bound,
        "kind": kind_of(bound),
        "label": options.get("label", bound.label),
        "help": help_text,
        "hide_label": options.get("hide_label", False),
        "counter": options.get("counter"),
        "id": name,
        "control": control(bound, name, help_text, options),
    }


def kind_of(bound: BoundField) -> str:
    widget = bound.field.widget
    if widget.is_hidden:
        return "hidden"
    if isinstance(widget, CheckboxSelectMultiple | RadioSelect):
        return "choices"
    return "checkbox" if isinstance(widget, CheckboxInput) else "input"


def control(
    bound: BoundField, name: str, help_text: str, options: dict[str, Any]
) -> SafeString:
    """Render the widget itself, pointing at its help and errors."""
    attrs: dict[str, Any] = dict(describing(bound, name, help_text))
    kind = kind_of(bound)
    if kind == "input":
        attrs["class"] = f"input {bound.field.widget.attrs.get('class', '')}".strip()
    hint = bound.field.widget.attrs.get("placeholder")
    if hint == str(bound.label) or "label" in options:
        attrs["placeholder"] = False  # allauth repeats its label there
    if options.get("counter"):
        attrs["data-counter"] = options["counter"]
    return bound.as_widget(attrs=attrs)


def describing(
    bound: BoundField, name: str, help_text: str
) -> Iterator[tuple[str, str]]:
    parts = [f"{name}-error"] if bound.errors else []
    parts += [f"{name}-help"] if help_text else []
    if parts:
        yield "aria-describedby", " ".join(parts)
    if bound.errors:
        yield "aria-invalid", "true"


@register.inclusion_tag("components/fields.html")
def fields(form: BaseForm) -> dict[str, Any]:
    """Render a whole form: summary of errors, hidden fields, then each field."""
    return {"form": form}
