"""An item of Acme with files of its own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from content_library import item_media
from content_library.item_media import Chosen
from content_library.models import Item, ItemMedia
from tenants.models import Membership
from tenants.scoping import acting_for
from tests.content_library.files import uploaded
from tests.sharing.conftest import make_item


@pytest.fixture(autouse=True)
def files(settings: Any, tmp_path: Path) -> Path:
    """Keep the test's files apart from everybody else's."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


GiveMedia = Callable[..., tuple[Item, list[ItemMedia]]]


@pytest.fixture
def give_media() -> GiveMedia:
    """Return a function: ``give_media(cora, data, more_data)`` makes an item with them."""

    def give(by: Membership, *files: bytes, alt: str = "") -> Any:
        item = make_item(by.tenant, source_url="")
        kept = [item_media.keep_upload(by=by, upload=uploaded(one)) for one in files]
        with acting_for(by.tenant_id):
            item_media.arrange(
                item, [Chosen(one.pk, alt) for one in kept], timezone.now()
            )
            return item, item_media.media_of(item)

    return give
