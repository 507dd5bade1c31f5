"""The ways in that name no tenant yet: home, the workplaces, an invitation."""

from typing import Any

from allauth.account.adapter import get_adapter
from django import forms
from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from common.forms import typed
from tenants.forms import NewcomerForm, ProofForm
from tenants.invitations import InvitationClosed, accept_invitation, find_invitation
from tenants.models import Invitation, Membership, Tenant
from tenants.people import PeopleRefused
from tenants.scoping import across_tenants
from tenants.views.answers import refuse, show_form

FEED = "sharing:feed"
WELCOME = "guidelines:welcome"


@never_cache
@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Go to the workplace where the person was last, or to the only one."""
    tenants = own_tenants(request.user)
    last = [t for t in tenants if t.slug == request.session.get("tenant")]
    if last or len(tenants) == 1:
        return redirect(FEED, (last or tenants)[0].slug)
    return redirect("workplaces")


@never_cache
@login_required
@require_safe
def workplaces(request: HttpRequest) -> HttpResponse:
    """Choose among the workplaces; having none is no error."""
    context = {"tenants": own_tenants(request.user), "feed": FEED}
    return render(request, "tenants/workplaces.html", context)


def own_tenants(user: Any) -> list[Tenant]:
    reason = "a person's own workplaces"
    with across_tenants(reason=reason):
        rows = Membership.objects.across_tenants(reason=reason).active()
        rows = rows.filter(user=user, tenant__is_active=True)
        rows = rows.select_related("tenant").order_by("tenant__name", "pk")
        return [row.tenant for row in rows]


# -- An invitation -----------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Accept an invitation: as a new person, as the one signed in, or with a password."""
    try:
        found = find_invitation(token, timezone.now())
        if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
            translation.activate(found.tenant.language)
        return answer(request, token, found)
    except InvitationClosed:
        return render(request, "tenants/invitation_closed.html", status=410)


def answer(request: HttpRequest, token: str, found: Invitation) -> HttpResponse:
    known = User.objects.filter(email__iexact=found.email).first()
    if request.user.is_authenticated and request.user != known:
        context = {"invitation": found, "tenant": found.tenant}
        return render(request, "tenants/invitation_other.html", context, status=409)
    form = form_for(request, found, known)
    if form.is_valid():
        try:
            return enter(request, token, known, form)
        except PeopleRefused as refusal:
            refuse(form, refusal)
    return show_form(
        request,
        "tenants/invitation.html",
        form,
        invitation=found,
        tenant=found.tenant,
        known=known,
    )


def form_for(request: HttpRequest, found: Invitation, known: User | None) -> forms.Form:
    """Ask only for what is missing: nothing, a password, or name and password."""
    data = typed(request)
    if known is None:
        return NewcomerForm(data, email=found.email, initial={"name": found.name})
    if request.user.is_authenticated:
        return forms.Form(data)
    return ProofForm(data)


def enter(
    request: HttpRequest, token: str, known: User | None, form: forms.Form
) -> HttpResponse:
    """Make the membership, sign the person in and show the first page."""
    if known is not None and not request.user.is_authenticated:
        prove(request, known, form.cleaned_data["password"])
    member = accept_invitation(
        secret=token, user=known, now=timezone.now(), **newcomer(form)
    )
    if not request.user.is_authenticated:
        login(request, member.user)
    return redirect(WELCOME, member.tenant.slug)


def newcomer(form: forms.Form) -> dict[str, Any]:
    return form.cleaned_data if isinstance(form, NewcomerForm) else {}


def prove(request: HttpRequest, known: User, password: str) -> None:
    """Check the password as sign-in does, with its limits on guessing."""
    credentials = {"email": known.email, "password": password}
    try:
        user = get_adapter().authenticate(request, **credentials)
    except ValidationError as error:
        raise PeopleRefused(*error.messages) from None
    if user != known or not known.is_active:
        raise PeopleRefused(_("That is not the password of this e-mail address."))
