"""``{% unseen_notices %}``: what a member has not seen yet, at the top of a page."""

from typing import Any

from django import template

from notifications.reading import unseen

register = template.Library()


@register.inclusion_tag("notifications/_notices.html", takes_context=True)
def unseen_notices(context: template.Context) -> dict[str, Any]:
    """Show the notices of the page's member, each with a button to put it away."""
    request = context["request"]
    return {
        "here": request.get_full_path(),
        "csrf_token": context.get("csrf_token"),
        "tenant": request.tenant,
        "notices": unseen(request.membership),
    }
