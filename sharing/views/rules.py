"""Admins: when, and how often, members' shares go out."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from common.forms import typed
from sharing.pacing import change_rules, find_rules
from sharing.rules_form import RulesForm
from tenants.door import MemberRequest, door
from tenants.models import Role
from tenants.people import PeopleRefused


@door(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def rules(request: MemberRequest) -> HttpResponse:
    form = RulesForm(typed(request), instance=find_rules(request.tenant.pk))
    if form.is_valid() and saved(request, form):
        messages.success(request, _("Saved."))
        return redirect("sharing:rules", request.tenant.slug)
    status = 422 if form.is_bound else 200
    context = {"form": form, "nav_active": "settings"}
    return render(request, "sharing/rules.html", context, status=status)


def saved(request: MemberRequest, form: RulesForm) -> bool:
    """Save; when it is refused, say so in the form."""
    try:
        change_rules(
            rules=form.instance, by=request.membership, fields=form.changed_data
        )
    except PeopleRefused as refusal:
        for sentence in refusal.sentences:
            form.add_error(None, sentence)
        return False
    return True
