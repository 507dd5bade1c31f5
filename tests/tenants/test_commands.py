"""The commands that begin a tenant's life, each usable again without harm."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from tenants.models import ApiToken, Membership, Tenant
from tenants.people import deactivate_member
from tenants.scoping import acting_for
from tenants.tokens import find_api_token
from tests.conftest import PASSWORD

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def members(tenant: Tenant) -> list[Membership]:
    with acting_for(tenant):
        rows = Membership.objects.for_tenant(tenant).select_related("user", "team")
        return list(rows.order_by("user__email"))


def make_member(**changes: Any) -> None:
    options = {
        "tenant": "acme",
        "email": "Bo@Acme.example",
        "name": "Bo",
        "role": "employee",
    }
    call_command("create_member", **options | changes)


def test_a_tenant_is_made_once() -> None:
    call_command("create_tenant", slug="initech", name="Initech", language="da")
    call_command("create_tenant", slug="initech", name="Other", language="en")

    tenant = Tenant.objects.get(slug="initech")
    assert (tenant.name, tenant.language) == ("Initech", "da")


@pytest.mark.parametrize("slug", ["In itech", "-x", "x/y", "", "x" * 41])
def test_a_bad_slug_is_refused_in_a_sentence(slug: str) -> None:
    with pytest.raises(CommandError, match="slug: "):
        call_command("create_tenant", slug=slug, name="Initech")


def test_a_member_is_made_and_can_sign_in(acme: Tenant) -> None:
    make_member(team="Sales", password=PASSWORD)

    [member] = members(acme)
    assert (member.user.email, member.user.name) == ("bo@acme.example", "Bo")
    assert (member.roles, member.team.name) == (["employee"], "Sales")
    assert member.user.check_password(PASSWORD)


def test_again_adds_the_role_and_keeps_everything_else(acme: Tenant) -> None:
    make_member(team="Sales", password=PASSWORD)
    before = User.objects.get(email="bo@acme.example").password

    make_member(role="curator", password=PASSWORD)

    [member] = members(acme)
    assert (member.roles, member.team.name) == (["employee", "curator"], "Sales")
    assert member.user.password == before  # a new hash would end every session


def test_staff_see_the_gallery_and_stay_staff(acme: Tenant, client: Any) -> None:
    make_member(staff=True)
    make_member()
    [member] = members(acme)
    client.force_login(member.user)

    assert client.get("/ui/").status_code == 200


def test_again_does_not_let_a_deactivated_member_in(
    acme: Tenant, ada: Membership, capsys: Any
) -> None:
    make_member()
    with acting_for(acme):
        member = Membership.objects.for_tenant(acme).get(user__email="bo@acme.example")
        deactivate_member(membership=member, by=ada, now=NOON)

    make_member()

    assert "deactivated" in capsys.readouterr().out
    with pytest.raises(CommandError, match="no active member"):
        call_command("create_api_token", tenant="acme", email="bo@acme.example")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"tenant": "nowhere"}, "no tenant 'nowhere'"),
        ({"email": "not an address"}, "email: "),
        ({"name": "x" * 200}, "name: "),
        ({"team": "x" * 200}, "name: "),
        ({"role": "king"}, "invalid choice"),
    ],
)
def test_a_bad_member_is_refused_in_a_sentence(
    acme: Tenant, changes: dict[str, str], sentence: str
) -> None:
    with pytest.raises(CommandError, match=sentence):
        make_member(**changes)

    assert members(acme) == []
    assert not User.objects.exists()


def test_an_api_token_is_printed_alone_and_a_new_one_each_time(
    ana: Membership, acme: Tenant, capsys: Any
) -> None:
    call_command("create_api_token", tenant="acme", email="ANA@acme.example")
    first = capsys.readouterr().out
    call_command("create_api_token", tenant="acme", email="ana@acme.example")
    second = capsys.readouterr().out

    assert first.count("\n") == 1
    assert first != second
    assert {find_api_token(line.strip()).membership for line in (first, second)} == {
        ana
    }
    with acting_for(acme):
        assert ApiToken.objects.for_tenant(acme).count() == 2
