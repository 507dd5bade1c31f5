"""After the press: what became of it, and what the member may do about it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from sharing.models import Account, Publication
from tenants.models import Membership
from tenants.scoping import acting_for
from tests.sharing.conftest import Press, fresh

pytestmark = pytest.mark.django_db
FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def web(client: Client, ana: Membership) -> Client:
    client.force_login(ana.user)
    return client


def page_of(publication: Publication) -> str:
    return reverse("sharing:shared", args=["acme", publication.share_id])


def act(publication: Publication, name: str) -> str:
    return reverse(f"sharing:publication_{name}", args=["acme", publication.pk])


Put = Callable[..., Publication]


@pytest.fixture
def put(press: Press, linkedin: Account) -> Put:
    """Return a function that shares and puts the publication into a state."""

    def put(state: str, **fields: Any) -> Publication:
        publication = press(linkedin)
        with acting_for(publication.tenant_id):
            rows = Publication.objects.for_tenant(publication.tenant_id)
            rows.filter(pk=publication.pk).update(state=state, **fields)
        return fresh(publication)

    return put


def test_it_asks_again_until_nothing_moves(web: Client, put: Put) -> None:
    publication = put("ready")

    moving = web.get(page_of(publication), headers=FRAGMENT).content.decode()

    assert 'hx-trigger="every 1s"' in moving
    assert "On its way" in moving


def test_a_page_that_brings_itself_up_to_date_stays_a_page(
    web: Client, put: Put
) -> None:
    address = page_of(put("ready"))
    in_dialog = FRAGMENT | {"HX-Current-URL": "http://testserver/t/acme/?topic=1"}
    on_its_page = FRAGMENT | {"HX-Current-URL": f"http://testserver{address}"}

    dialog = web.get(address, {"seen": "x"}, headers=in_dialog).content.decode()
    page = web.get(address, {"seen": "x"}, headers=on_its_page).content.decode()

    assert "data-close" in dialog
    assert "<h2" in dialog
    assert "data-close" not in page  # there is nothing to close
    assert "<h1" in page


def test_what_has_not_changed_is_not_sent_again(web: Client, put: Put) -> None:
    publication = put("ready")
    seen = web.get(page_of(publication)).context["progress"].signature

    again = web.get(page_of(publication), {"seen": seen}, headers=FRAGMENT)

    assert again.status_code == 204


def test_what_is_out_has_a_link_to_it(web: Client, put: Put) -> None:
    publication = put(
        "published",
        remote_id="urn:li:share:1",
        url="https://www.linkedin.com/feed/update/urn:li:share:1/",
        published_at=timezone.now(),
    )

    page = web.get(page_of(publication), {"seen": "x"}, headers=FRAGMENT)

    assert "It is out" in page.content.decode()
    assert publication.url in page.content.decode()
    assert "hx-trigger" not in page.content.decode()
    assert "data-announce" in page.content.decode()


def test_what_waits_can_be_cancelled(web: Client, put: Put) -> None:
    publication = put("ready")

    assert "Cancel" in web.get(page_of(publication)).content.decode()
    web.post(act(publication, "cancel"))

    assert fresh(publication).state == "cancelled"


def test_what_is_going_out_cannot_be_cancelled_and_that_is_said(
    web: Client, put: Put
) -> None:
    now = timezone.now()
    publication = put("sending", lease_until=now, sending_at=now)

    answer = web.post(act(publication, "cancel"), follow=True)

    assert "already going out" in answer.content.decode()
    assert fresh(publication).state == "sending"


def test_when_we_could_not_confirm_the_member_tells(web: Client, put: Put) -> None:
    publication = put("needs_user", reason="unconfirmed", sending_at=timezone.now())

    page = web.get(page_of(publication)).content.decode()
    assert "Yes, it is on LinkedIn" in page
    assert "No, send it again" in page

    web.post(act(publication, "answer"), {"out": "no"})
    assert fresh(publication).state == "ready"


@pytest.mark.parametrize("out", ["", "maybe", "\0"])
def test_an_unclear_answer_changes_nothing(web: Client, put: Put, out: str) -> None:
    publication = put("needs_user", reason="unconfirmed", sending_at=timezone.now())

    web.post(act(publication, "answer"), {"out": out})

    assert fresh(publication).state == "needs_user"


def test_what_we_gave_up_can_be_tried_again(web: Client, put: Put) -> None:
    publication = put("needs_user", reason="gave_up")

    assert "Try again" in web.get(page_of(publication)).content.decode()
    web.post(act(publication, "retry"), headers=FRAGMENT)

    assert fresh(publication).state == "ready"


def test_what_needs_a_reconnect_offers_it_and_comes_back_here(
    web: Client, put: Put
) -> None:
    publication = put("needs_user", reason="reconnect")

    page = web.get(page_of(publication)).content.decode()

    assert "Reconnect LinkedIn" in page
    assert f'name="next" value="{page_of(publication)}"' in page


def test_a_refused_text_can_be_changed_and_shared_again(web: Client, put: Put) -> None:
    publication = put("failed", message={"msgid": "LinkedIn did not like it."})

    page = web.get(page_of(publication)).content.decode()

    assert "LinkedIn did not like it." in page
    assert f"?again={publication.pk}" in page


@pytest.mark.parametrize("name", ["cancel", "answer", "retry"])
def test_a_colleagues_publication_is_not_found(
    client: Client, cora: Membership, eve: Membership, put: Put, name: str
) -> None:
    publication = put("needs_user", reason="gave_up")

    for stranger in (cora, eve):
        client.force_login(stranger.user)
        assert client.post(act(publication, name), {"out": "yes"}).status_code == 404
        assert client.get(page_of(publication)).status_code == 404
    assert fresh(publication).state == "needs_user"


@pytest.mark.parametrize("next_page", ["https://evil.example/", "//evil.example"])
def test_an_action_never_leads_to_another_site(
    web: Client, put: Put, next_page: str
) -> None:
    publication = put("ready")

    answer = web.post(act(publication, "cancel"), {"next": next_page})

    assert answer["Location"] == page_of(publication)
