"""The one door into a tenant: ``/t/<slug>/…``.

A stranger, a closed tenant and a missing object all get the same 404; a member
without the role gets 403, which tells nothing that the member did not know.
"""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone, translation
from django.utils.cache import add_never_cache_headers
from django_htmx.middleware import HtmxDetails

from accounts.models import User
from common.composed import composed
from tenants.models import Membership, Tenant
from tenants.scoping import acting_for


class MemberRequest(HttpRequest):
    """A request that came through the door."""

    user: User
    tenant: Tenant
    membership: Membership
    htmx: HtmxDetails


View = Callable[..., HttpResponseBase]


def door(*roles: str, transaction: bool = True) -> Callable[[View], View]:
    """Let members of the tenant in, with any of ``roles`` when some are named.

    The view runs inside ``acting_for(tenant)``. With ``transaction=False`` it opens
    that itself, around its own rows: for the few views that speak HTTP.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, slug: str, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return ask_to_sign_in(request)
            tenant = find_tenant(slug)
            with acting_for(tenant):
                membership = find_membership(tenant, request.user)
                visitor = enter(request, tenant, membership)
                if roles and not membership.has_role(*roles):
                    raise PermissionDenied
                if transaction:
                    return answer(view, visitor, kwargs)
            return answer(view, visitor, kwargs)

        guarded.door_roles = roles  # type: ignore[attr-defined]
        guarded.admits = partial(admits, roles)  # type: ignore[attr-defined]
        return cast(View, guarded)

    return decorate


def admits(roles: tuple[str, ...], request: HttpRequest, slug: str, **_: Any) -> bool:
    """Tell whether the door would open, for who asks before the body is read."""
    try:
        tenant = find_tenant(slug)
        with acting_for(tenant):
            membership = find_membership(tenant, request.user)
    except Http404:
        return False
    return not roles or membership.has_role(*roles)


def ask_to_sign_in(request: HttpRequest) -> HttpResponseBase:
    """Lead to the sign-in page; a fragment's place on a page must not be taken by it."""
    if request.headers.get("HX-Request"):
        return HttpResponse(status=403)
    return redirect_to_login(request.get_full_path())


# Every page asks these.


@composed
def open_tenants(slug: str) -> QuerySet[Tenant]:
    return Tenant.objects.filter(slug=slug, is_active=True)


@composed
def active_memberships(tenant_id: UUID, user_id: UUID) -> QuerySet[Membership]:
    people = Membership.objects.for_tenant(tenant_id).active()
    return people.filter(user=user_id).select_related("user", "team")


def find_tenant(slug: str) -> Tenant:
    """Return the open tenant, or 404."""
    found = open_tenants(slug)
    if not found:
        raise Http404
    return found[0]


def find_membership(tenant: Tenant, user: Any) -> Membership:
    """Return the person's active membership, or 404."""
    found = active_memberships(tenant.pk, user.pk)
    if not found:
        raise Http404
    return found[0]


def enter(
    request: HttpRequest, tenant: Tenant, membership: Membership
) -> MemberRequest:
    """Put the tenant, the member, their language and their time zone on the request."""
    visitor = cast(MemberRequest, request)
    membership.tenant = visitor.tenant = tenant
    visitor.membership = membership
    translation.activate(membership.user.language or tenant.language)
    visitor.LANGUAGE_CODE = translation.get_language()
    timezone.activate(ZoneInfo(tenant.time_zone))
    if request.session.get("tenant") != tenant.slug:
        request.session["tenant"] = tenant.slug
    return visitor


def answer(
    view: View, request: MemberRequest, kwargs: dict[str, Any]
) -> HttpResponseBase:
    """Run the view and keep its answer out of shared caches."""
    response = view(request, **kwargs)
    if not response.has_header("Cache-Control"):
        add_never_cache_headers(response)
    return response
