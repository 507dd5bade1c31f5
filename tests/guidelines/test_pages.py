"""Members read the guidelines and say so."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from guidelines import services
from guidelines.models import Acknowledgement, GuidelineVersion
from guidelines.services import RuleText
from tenants.models import Membership, Tenant
from tenants.scoping import acting_for

from .conftest import Write

pytestmark = pytest.mark.django_db


@pytest.fixture
def address(client: Client, ana: Membership) -> str:
    """The address of Acme's guidelines; Ana is signed in."""
    client.force_login(ana.user)
    return reverse("guidelines:guidelines", args=["acme"])


def say_read(client: Client, *versions: GuidelineVersion, **data: str):
    url = reverse("guidelines:acknowledge", args=["acme"])
    return client.post(url, {"version": [str(v.pk) for v in versions], **data})


def readers(tenant: Tenant) -> set[str]:
    with acting_for(tenant):
        rows = Acknowledgement.objects.for_tenant(tenant)
        return {row.membership.user.name for row in rows}


def test_a_member_reads_pairs_with_version_date_and_example(
    write: Write, client: Client, address: str, cora: Membership
) -> None:
    write(cora)

    html = client.get(address).content.decode()

    for words in (
        "Say where you work",
        "Hide it",
        "I work at Acme",
        "Version 1",
        "2026-09-01",
        "Be yourself.",
        "I have read them",
    ):
        assert words in html


def test_do_and_dont_are_told_apart_by_word_not_by_colour_alone(
    write: Write, client: Client, address: str, cora: Membership
) -> None:
    write(cora)

    html = client.get(address).content.decode()

    assert "</svg>Do</p>" in html
    assert "</svg>Don't</p>" in html


@pytest.mark.parametrize("with_guidelines", [True, False])
def test_the_help_contact_is_always_there(
    with_guidelines: bool,
    write: Write,
    client: Client,
    address: str,
    cora: Membership,
    acme: Tenant,
) -> None:
    acme.help_name, acme.help_email = "Mette", "mette@acme.example"
    acme.save()
    if with_guidelines:
        write(cora)

    html = client.get(address).content.decode()

    assert "Ask Mette" in html
    assert "mailto:mette@acme.example" in html


def test_saying_that_one_has_read_them_is_kept_and_the_button_goes(
    write: Write, client: Client, address: str, cora: Membership, acme: Tenant
) -> None:
    version = write(cora)

    response = say_read(client, version)

    assert response.url == address
    assert readers(acme) == {"Ana"}
    html = client.get(address).content.decode()
    assert "I have read them" not in html
    assert "You have read this" in html


def test_a_member_returns_to_where_they_came_from(
    write: Write, client: Client, address: str, cora: Membership
) -> None:
    version = write(cora)
    back = "/t/acme/items/1/share/?tab=x"

    assert f'value="{back}"' in client.get(address, {"next": back}).content.decode()
    assert say_read(client, version, next=back).url == back


@pytest.mark.parametrize(
    "trap",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
    ],
)
def test_nobody_is_sent_to_another_site(
    trap: str, write: Write, client: Client, address: str, cora: Membership
) -> None:
    version = write(cora)

    assert client.get(address, {"next": trap}).context["next"] == ""
    assert say_read(client, version, next=trap).url == address


def test_only_what_was_shown_counts_as_read(
    write: Write, client: Client, address: str, cora: Membership, acme: Tenant
) -> None:
    shown = write(cora)
    write(cora, guideline=shown.guideline)

    response = say_read(client, shown, next="/t/acme/")

    assert readers(acme) == set()
    assert response.url == f"{address}?next=%2Ft%2Facme%2F"


def test_another_tenants_version_cannot_be_acknowledged(
    write: Write,
    client: Client,
    address: str,
    cora: Membership,
    eve: Membership,
    acme: Tenant,
    globex: Tenant,
) -> None:
    write(cora)
    theirs = write(eve)

    say_read(client, theirs)

    assert readers(acme) == readers(globex) == set()


@pytest.mark.parametrize("name", ["guidelines", "welcome", "new", "acknowledge"])
def test_a_stranger_finds_no_guidelines(
    name: str, client: Client, acme: Tenant, eve: Membership
) -> None:
    client.force_login(eve.user)

    assert client.get(reverse(f"guidelines:{name}", args=["acme"])).status_code == 404


def test_an_earlier_version_stays_readable(
    write: Write, client: Client, address: str, cora: Membership
) -> None:
    old = write(cora)
    write(cora, RuleText("Something new"), guideline=old.guideline)

    assert f"/versions/{old.pk}/" in client.get(address).content.decode()
    html = client.get(reverse("guidelines:version", args=["acme", old.pk])).content
    assert b"Say where you work" in html
    assert b"Read what holds now" in html


@pytest.mark.parametrize(("role", "status"), [("ana", 404), ("cora", 200)])
def test_a_draft_is_read_by_curators_alone(
    role: str,
    status: int,
    write: Write,
    client: Client,
    cora: Membership,
    request: pytest.FixtureRequest,
) -> None:
    draft = write(cora, publish=False)
    client.force_login(request.getfixturevalue(role).user)

    url = reverse("guidelines:version", args=["acme", draft.pk])

    assert client.get(url).status_code == status


def test_the_page_costs_the_same_for_one_guideline_and_for_five(
    write: Write, client: Client, address: str, cora: Membership
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    first = write(cora)
    write(cora, guideline=first.guideline)
    client.get(address)
    before = queries()
    for title in "ABCD":
        write(cora, title=title)

    assert queries() == before


# -- The welcome ------------------------------------------------------------------------------


@pytest.fixture
def welcome(address: str) -> str:
    return reverse("guidelines:welcome", args=["acme"])


def test_a_new_member_sees_five_cards_and_one_button(
    write: Write, client: Client, welcome: str, cora: Membership
) -> None:
    write(cora, *(RuleText(f"Point {number}") for number in range(7)))

    html = client.get(welcome).content.decode()

    cards, more = html.split("<details", 1)
    assert [n for n in range(7) if f"Point {n}" in cards] == [0, 1, 2, 3, 4]
    assert "2 more points" in more
    assert html.count('<button class="button button--primary') == 1


def test_got_it_acknowledges_everything_shown_and_goes_on(
    write: Write, client: Client, welcome: str, cora: Membership, ana: Membership
) -> None:
    shown = [write(cora), write(cora, title="Photos")]

    response = client.post(welcome, {"version": [str(v.pk) for v in shown]})

    assert response.url == reverse("sharing:welcome_accounts", args=["acme"])
    with acting_for(ana.tenant_id):
        assert services.unacknowledged(ana) == []


def test_where_there_is_nothing_to_read_the_welcome_goes_on(
    client: Client, welcome: str
) -> None:
    assert client.get(welcome).url == reverse("sharing:welcome_accounts", args=["acme"])
