"""An item without an address is shared like any other, its own picture at its side."""

import pytest
from django.test import Client
from django.urls import reverse

from sharing.models import Account
from tenants.models import Membership
from tests.content_library.conftest import image_bytes

from .conftest import GiveMedia

pytestmark = pytest.mark.django_db


def test_the_composer_shows_the_items_own_picture_and_no_link_to_nowhere(
    client: Client,
    ana: Membership,
    cora: Membership,
    linkedin: Account,
    give_media: GiveMedia,
) -> None:
    item, [media] = give_media(cora, image_bytes((30, 30)))
    client.force_login(ana.user)

    page = client.get(
        reverse("sharing:compose", args=["acme", item.pk])
    ).content.decode()

    assert f"/files/{media.pk}/preview/" in page
    assert 'href=""' not in page
    assert "Read it first" not in page
