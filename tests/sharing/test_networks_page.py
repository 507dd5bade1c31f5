"""Admins set up networks: own apps, written once and shown never; modes; what works."""

from collections.abc import Callable
from typing import Any

import pytest
import responses
from django.test import Client
from django.urls import reverse

from sharing import circuit, setups
from sharing.configured import connector_for, mode_of
from sharing.connectors.modes import Mode
from sharing.models import NetworkSetup
from tenants.models import AuditEntry, Membership, Tenant
from tenants.scoping import acting_for
from tests import canaries
from tests.sharing.test_setups import set_up

pytestmark = pytest.mark.django_db
SECRET = f"{canaries.SECRET}-of-acme"
TOKEN_URL = "https://www.linkedin.com/oauth/v2/accessToken"


@pytest.fixture
def web(client: Client, ada: Membership) -> Client:
    client.force_login(ada.user)
    return client


def url(network: str = "linkedin", page: str = "network", slug: str = "acme") -> str:
    return reverse(f"sharing:{page}", args=[slug, network])


def read(web: Client, *args: str) -> str:
    return web.get(url(*args)).content.decode()


Save = Callable[..., Any]


@pytest.fixture
def save(web: Client, django_capture_on_commit_callbacks: Any) -> Save:
    """Return a function that saves a network's form."""

    def save(network: str = "linkedin", **fields: str) -> Any:
        with django_capture_on_commit_callbacks(execute=True):
            return web.post(url(network), {"mode": ""} | fields)

    return save


def rows(tenant: Tenant) -> list[NetworkSetup]:
    with acting_for(tenant):
        return list(NetworkSetup.objects.for_tenant(tenant))


# -- Who -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ana", "cora", "mo"])
def test_only_admins_come_here(
    client: Client, name: str, request: pytest.FixtureRequest, acme: Tenant
) -> None:
    client.force_login(request.getfixturevalue(name).user)

    everything = reverse("sharing:networks", args=["acme"])
    assert client.get(everything).status_code in (403, 404)
    assert client.get(url()).status_code in (403, 404)
    assert client.post(url(), {"mode": "off"}).status_code in (403, 404)
    assert client.post(url(page="network_test")).status_code in (403, 404)
    assert rows(acme) == []


def test_a_network_nobody_knows_is_not_found(web: Client) -> None:
    assert web.get(url("nowhere")).status_code == 404
    assert web.post(url("nowhere"), {"mode": "off"}).status_code == 404


# -- The list --------------------------------------------------------------------------


def test_every_network_stands_in_the_list_with_its_mode(web: Client) -> None:
    page = web.get(reverse("sharing:networks", args=["acme"])).content.decode()

    for words in ("LinkedIn", "Facebook", "XING", "Works", "By hand", "Off"):
        assert words in page


def test_a_network_that_refuses_the_app_needs_attention(
    web: Client, acme: Tenant
) -> None:
    circuit.pause("linkedin", "The app is gone.")

    listed = web.get(reverse("sharing:networks", args=["acme"])).content.decode()

    assert "Needs attention" in listed
    assert "The app is gone." in read(web)


# -- The app ---------------------------------------------------------------------------


def test_what_to_register_stands_there_letter_by_letter(web: Client) -> None:
    page = read(web)

    assert "/connect/linkedin/callback/" in page
    assert "w_member_social" in page
    assert "Share on LinkedIn" in page
    assert "docs/networks/linkedin.md" in page


def test_the_secret_goes_in_and_never_out(
    web: Client, save: Save, acme: Tenant, globex: Tenant
) -> None:
    answer = save(client_id="acmes", client_secret=SECRET)

    assert answer.status_code == 302
    page = read(web)
    assert SECRET not in page
    assert "A secret was saved on" in page
    [row] = rows(acme)
    assert SECRET.encode() not in bytes(row.client_secret)
    assert connector_for("linkedin", acme.pk).credentials.client_secret == SECRET
    assert connector_for("linkedin", globex.pk).credentials.client_id == "app"


def test_saving_again_without_a_secret_keeps_it(save: Save, acme: Tenant) -> None:
    save(client_id="acmes", client_secret=SECRET)

    save(client_id="acmes", mode="assisted")

    assert setups.setups_of(acme.pk)["linkedin"].client_secret == SECRET
    assert mode_of("linkedin", acme.pk) == Mode.ASSISTED


