"""Admins: the teams whose numbers are shown together."""

from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from common.forms import typed
from tenants.door import MemberRequest, door
from tenants.forms import TeamForm
from tenants.models import Role, Team
from tenants.people import PeopleRefused, create_team, rename_team
from tenants.views.answers import refuse, show_form
from tenants.views.sections import people_tabs


@door(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def teams(request: MemberRequest) -> HttpResponse:
    """List the teams; make one."""
    form = TeamForm(typed(request))
    if form.is_valid():
        try:
            create_team(
                tenant=request.tenant,
                name=form.cleaned_data["name"],
                by=request.membership,
            )
        except PeopleRefused as refusal:
            refuse(form, refusal, "name")
        else:
            messages.success(request, _("The team is made."))
            return redirect("tenants:teams", request.tenant.slug)
    active = Count("members", filter=Q(members__deactivated_at=None))
    rows = Team.objects.for_tenant(request.tenant).annotate(size=active)
    return show_form(
        request,
        "tenants/teams.html",
        form,
        nav_active="people",
        tabs=people_tabs(request, "teams"),
        teams=rows.order_by("name", "pk"),
    )


@door(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def team(request: MemberRequest, team_id: UUID) -> HttpResponse:
    """Give a team another name."""
    found = get_object_or_404(Team.objects.for_tenant(request.tenant), pk=team_id)
    form = TeamForm(typed(request), initial={"name": found.name})
    if form.is_valid():
        try:
            rename_team(
                team=found, name=form.cleaned_data["name"], by=request.membership
            )
        except PeopleRefused as refusal:
            refuse(form, refusal, "name")
        else:
            messages.success(request, _("Saved."))
            return redirect("tenants:teams", request.tenant.slug)
    return show_form(
        request, "tenants/team.html", form, team=found, nav_active="people"
    )
