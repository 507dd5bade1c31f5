"""Networks of many servers: what a member types, our app at each server, whose account it is."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from sharing import publishing
from sharing.models import Account, ServerApp, State
from sharing.sandbox import Sandbox
from sharing.tokens import open_tokens
from tenants.models import Membership
from tenants.scoping import acting_for
from tests.sharing.conftest import Press, fresh, make_account

pytestmark = pytest.mark.django_db
NETWORK = "mastodon"
ASK = reverse("sharing:connect_ask", args=["acme", NETWORK])
ACCOUNTS = reverse("sharing:accounts", args=["acme"])
FEED = reverse("sharing:feed", args=["acme"])
HOST = "social.example"


@pytest.fixture
def web(client: Client, ana: Membership) -> Client:
    client.force_login(ana.user)
    return client


@pytest.fixture(autouse=True)
def sandbox(settings: Any) -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        settings.NETWORKS_ENVIRON = {
            "NETWORK_MASTODON_ENABLED": "1",
            "NETWORK_MASTODON_BASE_URL": sandbox.url,
        }
        yield sandbox


def leave(web: Client, server: str = HOST, **fields: str) -> str:
    """Type a server, and return the address that the page leads on to."""
    page = web.post(ASK, {"server": server, **fields})
    assert page.status_code == 200, page.content.decode()
    return page["Refresh"].partition("url=")[2]


def dance(web: Client, sandbox: Sandbox, server: str = HOST, **walk: Any) -> Any:
    """Walk over the server's consent page, and return the answer to the way back."""
    parts = urlsplit(sandbox.consent(leave(web, server), **walk))
    return web.get(f"{parts.path}?{parts.query}")


def link(web: Client, sandbox: Sandbox, server: str = HOST, **walk: Any) -> Any:
    return web.post(dance(web, sandbox, server, **walk)["Location"], {"answer": "yes"})


def accounts_of(member: Membership) -> list[Account]:
    with acting_for(member.tenant_id):
        rows = Account.objects.for_tenant(member.tenant_id).filter(membership=member)
        return list(rows.order_by("connected_at"))


def apps_of(member: Membership) -> list[ServerApp]:
    with acting_for(member.tenant_id):
        return list(ServerApp.objects.for_tenant(member.tenant_id))


def registrations(sandbox: Sandbox) -> list[str]:
    return [one["path"] for one in sandbox.requests if one["path"].endswith("/apps")]


# -- What is typed ----------------------------------------------------------------------


def test_the_button_leads_to_the_page_that_asks(web: Client) -> None:
    answer = web.post(
        reverse("sharing:connect", args=["acme", NETWORK]), {"next": FEED}
    )

    where = urlsplit(answer["Location"])
    assert where.path == ASK
    assert parse_qs(where.query) == {"next": [FEED]}
    page = web.get(answer["Location"]).content.decode()
    for words in ("Connect Mastodon", "Your server", "each time you press Share", FEED):
        assert words in page


@pytest.mark.parametrize(
    "typed",
    ["localhost", "127.0.0.1", "http://social.example", "a b", "", "\0", "x" * 999],
)
def test_what_is_no_server_is_said_at_the_field_and_kept(
    web: Client, sandbox: Sandbox, typed: str
) -> None:
    page = web.post(ASK, {"server": typed})

    assert page.status_code == 422
    html = page.content.decode()
    assert 'aria-invalid="true"' in html
    if typed in ("localhost", "127.0.0.1"):
        assert f'value="{typed}"' in html
    assert sandbox.requests == []


def test_a_server_that_is_none_of_that_network_is_said_at_the_field(
    web: Client, sandbox: Sandbox
) -> None:
    sandbox.fault(
        "POST /social.example/api/v1/apps", "status", status=404, body="<html>"
    )

    page = web.post(ASK, {"server": HOST})

    assert page.status_code == 422
    assert f"No Mastodon server answers at {HOST}" in page.content.decode()


def test_a_network_that_asks_nothing_has_no_such_page(
    web: Client, settings: Any
) -> None:
    settings.NETWORKS_ENVIRON |= {"NETWORK_X_CLIENT_ID": "app"}

    for network in ("x", "nowhere", "facebook"):
        ask = reverse("sharing:connect_ask", args=["acme", network])
        assert web.get(ask).status_code == 404


def test_trying_very_often_is_slowed_down(web: Client, sandbox: Sandbox) -> None:
    for _ in range(30):
        web.post(ASK, {"server": "localhost"})

    page = web.post(ASK, {"server": HOST})

    assert "Wait an hour" in page.content.decode()
    assert registrations(sandbox) == []


def test_a_network_that_is_switched_off_is_not_offered(
    web: Client, settings: Any
) -> None:
    settings.NETWORKS_ENVIRON |= {"NETWORK_MASTODON_ENABLED": "0"}

    assert web.get(ASK).status_code == 404
    assert "Mastodon" not in web.get(ACCOUNTS).content.decode()


def test_networks_without_an_app_are_offered_unless_switched_off(
    web: Client, settings: Any
) -> None:
    settings.NETWORKS_ENVIRON = {}
    assert web.get(ASK).status_code == 404

    settings.NETWORKS_WITHOUT_APP = True
    assert web.get(ASK).status_code == 200


def test_who_reconnects_need_not_type_the_server_again(
    web: Client, ana: Membership, cora: Membership
) -> None:
    ended = {"state": Account.State.NEEDS_RECONNECT}
    make_account(ana, NETWORK, server=f"https://{HOST}", **ended)
    make_account(cora, NETWORK, server="https://other.example", **ended)

    page = web.get(ASK).content.decode()

    assert f'value="{HOST}"' in page
    assert "other.example" not in page


