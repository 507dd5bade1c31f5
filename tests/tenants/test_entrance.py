"""The ways in: home, the workplaces, and an invitation from mail to first page."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from tenants import mailing
from tenants.invitations import invite, revoke
from tenants.models import Invitation, Membership, Tenant
from tenants.people import create_member, deactivate_member
from tenants.scoping import acting_for
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def invitation(ada: Membership, acme: Tenant) -> Invitation:
    with acting_for(acme):
        return invite(
            by=ada,
            email="bo@acme.example",
            name="Bo",
            roles=["employee"],
            now=timezone.now(),
        )


@pytest.fixture
def link(invitation: Invitation, mailoutbox: list[Any]) -> str:
    mailing.mail_invitation(
        str(invitation.tenant_id), str(invitation.pk), now=timezone.now()
    )
    return "/invitations/" + mailoutbox[0].body.split("/invitations/")[1].split()[0]


def members(tenant: Tenant) -> set[str]:
    with acting_for(tenant):
        rows = Membership.objects.for_tenant(tenant).active()
        return set(rows.values_list("user__email", flat=True))


# -- Home ------------------------------------------------------------------------------


def test_home_asks_a_stranger_to_sign_in(client: Client) -> None:
    assert client.get("/")["Location"] == "/accounts/login/?next=/"


def test_home_leads_to_the_only_workplace(client: Client, ana: Membership) -> None:
    client.force_login(ana.user)

    assert client.get("/")["Location"] == "/t/acme/"


def test_home_leads_to_the_workplace_of_last_time(
    client: Client, ana: Membership, globex: Tenant
) -> None:
    create_member(tenant=globex, email=ana.user.email, name="Ana")
    client.force_login(ana.user)
    assert client.get("/")["Location"] == "/workplaces/"

    client.get(reverse("tenants:tokens", args=["globex"]))

    assert client.get("/")["Location"] == "/t/globex/"


def test_home_is_calm_without_a_workplace(
    client: Client, ana: Membership, ada: Membership, acme: Tenant
) -> None:
    with acting_for(acme):
        deactivate_member(membership=ana, by=ada, now=timezone.now())
    client.force_login(User.objects.get(pk=ana.user_id))

    answer = client.get("/", follow=True)

    assert (answer.status_code, answer.context["tenants"]) == (200, [])


def test_a_closed_tenant_is_no_workplace(
    client: Client, ana: Membership, acme: Tenant
) -> None:
    acme.is_active = False
    acme.save()
    client.force_login(ana.user)

    assert client.get("/", follow=True).context["tenants"] == []
    assert client.get("/t/acme/").status_code == 404


def test_the_workplaces_are_only_ones_own(
    client: Client, ana: Membership, globex: Tenant
) -> None:
    client.force_login(ana.user)

    assert "Globex" not in client.get("/workplaces/").content.decode()


# -- An invitation ------------------------------------------------------------------------


def test_a_new_person_gives_a_name_and_a_password_and_is_in(
    client: Client, link: str, acme: Tenant
) -> None:
    form = client.get(link).context["form"]
    required = [name for name, field in form.fields.items() if field.required]

    answer = client.post(link, {"name": "Bo", "password": PASSWORD})

    assert required == ["name", "password"]
    assert answer.status_code == 302
    assert answer["Location"].startswith("/t/acme/")
    assert "bo@acme.example" in members(acme)
    assert client.get("/")["Location"] == "/t/acme/"


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"name": "", "password": PASSWORD}, "name"),
        ({"name": "B\0o", "password": PASSWORD}, "name"),
        ({"name": "x" * 121, "password": PASSWORD}, "name"),
        ({"name": "Bo", "password": "short"}, "password"),
        ({"name": "Bo", "password": "x" * 10_000}, "password"),
        ({"name": "Bo", "password": "bo@acme.example"}, "password"),
    ],
)
def test_what_is_wrong_is_said_at_the_field_and_the_link_stays_good(
    client: Client, link: str, acme: Tenant, typed: dict[str, str], field: str
) -> None:
    answer = client.post(link, typed)

    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert answer.context["form"]["name"].value() == typed["name"]
    assert not User.objects.filter(email="bo@acme.example").exists()
    assert client.get(link).status_code == 200


def test_a_mail_scanner_that_opens_the_link_uses_nothing_up(
    client: Client, link: str
) -> None:
    client.head(link)

    assert [client.get(link).status_code for _ in range(2)] == [200, 200]


def test_a_replayed_link_is_answered_calmly(client: Client, link: str) -> None:
    client.post(link, {"name": "Bo", "password": PASSWORD})

    replayed = Client().post(link, {"name": "Eve", "password": PASSWORD})

    assert replayed.status_code == 410
    assert "no longer works" in replayed.content.decode()


def test_an_expired_link_is_answered_calmly(
    client: Client, link: str, acme: Tenant
) -> None:
    with acting_for(acme):
        Invitation.objects.for_tenant(acme).update(
            expires_at=timezone.now() - timedelta(seconds=1)
        )

    assert client.get(link).status_code == 410
    assert client.post(link, {"name": "Bo", "password": PASSWORD}).status_code == 410


def test_a_revoked_link_is_answered_calmly(
    client: Client, link: str, invitation: Invitation, ada: Membership, acme: Tenant
) -> None:
    with acting_for(acme):
        revoke(invitation=invitation, by=ada, now=timezone.now())

    assert client.post(link, {"name": "Bo", "password": PASSWORD}).status_code == 410
    assert "bo@acme.example" not in members(acme)


@pytest.mark.parametrize("token", ["x", "%00", "🎉", "x" * 5000])
def test_an_invented_link_is_answered_calmly(client: Client, token: str) -> None:
    assert client.get(f"/invitations/{token}/").status_code == 410


def test_a_known_person_proves_it_with_the_password(
    client: Client, link: str, acme: Tenant, globex: Tenant
) -> None:
    create_member(tenant=globex, email="bo@acme.example", name="Bo", password=PASSWORD)

    wrong = client.post(link, {"password": "wrong horse battery"})
    right = client.post(link, {"password": PASSWORD})

    assert wrong.status_code == 422
    assert right.status_code == 302
    assert "bo@acme.example" in members(acme)


def test_guessing_the_password_of_a_known_person_is_slowed(
    client: Client, link: str, acme: Tenant, globex: Tenant
) -> None:
    create_member(tenant=globex, email="bo@acme.example", name="Bo", password=PASSWORD)
    for _ in range(5):
        client.post(link, {"password": "wrong horse battery"})

    assert client.post(link, {"password": PASSWORD}).status_code == 422
    assert "bo@acme.example" not in members(acme)


def test_a_signed_in_person_joins_by_one_press(
    client: Client, link: str, acme: Tenant, globex: Tenant
) -> None:
    member = create_member(tenant=globex, email="bo@acme.example", name="Bo")
    client.force_login(member.user)

    assert client.get(link).context["form"].fields == {}
    assert client.post(link).status_code == 302
    assert "bo@acme.example" in members(acme)


def test_somebody_else_who_is_signed_in_does_not_join(
    client: Client, link: str, eve: Membership, acme: Tenant
) -> None:
    client.force_login(eve.user)

    answer = client.post(link, {"name": "Eve", "password": PASSWORD})

    assert answer.status_code == 409
    assert members(acme) == {"ada@acme.example"}


def test_an_address_cannot_be_taken_before_its_owner_is_invited(
    client: Client, ana: Membership
) -> None:
    """allauth's page for changing one's address is closed: nobody verifies it."""
    client.force_login(ana.user)

    for path in ("/accounts/email/", "/accounts/confirm-email/x/"):
        answer = client.post(path, {"email": "boss@acme.example", "action_add": "1"})
        assert answer.status_code == 404
