"""Admins: what the tenant is called, looks like and whom members ask."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from common.forms import typed
from tenants.door import MemberRequest, door, find_tenant
from tenants.forms import SettingsForm
from tenants.models import Role
from tenants.people import PeopleRefused, change_settings
from tenants.views.answers import refuse, show_form


@door(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: MemberRequest) -> HttpResponse:
    """Change the tenant. The form gets a copy: the page's frame shows what is saved."""
    tenant = find_tenant(request.tenant.slug)
    form = SettingsForm(typed(request), instance=tenant)
    if form.is_valid():
        try:
            change_settings(
                tenant=tenant, by=request.membership, fields=form.changed_data
            )
        except PeopleRefused as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("tenants:settings", request.tenant.slug)
    return show_form(request, "tenants/settings.html", form, nav_active="settings")
