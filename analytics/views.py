"""The manager's dashboard, and each member's own shares."""

from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from analytics import definitions
from analytics.dashboard import PERIODS, Overview, TeamNotShown, overview
from analytics.export import export
from analytics.personal import own_shares
from analytics.presenting import present
from tenants import audit
from tenants.door import MemberRequest, door
from tenants.models import Role


@require_safe
@door(Role.MANAGER)
def dashboard(request: MemberRequest) -> HttpResponse:
    read = read_overview(request)
    page = "_dashboard" if request.htmx else "dashboard"
    context = {
        "overview": read,
        "shown": present(request.tenant, read),
        "definitions": definitions.BY_KEY,
        "periods": PERIODS,
        "csv_url": csv_url(request, read),
        "nav_active": "dashboard",
    }
    response = render(request, f"analytics/{page}.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_safe
@door(Role.MANAGER)
def dashboard_csv(request: MemberRequest) -> HttpResponse:
    read = read_overview(request)
    audit.record(
        "dashboard.exported",
        request.tenant,
        by=request.membership,
        days=read.days,
        team=str(read.team.id) if read.team else "",
    )
    return HttpResponse(
        "\ufeff" + export(read),  # without the mark a spreadsheet guesses the encoding
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="dashboard.csv"'},
    )


@require_safe
@door(Role.MANAGER)
def definitions_page(request: MemberRequest) -> HttpResponse:
    context = {"definitions": definitions.ALL, "nav_active": "dashboard"}
    return render(request, "analytics/definitions.html", context)


def read_overview(request: MemberRequest) -> Overview:
    """Read the numbers asked for; a period or team that is not offered is not found."""
    days = request.GET.get("days") or str(PERIODS[0])
    if days not in map(str, PERIODS):
        raise Http404
    try:
        team = request.GET.get("team", "")
        return overview(request.tenant, int(days), UUID(team) if team else None)
    except (ValueError, TeamNotShown):
        raise Http404 from None


def csv_url(request: MemberRequest, read: Overview) -> str:
    query = {"days": read.days} | ({"team": read.team.id} if read.team else {})
    address = reverse("analytics:dashboard_csv", args=[request.tenant.slug])
    return f"{address}?{urlencode(query)}"


@require_safe
@door()
def my_shares(request: MemberRequest) -> HttpResponse:
    """The member's own shares; asks again by itself while something is moving."""
    mine = own_shares(request.membership, request.GET.get("page"))
    if request.GET.get("seen") == mine.signature:
        return HttpResponse(status=204)
    page = "_my_shares" if request.htmx else "my_shares"
    context = {
        "mine": mine,
        "is_update": "seen" in request.GET,
        "definitions": definitions.BY_KEY,
        "nav_active": "my_shares",
    }
    response = render(request, f"analytics/{page}.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response
