"""The files of an item go with its posts, as each network takes them."""

import json
from pathlib import Path
from typing import Any

import pytest
import responses
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from content_library.models import Item
from sharing import networks, services
from sharing.models import Account, Publication, State
from tenants.models import Membership
from tenants.scoping import acting_for
from tests.content_library.conftest import image_bytes
from tests.content_library.files import PDF
from tests.sharing.conftest import make_item
from tests.sharing.test_publishing import publish

from .conftest import GiveMedia

pytestmark = pytest.mark.django_db

POSTS = "https://api.snail.example/posts"


def press(by: Membership, item: Item, account: Account) -> Publication:
    with acting_for(by.tenant_id):
        share = services.share_item(
            by=by,
            item=item,
            parts=[services.Part(account, "Look at this")],
            idempotency_key="k1",
            now=timezone.now(),
        )
        return share.publications.get()


@pytest.fixture
def posted() -> Any:
    """What the network was told, post by post."""
    told: list[dict[str, Any]] = []

    def take(request: Any) -> tuple[int, dict[str, str], str]:
        told.append(json.loads(request.body))
        return 201, {}, '{"state": "out", "id": "77", "job": "j1"}'

    with responses.RequestsMock(assert_all_requests_are_fired=False) as network:
        network.add_callback(responses.POST, POSTS, take)
        yield told


def test_picture_goes_with_the_post_and_its_description_too(
    give_media: GiveMedia,
    cora: Membership,
    ana: Membership,
    snail: Account,
    posted: list[dict[str, Any]],
) -> None:
    item, _files = give_media(cora, image_bytes((80, 60)), alt="Cables by the sea")

    assert publish(press(ana, item, snail)).state == State.PUBLISHED

    assert posted == [{"text": "Look at this", "pictures": ["Cables by the sea"]}]


def test_description_that_is_changed_later_changes_nothing_that_was_pressed(
    give_media: GiveMedia,
    cora: Membership,
    ana: Membership,
    snail: Account,
    posted: list[dict[str, Any]],
) -> None:
    item, [file] = give_media(cora, image_bytes((80, 60)), alt="Before")
    publication = press(ana, item, snail)
    file.alt = "After"
    with acting_for(cora.tenant_id):
        file.save()

    publish(publication)

    assert posted[0]["pictures"] == ["Before"]


def test_network_gets_as_many_as_it_takes_and_the_member_is_told(
    give_media: GiveMedia, cora: Membership, ana: Membership, snail: Account,
    client: Client,
) -> None:  # fmt: skip
    item, files = give_media(
        cora, *[image_bytes((80, 60 + number)) for number in range(3)]
    )
    client.force_login(ana.user)
    page = client.post(
        reverse("sharing:preview", args=["acme", item.pk]),
        {"text": "Look", "account": str(snail.pk)},
    ).content.decode()

    assert "Snail takes 2 in a post" in page
    kept = press(ana, item, snail).media
    assert [one["id"] for one in kept] == [str(one.pk) for one in files[:2]]


def test_what_a_network_does_not_take_stays_behind_with_a_reason(
    give_media: GiveMedia,
    cora: Membership,
    ana: Membership,
    snail: Account,
    client: Client,
) -> None:
    item, _files = give_media(cora, PDF)
    client.force_login(ana.user)
    page = client.post(
        reverse("sharing:preview", args=["acme", item.pk]),
        {"text": "Look", "account": str(snail.pk)},
    ).content.decode()

    assert "does not take this kind of file" in page
    assert press(ana, item, snail).media == []


def test_network_that_needs_a_picture_refuses_an_item_without_one(
    ana: Membership, snail: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(networks.get("snail"), "needs_media", True)

    with pytest.raises(services.ShareRefused) as refused:
        press(ana, make_item(ana.tenant), snail)

    assert "needs a picture" in refused.value.errors["publications.0.account"][0]


def test_picture_too_small_is_told_before_anything_is_queued(
    give_media: GiveMedia,
    cora: Membership,
    ana: Membership,
    snail: Account,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(networks.get("snail"), "needs_media", True)
    item, _files = give_media(cora, image_bytes((80, 10)))

    with pytest.raises(services.ShareRefused) as refused:
        press(ana, item, snail)

    assert "80 by 10 pixels" in refused.value.errors["publications.0.account"][0]
    with acting_for(ana.tenant_id):
        assert Publication.objects.for_tenant(ana.tenant).count() == 0


def test_post_whose_picture_is_gone_fails_with_a_sentence(
    give_media: GiveMedia,
    cora: Membership,
    ana: Membership,
    snail: Account,
    posted: list[dict[str, Any]],
    files: Path,
) -> None:
    item, [file] = give_media(cora, image_bytes((80, 60)))
    publication = press(ana, item, snail)
    Path(file.file.path).unlink()

    failed = publish(publication)

    assert failed.state == State.FAILED
    assert "no longer there" in failed.explanation
    assert posted == []


def test_item_that_leads_nowhere_is_shared_without_a_link(
    give_media: GiveMedia, cora: Membership, ana: Membership, snail: Account
) -> None:
    item, _files = give_media(cora, image_bytes((80, 60)))

    publication = press(ana, item, snail)

    assert publication.text == "Look at this"
    assert publication.card["link"] == ""
