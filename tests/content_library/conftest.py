"""A library to stand in: items of Acme, and one of Globex that looks the same."""

from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from PIL import Image

from content_library import services
from content_library.models import Item
from content_library.services import Content
from tenants.models import Membership
from tenants.scoping import acting_for

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
ADDRESS = "https://example.com/news"

Write = Callable[..., Item]


@pytest.fixture
def write() -> Write:
    """Return a function that saves an item: ``write(cora, "Title", approve=True)``."""

    def write(
        by: Membership,
        title: str = "Good news",
        *,
        item: Item | None = None,
        picture: ContentFile | None = None,
        remove_picture: bool = False,
        approve: bool = False,
        now: datetime = NOON,
        **content: Any,
    ) -> Item:
        values = {"source_url": ADDRESS} | content
        with acting_for(by.tenant_id):
            return services.save_item(
                by=by,
                content=Content(title=title, **values),
                now=now,
                item=item,
                picture=picture,
                remove_picture=remove_picture,
                approve=approve,
            )

    return write


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    """Keep uploads of the test apart from everybody else's."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


def image_bytes(
    size: tuple[int, int] = (40, 30), kind: str = "PNG", mode: str = "RGB", **save: Any
) -> bytes:
    """Return a picture that a browser could send."""
    written = BytesIO()
    Image.new(mode, size, "red").save(written, kind, **save)
    return written.getvalue()
