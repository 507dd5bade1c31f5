"""What a network asks with each post is answered through the API as in the composer."""

from pathlib import Path
from typing import Any

import pytest

from content_library.models import Item
from sharing.models import Account, Publication
from tenants.models import Membership
from tenants.scoping import acting_for
from tests.api.conftest import Program, errors_of
from tests.content_library.conftest import image_bytes
from tests.sharing.conftest import make_account
from tests.sharing.media.conftest import GiveMedia
from tests.sharing.media.conftest import files as files
from tests.sharing.media.conftest import give_media as give_media

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _tiktok(settings: Any) -> None:
    settings.NETWORKS_ENVIRON = settings.NETWORKS_ENVIRON | {
        "NETWORK_TIKTOK_CLIENT_ID": "app",
        "NETWORK_TIKTOK_CLIENT_SECRET": "app-secret",
        "NETWORK_TIKTOK_AUDIT": "audited",
        "NETWORK_TIKTOK_BASE_URL": "http://127.0.0.1:9",
    }


@pytest.fixture
def tiktok(ana: Membership) -> Account:
    return make_account(ana, "tiktok")


@pytest.fixture
def pictured(give_media: GiveMedia, cora: Membership, files: Path) -> Item:
    item, _files = give_media(cora, image_bytes((600, 800)))
    return item


def body(item: Item, account: Account, **more: Any) -> dict[str, Any]:
    return {
        "item": str(item.pk),
        "publications": [{"account": str(account.pk), "text": "Look", **more}],
    }


def test_what_is_not_answered_is_asked_for_by_name(
    ana_api: Program, pictured: Item, tiktok: Account
) -> None:
    errors = errors_of(ana_api.share(body(pictured, tiktok)))

    assert list(errors) == ["publications.0.options.privacy"]


def test_answers_are_kept_with_the_post_and_nothing_else(
    ana_api: Program, ana: Membership, pictured: Item, tiktok: Account
) -> None:
    options = {"privacy": "SELF_ONLY", "invented": "x"}

    made = ana_api.share(body(pictured, tiktok, options=options))

    assert made.status_code == 201
    with acting_for(ana.tenant_id):
        [publication] = Publication.objects.for_tenant(ana.tenant_id)
    assert publication.options == {"privacy": "SELF_ONLY"}


@pytest.mark.parametrize(
    "options", [{"a" * 300: "x"}, {str(n): "x" for n in range(30)}, {"a": "x" * 300}, 7]
)
def test_endless_answers_are_refused(
    ana_api: Program, pictured: Item, tiktok: Account, options: Any
) -> None:
    assert errors_of(ana_api.share(body(pictured, tiktok, options=options)))
