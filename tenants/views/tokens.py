"""Every member: keys to the REST API, made and revoked."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from common.forms import typed
from tenants.door import MemberRequest, door
from tenants.forms import TokenForm
from tenants.models import ApiToken
from tenants.scoping import TenantQuerySet
from tenants.tokens import create_api_token, revoke_api_token
from tenants.views.answers import show_form


@door()
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_variables("secret")
def tokens(request: MemberRequest) -> HttpResponse:
    """List the member's own keys; make one, which this answer alone shows."""
    form, secret = TokenForm(typed(request)), ""
    if form.is_valid():
        secret = create_api_token(
            membership=request.membership, name=form.cleaned_data["name"]
        )
        form = TokenForm()
    return show_form(
        request,
        "tenants/tokens.html",
        form,
        nav_active="tokens",
        secret=secret,
        tokens=own_tokens(request).order_by("-created_at", "-pk"),
    )


def own_tokens(request: MemberRequest) -> TenantQuerySet[ApiToken]:
    live = ApiToken.objects.for_tenant(request.tenant).filter(revoked_at=None)
    return live.filter(membership=request.membership)


@door()
@require_POST
def revoke_token(request: MemberRequest, token_id: UUID) -> HttpResponse:
    """Make one of the member's own keys useless."""
    token = get_object_or_404(own_tokens(request), pk=token_id)
    revoke_api_token(token, by=request.membership, now=timezone.now())
    messages.success(request, _("%(name)s is revoked.") % {"name": token.name})
    return redirect("tenants:tokens", request.tenant.slug)
