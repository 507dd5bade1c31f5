"""Admins: ask people in, send again, take back."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from common.forms import typed
from tenants.door import MemberRequest, door
from tenants.forms import InviteForm
from tenants.invitations import invite_all, resend, revoke
from tenants.models import Invitation, Role
from tenants.people import PeopleRefused
from tenants.scoping import TenantQuerySet
from tenants.views.answers import refuse, show_form
from tenants.views.sections import people_tabs


@door(Role.ADMIN)
@require_safe
def invitations(request: MemberRequest) -> HttpResponse:
    """List the invitations that wait for an answer."""
    now = timezone.now()
    rows = waiting(request).order_by("-invited_at", "-pk")[:500]
    context = {
        "nav_active": "people",
        "tabs": people_tabs(request, "invitations"),
        "invitations": [(row, row.has_expired(now)) for row in rows],
    }
    return render(request, "tenants/invitations.html", context)


def waiting(request: MemberRequest) -> TenantQuerySet[Invitation]:
    rows = Invitation.objects.for_tenant(request.tenant).select_related("team")
    return rows.filter(accepted_at=None, revoked_at=None)


@door(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: MemberRequest) -> HttpResponse:
    """Ask one or several people in."""
    form = InviteForm(
        typed(request), tenant=request.tenant, initial={"roles": [Role.EMPLOYEE]}
    )
    if form.is_valid():
        try:
            invite_all(by=request.membership, now=timezone.now(), **form.cleaned_data)
        except PeopleRefused as refusal:
            refuse(form, refusal, "emails")
        else:
            messages.success(request, sent(len(form.cleaned_data["emails"])))
            return redirect("tenants:invitations", request.tenant.slug)
    return show_form(request, "tenants/invite.html", form, nav_active="people")


def sent(count: int) -> str:
    sentence = ngettext(
        "%(count)d invitation is on its way.",
        "%(count)d invitations are on their way.",
        count,
    )
    return sentence % {"count": count}


@door(Role.ADMIN)
@require_POST
def resend_invitation(request: MemberRequest, invitation_id: UUID) -> HttpResponse:
    """Mail a new link."""
    invitation = get_object_or_404(waiting(request), pk=invitation_id)
    try:
        resend(invitation=invitation, by=request.membership, now=timezone.now())
    except PeopleRefused as refusal:
        messages.error(request, " ".join(refusal.sentences))
    else:
        messages.success(
            request,
            _("A new link is on its way to %(email)s.") % {"email": invitation.email},
        )
    return redirect("tenants:invitations", request.tenant.slug)


@door(Role.ADMIN)
@require_POST
def revoke_invitation(request: MemberRequest, invitation_id: UUID) -> HttpResponse:
    """Take the invitation back."""
    invitation = get_object_or_404(waiting(request), pk=invitation_id)
    try:
        revoke(invitation=invitation, by=request.membership, now=timezone.now())
    except PeopleRefused as refusal:
        messages.error(request, " ".join(refusal.sentences))
    else:
        messages.success(
            request,
            _("The invitation of %(email)s is taken back.")
            % {"email": invitation.email},
        )
    return redirect("tenants:invitations", request.tenant.slug)
