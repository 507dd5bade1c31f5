"""A picture's whole way to a network that fetches it, works on it, and publishes it then."""

import json
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests
import responses
from django.utils import timezone

from sharing import services
from sharing.models import Publication, Reason, State
from tenants.models import Membership
from tenants.scoping import acting_for
from tests.content_library.conftest import image_bytes
from tests.sharing.conftest import make_account
from tests.sharing.test_publishing import make_due, publish, settle

from .conftest import GiveMedia

pytestmark = pytest.mark.django_db

OWNER, CONTAINER, MEDIA = "17841400000000001", "17889455560051444", "17918920912340654"
PERMALINK = "https://www.instagram.com/p/DEo9xYzAbCd/"
GRAPH = "https://graph.instagram.com/v26.0"
WORDS = "I held the torch."


class Instagram:
    """One container of one account, and how far Instagram has come with it."""

    def __init__(self, wire: responses.RequestsMock) -> None:
        self.state, self.made, self.published = "IN_PROGRESS", [], 0
        self.is_silent = False
        wire.add_callback("POST", f"{GRAPH}/{OWNER}/media", self.create)
        wire.add_callback("POST", f"{GRAPH}/{OWNER}/media_publish", self.publish)
        wire.add_callback("GET", f"{GRAPH}/{CONTAINER}", self.status)
        wire.add_callback("GET", f"{GRAPH}/{OWNER}/media", self.listed)
        wire.get(f"{GRAPH}/{OWNER}/content_publishing_limit", json={"data": []})
        wire.get(f"{GRAPH}/{MEDIA}", json={"permalink": PERMALINK})

    def create(self, request: Any) -> Any:
        self.made.append({k: v[0] for k, v in parse_qs(request.body).items()})
        return 200, {}, json.dumps({"id": CONTAINER})

    def status(self, _request: Any) -> Any:
        return 200, {}, json.dumps({"status_code": self.state})

    def publish(self, _request: Any) -> Any:
        self.published += 1
        self.state = "PUBLISHED"
        if self.is_silent:
            raise requests.ReadTimeout
        return 200, {}, json.dumps({"id": MEDIA})

    def listed(self, _request: Any) -> Any:
        moment = timezone.now().strftime("%Y-%m-%dT%H:%M:%S+0000")
        post = {"id": MEDIA, "caption": WORDS, "timestamp": moment}
        found = [post | {"permalink": PERMALINK}] if self.published else []
        return 200, {}, json.dumps({"data": found})


@pytest.fixture
def instagram(settings: Any) -> Any:
    settings.PUBLIC_URL = "https://advocacy.acme.com"
    settings.NETWORKS_ENVIRON = settings.NETWORKS_ENVIRON | {
        "NETWORK_INSTAGRAM_CLIENT_ID": "app",
        "NETWORK_INSTAGRAM_CLIENT_SECRET": "app-secret",
    }
    with responses.RequestsMock(assert_all_requests_are_fired=False) as wire:
        yield Instagram(wire)


@pytest.fixture
def pressed(ana: Membership, cora: Membership, give_media: GiveMedia) -> Publication:
    account = make_account(ana, "instagram", remote_id=OWNER)
    item, _media = give_media(cora, image_bytes((600, 500), "PNG"), alt="A mast")
    with acting_for(ana.tenant_id):
        share = services.share_item(
            by=ana,
            item=item,
            parts=[services.Part(account, WORDS)],
            idempotency_key="k1",
            now=timezone.now(),
        )
        return share.publications.get()


def test_it_waits_for_instagram_and_is_published_once(
    instagram: Instagram, pressed: Publication
) -> None:
    waits = publish(pressed)
    assert (waits.state, waits.reason) == (State.READY, Reason.MEDIA)
    assert waits.prepared["container"] == CONTAINER
    [made] = instagram.made
    assert made["image_url"].startswith("https://advocacy.acme.com/")
    assert (made["caption"], made["alt_text"]) == (WORDS, "A mast")

    instagram.state = "FINISHED"
    make_due(pressed)
    out = publish(pressed)

    assert (out.state, out.remote_id, out.url) == (State.PUBLISHED, MEDIA, PERMALINK)
    assert (len(instagram.made), instagram.published) == (1, 1)


def test_an_answer_that_never_came_is_found_by_the_container(
    instagram: Instagram, pressed: Publication
) -> None:
    instagram.state, instagram.is_silent = "FINISHED", True
    assert publish(pressed).state == State.UNKNOWN

    found = settle(pressed)

    assert (found.state, found.remote_id) == (State.PUBLISHED, MEDIA)
    assert instagram.published == 1
