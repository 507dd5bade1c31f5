"""Admins: who belongs to the tenant, as what, in which team."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from common.forms import typed
from tenants.door import MemberRequest, door
from tenants.forms import RolesForm
from tenants.models import Membership, Role
from tenants.models.membership import MembershipQuerySet
from tenants.people import (
    PeopleRefused,
    change_member,
    deactivate_member,
    reactivate_member,
)
from tenants.views.answers import refuse, show_form
from tenants.views.sections import people_tabs

PER_PAGE = 50


@door(Role.ADMIN)
@require_safe
def people(request: MemberRequest) -> HttpResponse:
    """List the members, found by name, e-mail or team."""
    query = request.GET.get("q", "").replace("\0", "").strip()[:100]
    rows = matching(members(request), query).order_by("user__name", "pk")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "nav_active": "people",
        "tabs": people_tabs(request, "people"),
        "page_obj": page,
        "query": query,
    }
    return render(request, "tenants/people.html", context)


def members(request: MemberRequest) -> MembershipQuerySet:
    rows = Membership.objects.for_tenant(request.tenant)
    return rows.select_related("user", "team")


def matching(rows: MembershipQuerySet, query: str) -> MembershipQuerySet:
    for word in query.split()[:5]:
        rows = rows.filter(
            Q(user__name__icontains=word)
            | Q(user__email__icontains=word)
            | Q(team__name__icontains=word)
        )
    return rows


@door(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def member(request: MemberRequest, member_id: UUID) -> HttpResponse:
    """Show one member; change roles and team."""
    person = get_object_or_404(members(request), pk=member_id)
    form = RolesForm(
        typed(request),
        tenant=request.tenant,
        initial={"roles": person.roles, "team": person.team_id},
    )
    if form.is_valid():
        try:
            change_member(membership=person, by=request.membership, **form.cleaned_data)
        except PeopleRefused as refusal:
            refuse(form, refusal, "roles")
        else:
            messages.success(request, _("Saved."))
            return redirect("tenants:people", request.tenant.slug)
    return show_member(request, form, person)


def show_member(request: MemberRequest, form: RolesForm, person: Membership) -> Any:
    return show_form(
        request, "tenants/member.html", form, person=person, nav_active="people"
    )


@door(Role.ADMIN)
@require_POST
def deactivate(request: MemberRequest, member_id: UUID) -> HttpResponse:
    """Let the member out at once."""
    person = get_object_or_404(members(request), pk=member_id)
    try:
        deactivate_member(membership=person, by=request.membership, now=timezone.now())
    except PeopleRefused as refusal:
        messages.error(request, " ".join(refusal.sentences))
        return redirect("tenants:member", request.tenant.slug, person.pk)
    messages.success(
        request, _("%(name)s can no longer sign in here.") % {"name": person}
    )
    return redirect("tenants:people", request.tenant.slug)


@door(Role.ADMIN)
@require_POST
def reactivate(request: MemberRequest, member_id: UUID) -> HttpResponse:
    """Let the member in again."""
    person = get_object_or_404(members(request), pk=member_id)
    try:
        reactivate_member(membership=person, by=request.membership)
    except PeopleRefused as refusal:
        messages.error(request, " ".join(refusal.sentences))
    else:
        messages.success(request, _("%(name)s is back.") % {"name": person})
    return redirect("tenants:member", request.tenant.slug, person.pk)
