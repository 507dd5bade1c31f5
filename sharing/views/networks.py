"""Admins: which networks this workplace uses, how, and with whose app."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from common.forms import typed
from common.throttle import allow
from sharing.configured import UnknownNetwork
from sharing.connectors.modes import Finding
from sharing.services import translated
from sharing.setting_up import (
    Overview,
    change_setup,
    check,
    read_overview,
    read_overviews,
)
from sharing.setup_form import SetupForm
from tenants.door import MemberRequest, door
from tenants.models import Role
from tenants.scoping import acting_for

TESTS = 20  # an hour, of one workplace


@door(Role.ADMIN)
@require_safe
def networks(request: MemberRequest) -> HttpResponse:
    overviews = read_overviews(request.tenant, timezone.now().date())
    context = {"overviews": overviews, "nav_active": "settings"}
    return render(request, "sharing/networks.html", context)


@sensitive_post_parameters()
@door(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def network(request: MemberRequest, network: str) -> HttpResponse:
    """One network: what to register, the app, the mode, and how it is doing."""
    overview = find(request, network)
    form = SetupForm(overview, typed(request))
    if form.is_valid():
        change_setup(
            by=request.membership,
            network=network,
            change=form.change,
            now=timezone.now(),
        )
        messages.success(request, _("Saved. It holds everywhere in a few seconds."))
        return redirect("sharing:network", request.tenant.slug, network)
    return show(request, overview, form, 422 if form.is_bound else 200)


@require_POST
@door(Role.ADMIN, transaction=False)
def test(request: MemberRequest, network: str) -> HttpResponse:
    """Ask the network about the app; nothing is stored."""
    with acting_for(request.tenant):
        overview = find(request, network)
    if allow("test-app", f"{request.tenant.pk}:{network}", limit=TESTS, seconds=3600):
        findings = check(overview)
    else:
        often = _("That was tested very often. Wait an hour, then test again.")
        findings = [Finding(None, often)]
    with acting_for(request.tenant):
        return show(request, overview, SetupForm(overview), findings=findings)


def find(request: MemberRequest, slug: str) -> Overview:
    try:
        return read_overview(request.tenant, slug, timezone.now().date())
    except UnknownNetwork:
        raise Http404 from None


def show(
    request: MemberRequest,
    overview: Overview,
    form: SetupForm,
    status: int = 200,
    findings: list[Finding] | None = None,
) -> HttpResponse:
    told = [(one.ok, translated(one.sentence)) for one in findings or ()]
    context: dict[str, Any] = {
        "overview": overview,
        "network": overview.network,
        "form": form,
        "findings": told,
        "nav_active": "settings",
    }
    return render(request, "sharing/network.html", context, status=status)
