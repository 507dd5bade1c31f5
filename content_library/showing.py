"""An item's files as lists and cards show them: one of them, and how many there are.

Read beside the items, in the same query.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, F, OuterRef, Value, When
from django.db.models.functions import JSONObject, Left

from content_library.models import ItemMedia
from tenants.models import Tenant

MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Shown:
    """The first of an item's files."""

    id: str
    kind: str
    content_type: str
    name: str
    alt: str
    size: int
    width: int | None
    height: int | None
    seconds: float | None
    version: str
    has_preview: bool
    count: int

    @property
    def length(self) -> str:
        """Return how long a video runs, as players write it; nothing where unknown."""
        if self.seconds is None:
            return ""
        minutes, seconds = divmod(max(1, round(self.seconds)), 60)
        return f"{minutes}:{seconds:02d}"


def shown_media(tenant: Tenant) -> ArraySubquery:
    """Return what to annotate items with, for ``first_shown``."""
    files = ItemMedia.objects.for_tenant(tenant).filter(item=OuterRef("pk")).in_order()
    facts = JSONObject(
        id=F("pk"),
        kind=F("kind"),
        content_type=F("content_type"),
        name=F("name"),
        alt=F("alt"),
        size=F("size"),
        width=F("width"),
        height=F("height"),
        seconds=F("seconds"),
        version=Left("sha256", 8),
        has_preview=Case(When(preview="", then=Value(False)), default=Value(True)),
    )
    return ArraySubquery(files.values(facts=facts))


def first_shown(files: Sequence[dict[str, Any]]) -> Shown | None:
    """Return what stands for these files; None where there are none."""
    return Shown(**files[0], count=len(files)) if files else None
