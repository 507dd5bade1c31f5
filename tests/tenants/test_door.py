"""Fence 2: the door of ``/t/<slug>/…``, asked through a page that every member has."""

from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, transaction
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import get_resolver, reverse
from django.utils import timezone, translation

from accounts.models import User
from tenants.door import MemberRequest, door
from tenants.models import Membership, Role, Team, Tenant
from tenants.people import deactivate_member
from tenants.scoping import acting_for
from tests.routes import all_routes

pytestmark = pytest.mark.django_db
PAGE = "/t/acme/settings/tokens/"


def test_a_stranger_of_the_product_is_asked_to_sign_in(
    client: Client, acme: Tenant
) -> None:
    answer = client.get(PAGE + "?x=1")

    assert answer.status_code == 302
    assert answer["Location"] == f"/accounts/login/?next={PAGE}%3Fx%3D1"


def test_another_tenants_page_and_a_missing_one_look_the_same(
    client: Client, eve: Membership, acme: Tenant
) -> None:
    client.force_login(eve.user)

    theirs = client.get(PAGE)
    missing = client.get(PAGE.replace("acme", "nowhere"))

    assert (theirs.status_code, missing.status_code) == (404, 404)
    assert bare(theirs) == bare(missing)


def bare(answer: Any) -> list[str]:
    lines = answer.content.decode().splitlines()
    return [line for line in lines if "csrf" not in line and "/t/" not in line]


@pytest.mark.parametrize(
    "slug", ["ACME", "%00", "acme%00", "a" * 5000, "🎉", "%20acme"]
)
def test_an_invented_slug_is_a_404(client: Client, ana: Membership, slug: str) -> None:
    client.force_login(ana.user)

    assert client.get(f"/t/{slug}/settings/tokens/").status_code == 404


def test_a_closed_tenant_is_a_404(
    client: Client, ana: Membership, acme: Tenant
) -> None:
    acme.is_active = False
    acme.save()
    client.force_login(ana.user)

    assert client.get(PAGE).status_code == 404


def test_a_deactivated_member_of_two_is_a_stranger(
    client: Client, ana: Membership, ada: Membership, acme: Tenant, globex: Tenant
) -> None:
    with acting_for(globex):
        Membership.objects.create(tenant=globex, user=ana.user, roles=["employee"])
    with acting_for(acme):
        deactivate_member(membership=ana, by=ada, now=timezone.now())
    client.force_login(User.objects.get(pk=ana.user_id))

    assert client.get(PAGE).status_code == 404


def test_a_member_without_the_role_is_told_so(client: Client, ana: Membership) -> None:
    client.force_login(ana.user)

    assert client.get("/t/acme/people/").status_code == 403


def test_an_admin_opens_every_door(client: Client, ada: Membership) -> None:
    client.force_login(ada.user)

    for name in ("people", "settings", "tokens"):
        assert client.get(reverse(f"tenants:{name}", args=["acme"])).status_code == 200


def test_the_view_runs_for_its_tenant_in_its_language_and_time_zone(
    ana: Membership, acme: Tenant, globex: Tenant
) -> None:
    acme.language, acme.time_zone = "da", "America/New_York"
    acme.save()
    seen: list[Any] = []

    @door(Role.EMPLOYEE)
    def view(request: MemberRequest) -> HttpResponse:
        Team.objects.create(tenant=request.tenant, name="Sales")
        seen.extend([request.tenant, request.membership, translation.get_language()])
        seen.append(timezone.get_current_timezone_name())
        return HttpResponse("in")

    answer = view(visit(ana), slug="acme")

    assert seen == [acme, ana, "da", "America/New_York"]
    assert "no-store" in answer["Cache-Control"]


def test_a_view_that_speaks_http_holds_no_transaction(ana: Membership) -> None:
    seen: list[Any] = []

    @door(transaction=False)
    def view(request: MemberRequest) -> HttpResponse:
        with pytest.raises(DatabaseError), transaction.atomic():
            list(Membership.objects.for_tenant(request.tenant))
        seen.append(request.membership)
        return HttpResponse("in")

    view(visit(ana), slug="acme")

    assert seen == [ana]


def visit(who: Membership) -> Any:
    request = RequestFactory().get("/t/acme/")
    request.user, request.session = who.user, {}  # type: ignore[assignment]
    return request


def test_every_page_of_a_tenant_has_a_door() -> None:
    inside = [route for route in all_routes(get_resolver()) if "slug" in route.names]

    assert inside
    assert [r.path for r in inside if not hasattr(r.view, "door_roles")] == []
    assert settings.LOGIN_URL
