"""The three tabs of the people pages."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from tenants.door import MemberRequest
from tenants.models import Invitation


def people_tabs(request: MemberRequest, active: str) -> list[dict[str, Any]]:
    waiting = Invitation.objects.for_tenant(request.tenant).filter(
        accepted_at=None, revoked_at=None
    )
    tabs = [
        ("people", _("Members"), 0),
        ("invitations", _("Invitations"), waiting.count()),
        ("teams", _("Teams"), 0),
    ]
    return [
        {
            "url": reverse(f"tenants:{name}", args=[request.tenant.slug]),
            "label": label,
            "active": name == active,
            "count": count,
        }
        for name, label, count in tabs
    ]