# -- The dance --------------------------------------------------------------------------


def test_a_member_connects_with_their_server_and_shares(
    web: Client, ana: Membership, sandbox: Sandbox, press: Press
) -> None:
    confirm = dance(web, sandbox, person="Signe Holm")["Location"]
    assert accounts_of(ana) == []
    assert f"signe_holm@{HOST}" in web.get(confirm).content.decode()

    web.post(confirm, {"answer": "yes"})

    [account] = accounts_of(ana)
    assert account.server == f"https://{HOST}"
    assert account.remote_id.startswith(f"{HOST}/")
    assert open_tokens(account).server == f"https://{HOST}"
    publication = press(account, "Straight from the deck.")
    publishing.publish(publication.tenant_id, publication.pk)
    assert fresh(publication).state == State.PUBLISHED
    assert fresh(publication).url.startswith(f"https://{HOST}/@signe_holm/")
    [post] = sandbox.posts(NETWORK)
    assert post.text.startswith("Straight from the deck.")


def test_a_redirect_to_a_server_is_not_needed(web: Client) -> None:
    """The policy of our page allows no form to end at a server it does not know."""
    page = web.post(ASK, {"server": HOST})

    html = page.content.decode()
    assert page["Refresh"].startswith("0; url=http")
    assert "Continue at" in html
    assert HOST not in page["Content-Security-Policy"]


def test_our_app_is_registered_once_at_each_server(
    web: Client, ana: Membership, sandbox: Sandbox
) -> None:
    leave(web)
    leave(web)
    leave(web, "other.example")

    assert registrations(sandbox) == [
        "/social.example/api/v1/apps",
        "/other.example/api/v1/apps",
    ]
    assert len(apps_of(ana)) == 2


def test_each_tenant_has_an_app_of_its_own(
    web: Client, ana: Membership, eve: Membership, sandbox: Sandbox
) -> None:
    leave(web)
    other = Client()
    other.force_login(eve.user)
    ask = reverse("sharing:connect_ask", args=["globex", NETWORK])
    other.post(ask, {"server": HOST})

    [mine], [theirs] = apps_of(ana), apps_of(eve)
    assert mine.client_id != theirs.client_id


def test_the_secret_of_our_app_is_sealed(
    web: Client, ana: Membership, sandbox: Sandbox
) -> None:
    leave(web)

    [app] = apps_of(ana)
    secret = sandbox.world.store.notes[f"app/{app.client_id}"]["secret"]
    assert secret.encode() not in bytes(app.client_secret)


def test_an_app_that_nobody_used_for_a_day_is_registered_anew(
    web: Client, ana: Membership, sandbox: Sandbox
) -> None:
    leave(web)
    with acting_for(ana.tenant_id):
        rows = ServerApp.objects.for_tenant(ana.tenant_id)
        rows.update(registered_at=timezone.now() - timedelta(days=1))

    leave(web)

    assert len(registrations(sandbox)) == 2
    assert len(apps_of(ana)) == 1


def test_an_app_that_somebody_is_connected_with_is_kept(
    web: Client, ana: Membership, sandbox: Sandbox
) -> None:
    link(web, sandbox)
    with acting_for(ana.tenant_id):
        rows = ServerApp.objects.for_tenant(ana.tenant_id)
        rows.update(registered_at=timezone.now() - timedelta(days=300))

    leave(web)

    assert len(registrations(sandbox)) == 1


def test_an_app_for_another_callback_is_registered_anew(
    web: Client, ana: Membership, sandbox: Sandbox, settings: Any
) -> None:
    leave(web)
    settings.PUBLIC_URL = "https://moved.example.com"

    leave(web)

    assert len(registrations(sandbox)) == 2


def test_an_app_that_its_server_forgot_is_registered_anew(
    web: Client, ana: Membership, sandbox: Sandbox
) -> None:
    back = urlsplit(sandbox.consent(leave(web)))
    [app] = apps_of(ana)
    del sandbox.world.store.notes[f"app/{app.client_id}"]

    page = web.get(f"{back.path}?{back.query}")

    assert "Nothing was connected" in page.content.decode()
    assert apps_of(ana) == []


def test_people_of_two_servers_are_two_people(
    web: Client, ana: Membership, cora: Membership, sandbox: Sandbox
) -> None:
    link(web, sandbox, person="Signe Holm")
    link(web, sandbox, "other.example", person="Signe Holm")

    mine = accounts_of(ana)
    assert [one.server for one in mine] == [f"https://{HOST}", "https://other.example"]
    assert len({one.remote_id for one in mine}) == 2


def test_the_same_person_at_the_same_server_is_refused_to_a_colleague(
    web: Client, ana: Membership, cora: Membership, sandbox: Sandbox
) -> None:
    link(web, sandbox, person="Signe Holm")
    other = Client()
    other.force_login(cora.user)

    page = link(other, sandbox, person="Signe Holm")

    assert "already linked to a colleague" in page.content.decode()
    assert accounts_of(cora) == []


def test_cancelling_at_the_server_ends_on_a_calm_page(
    web: Client, ana: Membership, sandbox: Sandbox
) -> None:
    page = dance(web, sandbox, allow=False)

    assert "You cancelled at Mastodon" in page.content.decode()
    assert accounts_of(ana) == []


def test_disconnecting_revokes_at_the_account_s_own_server(
    web: Client, ana: Membership, sandbox: Sandbox
) -> None:
    link(web, sandbox)
    [account] = accounts_of(ana)

    web.post(reverse("sharing:disconnect", args=["acme", account.pk]))

    assert accounts_of(ana)[0].state == Account.State.DISCONNECTED
    assert all(grant.revoked for grant in sandbox.world.store.grants)
