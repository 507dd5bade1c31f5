"""A member's own notices: opened, got, and no more by mail."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from common.redirects import next_path
from notifications import stopping
from notifications.models import Notice
from notifications.notifying import see
from notifications.reading import unseen
from tenants.door import MemberRequest, door


@require_safe
@door()
def open_notice(request: MemberRequest, notice_id: UUID) -> HttpResponse:
    """Lead to what a notice is about; whoever comes here has seen it."""
    notice = find_own(request, notice_id)
    see(tenant_id=request.tenant.pk, member=request.membership.pk, pk=notice.pk)
    return redirect(notice.address(request.tenant.slug) or "home")


@require_POST
@door()
def got(request: MemberRequest, notice_id: UUID | None = None) -> HttpResponse:
    """The member has seen one notice, or all of them."""
    which = {"pk": find_own(request, notice_id).pk} if notice_id else {}
    see(tenant_id=request.tenant.pk, member=request.membership.pk, **which)
    if request.htmx:
        context = {
            "notices": unseen(request.membership),
            "here": next_path(request),
            "is_update": True,
            "is_open": request.POST.get("open") == "yes",
        }
        return render(request, "notifications/_notices.html", context)
    return redirect(next_path(request) or "home")


def find_own(request: MemberRequest, notice_id: UUID) -> Notice:
    """Return the member's own notice, or 404."""
    mine = Notice.objects.for_tenant(request.tenant).filter(
        membership=request.membership
    )
    notice = mine.filter(pk=notice_id).first()
    if notice is None:
        raise Http404
    return notice


# A mail program presses for the reader, from nowhere and without a cookie.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def stop_notices(request: HttpRequest, token: str) -> HttpResponse:
    """Show one button, as mail programs open links by themselves; the press stops mails."""
    user = stopping.whose(token)
    if user is None:
        raise Http404
    if request.method == "POST":
        stopping.stop(user)
    return render(request, "notifications/stop.html", {"person": user})