def test_another_app_needs_its_own_secret(save: Save, acme: Tenant) -> None:
    save(client_id="acmes", client_secret=SECRET)

    answer = save(client_id="another")

    assert answer.status_code == 422
    assert "Enter the secret of this app." in answer.content.decode()
    assert setups.setups_of(acme.pk)["linkedin"].client_id == "acmes"


def test_a_refused_form_does_not_say_the_secret(save: Save) -> None:
    answer = save(client_secret=SECRET)

    assert answer.status_code == 422
    assert SECRET not in answer.content.decode()


def test_emptying_the_key_removes_the_secret_with_it(save: Save, acme: Tenant) -> None:
    save(client_id="acmes", client_secret=SECRET)

    save(client_id="")

    [row] = rows(acme)
    assert (row.client_id, bytes(row.client_secret)) == ("", b"")
    assert connector_for("linkedin", acme.pk).credentials.client_id == "app"


def test_who_changed_what_is_noted_and_the_secret_is_not(
    save: Save, acme: Tenant, ada: Membership
) -> None:
    save(client_id="acmes", client_secret=SECRET)

    with acting_for(acme):
        [entry] = AuditEntry.objects.filter(tenant=acme, action="network.set_up")
    assert entry.actor_id == ada.pk
    assert entry.details == {
        "network": "linkedin",
        "changed": ["client_id", "client_secret"],
    }


def test_options_are_those_the_network_names(save: Save, acme: Tenant) -> None:
    save(
        "x",
        mode="api",
        **{"option-tenant_per_month": "40", "option-base_url": "http://evil"},
    )

    assert rows(acme)[0].options == {"tenant_per_month": "40"}


@pytest.mark.parametrize("wrong", ["0", "-1", "many"])
def test_an_odd_number_is_refused_at_its_field(
    save: Save, acme: Tenant, wrong: str
) -> None:
    answer = save("x", **{"option-tenant_per_month": wrong})

    assert answer.status_code == 422
    assert rows(acme) == []


def test_the_quota_of_a_month_stands_on_the_page(web: Client, acme: Tenant) -> None:
    set_up(acme, "x", mode="api", options={"tenant_per_month": "40"})

    assert "0 of 40 posts used" in read(web, "x")


def test_a_mode_that_a_network_does_not_know_is_refused(
    save: Save, acme: Tenant
) -> None:
    assert save("xing", mode="api").status_code == 422
    assert rows(acme) == []


# -- Another tenant --------------------------------------------------------------------


def test_another_tenant_sees_nothing_of_it(
    client: Client, acme: Tenant, eve: Membership
) -> None:
    set_up(acme, "linkedin", client_id="acmes-own-app", secret=SECRET)
    client.force_login(eve.user)

    page = client.get(url(slug="globex")).content.decode()

    assert "acmes-own-app" not in page
    assert "A secret was saved on" not in page
    assert client.get(url()).status_code == 404


# -- The test --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            {"status": 400, "json": {"error": "invalid_grant"}},
            "LinkedIn knows the app, and takes its secret.",
        ),
        (
            {"status": 401, "json": {"error": "invalid_client"}},
            "LinkedIn does not accept this app.",
        ),
        ({"status": 503}, "LinkedIn cannot be reached at the moment."),
        ({"status": 200, "body": "<html>"}, "did not tell whether it knows the app"),
    ],
)
def test_the_test_asks_the_network_with_the_tenants_own_app(
    web: Client, acme: Tenant, answer: dict[str, Any], words: str
) -> None:
    set_up(acme, "linkedin", client_id="acmes", secret=SECRET)

    with responses.RequestsMock() as wire:
        wire.add(responses.POST, TOKEN_URL, **answer)
        page = web.post(url(page="network_test")).content.decode()
        sent = str(wire.calls[0].request.body)

    assert words in page
    assert "client_id=acmes" in sent
    assert SECRET not in page


def test_without_an_app_there_is_nothing_to_test(web: Client, settings: Any) -> None:
    settings.NETWORKS_ENVIRON = {}

    page = web.post(url(page="network_test")).content.decode()

    assert "There is no app to publish through." in page
