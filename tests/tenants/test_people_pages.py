"""The people pages, as an admin uses them and as nobody else may."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tenants.models import Invitation, Membership, Role, Team, Tenant
from tenants.people import create_member
from tenants.scoping import acting_for

pytestmark = pytest.mark.django_db

BAD = {
    "nul": "bo\0@acme.example",
    "no address": "bo at acme",
    "long": "b" * 10_000 + "@acme.example",
    "emoji": "🎉",
    "nothing": "",
    "only commas": " , ;\n",
    "too many": "\n".join(f"p{n}@acme.example" for n in range(101)),
}


@pytest.fixture
def admin(client: Client, ada: Membership) -> Client:
    client.force_login(ada.user)
    return client


def page(name: str, *args: Any) -> str:
    return reverse(f"tenants:{name}", args=["acme", *args])


def test_members_are_found_by_name_mail_and_team(
    admin: Client, join: Any, acme: Tenant
) -> None:
    with acting_for(acme):
        lab = Team.objects.create(tenant=acme, name="Lab")
    join("bo", acme, team=lab)
    join("bente", acme)

    for query in ("bo", "BO@acme", "lab bo"):
        found = admin.get(page("people"), {"q": query}).context["page_obj"]
        assert [row.user.name for row in found] == ["Bo"]
    nobody = admin.get(page("people"), {"q": "100%_\0x"})
    assert "Nobody found" in nobody.content.decode()


def test_many_members_come_in_pages(
    admin: Client, join: Any, acme: Tenant, django_assert_max_num_queries: Any
) -> None:
    for number in range(55):
        join(f"person{number}", acme)

    admin.get(page("people"))
    with django_assert_max_num_queries(11):
        first = admin.get(page("people"))
    assert len(first.context["page_obj"]) == 50
    assert len(admin.get(page("people"), {"page": "2"}).context["page_obj"]) == 6
    assert admin.get(page("people"), {"page": "x"}).status_code == 200


def test_an_admin_changes_roles_and_team(
    admin: Client, ana: Membership, acme: Tenant
) -> None:
    with acting_for(acme):
        lab = Team.objects.create(tenant=acme, name="Lab")

    answer = admin.post(
        page("member", ana.pk), {"roles": ["manager"], "team": str(lab.pk)}
    )

    assert answer.status_code == 302
    with acting_for(acme):
        ana.refresh_from_db()
        assert (ana.roles, ana.team) == (["manager"], lab)


def test_the_last_admin_is_told_why_at_the_field(
    admin: Client, ada: Membership
) -> None:
    answer = admin.post(page("member", ada.pk), {"roles": ["employee"]})

    assert answer.status_code == 422
    assert "last admin" in answer.context["form"].errors["roles"][0]


def test_another_tenants_team_is_no_choice(
    admin: Client, ana: Membership, globex: Tenant
) -> None:
    with acting_for(globex):
        theirs = Team.objects.create(tenant=globex, name="Theirs")

    answer = admin.post(
        page("member", ana.pk), {"roles": ["employee"], "team": str(theirs.pk)}
    )

    assert answer.status_code == 422


def test_a_deactivated_member_is_out_at_the_next_request(
    admin: Client, ana: Membership, acme: Tenant
) -> None:
    theirs = Client()
    theirs.force_login(ana.user)
    assert theirs.get(page("tokens")).status_code == 200

    admin.post(page("deactivate", ana.pk))

    answer = theirs.get(page("tokens"))
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("account_login"))


def test_a_deactivated_member_of_two_keeps_the_other_workplace(
    admin: Client, ana: Membership, globex: Tenant
) -> None:
    create_member(tenant=globex, email=ana.user.email, name="Ana")
    theirs = Client()
    theirs.force_login(ana.user)

    admin.post(page("deactivate", ana.pk))

    assert theirs.get(page("tokens")).status_code == 404
    assert theirs.get(reverse("tenants:tokens", args=["globex"])).status_code == 200


def test_a_deactivated_member_can_be_let_in_again(
    admin: Client, ana: Membership, acme: Tenant
) -> None:
    admin.post(page("deactivate", ana.pk))
    admin.post(page("reactivate", ana.pk))

    with acting_for(acme):
        ana.refresh_from_db()
        assert ana.is_active


def test_several_people_are_invited_at_once(
    admin: Client,
    acme: Tenant,
    django_capture_on_commit_callbacks: Any,
) -> None:
    with django_capture_on_commit_callbacks() as rings:
        answer = admin.post(
            page("invite"),
            {
                "emails": "bo@acme.example, <Bente@acme.example>\nbo@acme.example",
                "roles": ["employee", "curator"],
            },
            follow=True,
        )

    assert "2 invitations are on their way." in answer.content.decode()
    assert len(rings) == 2
    with acting_for(acme):
        rows = Invitation.objects.for_tenant(acme).order_by("email")
        assert [row.email for row in rows] == ["bente@acme.example", "bo@acme.example"]


@pytest.mark.parametrize("emails", BAD.values(), ids=BAD)
def test_bad_addresses_are_refused_at_the_field_and_kept(
    admin: Client, acme: Tenant, emails: str
) -> None:
    answer = admin.post(page("invite"), {"emails": emails, "roles": ["employee"]})

    assert answer.status_code == 422
    assert answer.context["form"].errors["emails"]
    assert answer.context["form"]["emails"].value() == emails
    with acting_for(acme):
        assert not Invitation.objects.for_tenant(acme).exists()


def test_an_invitation_is_sent_again_and_taken_back(
    admin: Client, acme: Tenant
) -> None:
    admin.post(page("invite"), {"emails": "bo@acme.example", "roles": ["employee"]})
    with acting_for(acme):
        before = Invitation.objects.for_tenant(acme).get()

    admin.post(page("resend", before.pk))
    listed = admin.get(page("invitations")).content.decode()
    admin.post(page("revoke", before.pk))

    assert "bo@acme.example" in listed
    with acting_for(acme):
        after = Invitation.objects.for_tenant(acme).get()
        assert after.token_hash != before.token_hash
        assert after.revoked_at is not None
    assert admin.post(page("revoke", before.pk)).status_code == 404


def test_a_team_is_made_and_renamed(admin: Client, acme: Tenant) -> None:
    admin.post(page("teams"), {"name": "Lab"})
    with acting_for(acme):
        lab = Team.objects.for_tenant(acme).get()

    again = admin.post(page("teams"), {"name": " LAB "})
    admin.post(page("team", lab.pk), {"name": "Laboratory 🧪"})

    assert again.status_code == 422
    assert "Laboratory 🧪" in admin.get(page("teams")).content.decode()


def test_settings_are_changed_by_admins(admin: Client, acme: Tenant) -> None:
    changes = {
        "name": "Acme & Sons",
        "language": "da",
        "time_zone": "Europe/London",
        "hue": "violet",
        "help_name": "Cora",
        "help_email": "help@acme.example",
    }

    assert admin.post(page("settings"), changes).status_code == 302

    acme.refresh_from_db()
    assert {name: getattr(acme, name) for name in changes} == changes


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 121),
        ("name", "a\0b"),
        ("language", "xx"),
        ("time_zone", "Mars/Base"),
        ("hue", "#f00"),
        ("help_email", "javascript:alert(1)"),
    ],
)
def test_bad_settings_are_refused_at_the_field(
    admin: Client, acme: Tenant, field: str, value: str
) -> None:
    fine = {"name": "A", "language": "en", "time_zone": "UTC", "hue": "teal"}

    answer = admin.post(page("settings"), fine | {field: value})

    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    acme.refresh_from_db()
    assert acme.name == "Acme"


@pytest.mark.parametrize("role", [Role.EMPLOYEE, Role.CURATOR, Role.MANAGER])
@pytest.mark.parametrize(
    "name", ["people", "invite", "invitations", "teams", "settings"]
)
def test_other_roles_are_kept_out(
    client: Client, join: Any, acme: Tenant, name: str, role: str
) -> None:
    client.force_login(join("other", acme, role).user)

    assert client.get(page(name)).status_code == 403
    assert client.post(page(name), {"name": "Mine"}).status_code == 403


# -- API tokens --------------------------------------------------------------------------


def test_every_member_makes_a_token_which_is_shown_once(
    client: Client, ana: Membership
) -> None:
    client.force_login(ana.user)

    made = client.post(page("tokens"), {"name": "Script"})
    secret = made.context["secret"]

    assert secret in made.content.decode()
    assert "no-store" in made["Cache-Control"]
    assert secret not in client.get(page("tokens")).content.decode()
    assert client.post(page("tokens"), {"name": ""}).status_code == 422


def test_a_token_is_revoked_by_its_member_alone(
    client: Client, admin: Client, ana: Membership
) -> None:
    theirs = Client()
    theirs.force_login(ana.user)
    token = theirs.post(page("tokens"), {"name": "Script"}).context["tokens"][0]

    assert admin.post(page("revoke_token", token.pk)).status_code == 404
    assert theirs.post(page("revoke_token", token.pk)).status_code == 302
    assert "Script" not in theirs.get(page("tokens")).context["tokens"]
