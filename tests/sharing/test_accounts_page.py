"""Connecting and disconnecting, as a member sees it; the sandbox is the far side."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from sharing.models import Account, ConnectAttempt
from sharing.sandbox import Sandbox, Settings
from tenants.models import Membership
from tenants.scoping import acting_for
from tests import canaries
from tests.sharing.conftest import make_account

pytestmark = pytest.mark.django_db
ACCOUNTS = reverse("sharing:accounts", args=["acme"])
FEED = reverse("sharing:feed", args=["acme"])


@pytest.fixture
def web(client: Client, ana: Membership) -> Client:
    client.force_login(ana.user)
    return client


@pytest.fixture
def sandbox(settings: Any) -> Iterator[Sandbox]:
    with Sandbox(Settings(clients={"app": canaries.SECRET})) as sandbox:
        for network in ("LINKEDIN", "X"):
            settings.NETWORKS_ENVIRON[f"NETWORK_{network}_BASE_URL"] = sandbox.url
        yield sandbox


def begin(web: Client, network: str, **fields: str) -> str:
    connect = reverse("sharing:connect", args=["acme", network])
    return web.post(connect, fields)["Location"]


def path_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def accounts_of(member: Membership) -> list[Account]:
    with acting_for(member.tenant_id):
        rows = Account.objects.for_tenant(member.tenant_id).filter(membership=member)
        return list(rows.order_by("connected_at"))


def dance(web: Client, sandbox: Sandbox, network: str, **fields: str) -> str:
    """Walk to the page that asks for consent here, and return its address."""
    back = sandbox.consent(begin(web, network, **fields))
    return web.get(path_of(back))["Location"]


# -- The page ---------------------------------------------------------------------------


def test_it_shows_what_can_be_connected_and_what_that_allows(web: Client) -> None:
    page = web.get(ACCOUNTS).content.decode()

    for words in ("Connect LinkedIn", "Connect X", "each time you press Share"):
        assert words in page


def test_it_shows_my_accounts_and_nobody_elses(
    web: Client, ana: Membership, cora: Membership
) -> None:
    make_account(ana, "linkedin", name="Ana Berg")
    make_account(cora, "x", handle="cora-canary")

    page = web.get(ACCOUNTS).content.decode()

    assert "Ana Berg" in page
    assert "cora-canary" not in page
    assert "access-canary" not in page


def test_an_account_that_ended_offers_to_reconnect(
    web: Client, ana: Membership
) -> None:
    make_account(ana, "x", state=Account.State.NEEDS_RECONNECT)

    page = web.get(ACCOUNTS).content.decode()

    assert "Needs reconnecting" in page
    assert "Reconnect X" in page


def test_without_any_network_it_explains_whose_turn_it_is(
    web: Client, settings: Any
) -> None:
    settings.NETWORKS_ENVIRON = {}

    assert "Nothing to connect yet" in web.get(ACCOUNTS).content.decode()


def test_the_welcome_step_may_be_left_out(web: Client) -> None:
    page = web.get(reverse("sharing:welcome_accounts", args=["acme"]))

    assert f'href="{FEED}"' in page.content.decode()


# -- Connecting -------------------------------------------------------------------------


@pytest.mark.parametrize("network", ["linkedin", "x"])
def test_nothing_is_linked_before_the_member_has_seen_what_to_what(
    web: Client, ana: Membership, sandbox: Sandbox, network: str
) -> None:
    confirm = dance(web, sandbox, network, next=FEED)

    page = web.get(confirm).content.decode()
    assert accounts_of(ana) == []
    for words in ("Acme", "as <strong>Ana</strong>", "Link this account"):
        assert words in page

    answer = web.post(confirm, {"answer": "yes"})
    [account] = accounts_of(ana)
    assert (account.network, account.is_connected) == (network, True)
    assert answer["Location"] == FEED


def test_cancelling_here_links_nothing(
    web: Client, ana: Membership, sandbox: Sandbox
) -> None:
    confirm = dance(web, sandbox, "x")

    web.post(confirm, {"answer": "no"})

    assert accounts_of(ana) == []
    assert web.post(confirm, {"answer": "yes"})["Location"] == ACCOUNTS
    assert accounts_of(ana) == []


@pytest.mark.parametrize("network", ["linkedin", "x"])
def test_cancelling_at_the_network_ends_on_a_calm_page(
    web: Client, sandbox: Sandbox, network: str
) -> None:
    back = sandbox.consent(begin(web, network, next=FEED), allow=False)

    page = web.get(path_of(back))

    assert page.status_code == 200
    assert "You cancelled" in page.content.decode()
    assert f'href="{FEED}"' in page.content.decode()


def test_an_answer_is_good_once(web: Client, sandbox: Sandbox) -> None:
    back = path_of(sandbox.consent(begin(web, "x")))
    web.get(back)

    assert "too old or was used before" in web.get(back).content.decode()


def test_the_answer_of_another_persons_dance_is_refused(
    web: Client, client: Client, cora: Membership, sandbox: Sandbox
) -> None:
    back = path_of(sandbox.consent(begin(web, "linkedin")))
    other = Client()
    other.force_login(cora.user)

    assert "too old or was used before" in other.get(back).content.decode()


def test_a_network_that_breaks_ends_on_a_calm_page(
    web: Client, ana: Membership, sandbox: Sandbox
) -> None:
    back = path_of(sandbox.consent(begin(web, "x")))
    sandbox.fault("POST /api.x.com/2/oauth2/token", "drop_after")

    page = web.get(back)

    assert page.status_code == 200
    assert "Nothing was connected" in page.content.decode()
    assert accounts_of(ana) == []


@pytest.mark.parametrize("network", ["facebook", "\0", "x" * 5000, "X"])
def test_an_unknown_network_is_not_found(web: Client, network: str) -> None:
    callback = reverse("connect_callback", args=[network])

    assert web.get(callback, {"state": "x", "code": "y"}).status_code == 404
    assert (
        web.post(reverse("sharing:connect", args=["acme", network])).status_code == 404
    )


@pytest.mark.parametrize(
    "params",
    [{}, {"state": "\0"}, {"state": "x" * 10_000, "code": "y"}, {"error": "boom"}],
)
def test_a_callback_that_nobody_asked_for_ends_on_a_calm_page(
    web: Client, params: dict[str, str]
) -> None:
    page = web.get(reverse("connect_callback", args=["x"]), params)

    assert page.status_code == 200
    assert "Nothing was connected" in page.content.decode()


@pytest.mark.parametrize(
    "next_page", ["https://evil.example/", "//evil.example", "javascript:alert(1)"]
)
def test_connecting_never_leads_to_another_site(
    web: Client, sandbox: Sandbox, next_page: str
) -> None:
    confirm = dance(web, sandbox, "x", next=next_page)

    assert web.post(confirm, {"answer": "yes"})["Location"] == ACCOUNTS


def test_somebody_elses_attempt_is_not_mine_to_confirm(
    web: Client, cora: Membership, ana: Membership, sandbox: Sandbox
) -> None:
    confirm = dance(web, sandbox, "x")
    other = Client()
    other.force_login(cora.user)

    other.post(confirm, {"answer": "yes"})

    assert accounts_of(cora) == []
    with acting_for(ana.tenant_id):
        assert ConnectAttempt.objects.for_tenant(ana.tenant_id).get().done_at is None


def test_an_account_that_a_colleague_linked_is_refused_with_a_sentence(
    web: Client, cora: Membership, ana: Membership, sandbox: Sandbox
) -> None:
    other = Client()
    other.force_login(cora.user)
    other.post(dance(other, sandbox, "x"), {"answer": "yes"})

    page = web.post(dance(web, sandbox, "x"), {"answer": "yes"})

    assert "already linked to a colleague" in page.content.decode()
    assert accounts_of(ana) == []


# -- Disconnecting ----------------------------------------------------------------------


def test_disconnecting_asks_first_and_forgets_the_key(
    web: Client, ana: Membership, sandbox: Sandbox
) -> None:
    web.post(dance(web, sandbox, "x"), {"answer": "yes"})
    [account] = accounts_of(ana)
    address = reverse("sharing:disconnect", args=["acme", account.pk])

    assert "Disconnect X?" in web.get(address).content.decode()
    assert accounts_of(ana)[0].is_connected

    web.post(address)
    [gone] = accounts_of(ana)
    assert (gone.state, bytes(gone.access_token)) == ("disconnected", b"")
    assert web.post(address).status_code == 404


def test_accounts_of_others_are_not_found(
    web: Client, cora: Membership, eve: Membership
) -> None:
    for theirs in (make_account(cora, "x"), make_account(eve, "linkedin")):
        address = reverse("sharing:disconnect", args=["acme", theirs.pk])
        assert web.get(address).status_code == 404
        assert web.post(address).status_code == 404
