"""The files in an item's form: shown, added, moved and taken out, with or without scripts.

A file is kept as soon as it arrives, so a mistake in another field costs no upload.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from content_library import item_media
from content_library.item_media import LONGEST_ALT, MOST_PICTURES, Chosen
from content_library.models import Item, ItemMedia
from content_library.uploads import BadFile
from tenants.models import Membership

ACCEPTED = (
    "image/jpeg,image/png,image/webp,image/gif,"
    "video/mp4,video/quicktime,video/webm,application/pdf"
)


@dataclass
class MediaRow:
    """One file in the form; ``alt`` as it is typed."""

    media: ItemMedia
    alt: str = ""

    @property
    def is_picture(self) -> bool:
        return self.media.kind == ItemMedia.Kind.IMAGE

    @property
    def megabytes(self) -> float:
        return max(0.1, round(self.media.size / 1024 / 1024, 1))


class MediaEditor:
    """The rows of the form. What a form without this section sends changes nothing."""

    accepted = ACCEPTED
    most = MOST_PICTURES
    longest_alt = LONGEST_ALT

    def __init__(
        self,
        data: QueryDict | None,
        files: MultiValueDict[str, Any] | None,
        *,
        by: Membership,
        item: Item | None,
    ) -> None:
        self.by, self.item = by, item
        self.errors: list[str] = []
        self.is_present = data is not None and "media-here" in data
        self.rows = self.typed(data) if data is not None else self.stored()
        if data is not None:
            self.move(data.get("media-do", ""))
            self.add(files.getlist("files") if files else [])

    # What there is

    def stored(self) -> list[MediaRow]:
        files = item_media.media_of(self.item) if self.item else []
        return [MediaRow(media, media.alt) for media in files]

    def typed(self, data: QueryDict) -> list[MediaRow]:
        """Return the rows as the browser sends them; what is gone by now is left out."""
        if not self.is_present:
            return self.stored()
        ids = list(dict.fromkeys(filter(None, map(read_id, data.getlist("media")))))
        rows = ItemMedia.objects.for_tenant(self.by.tenant_id).filter(removed_at=None)
        known = rows.in_bulk(ids[:100])
        here = (None, self.item.pk if self.item else None)
        return [
            MediaRow(known[pk], data.get(f"alt-{pk}", "").replace("\0", ""))
            for pk in ids
            if pk in known and known[pk].item_id in here
        ]

    # What is done

    def move(self, wish: str) -> None:
        """Move a row up or down, or take it out: ``up:<id>``."""
        verb, _colon, pk = wish.partition(":")
        places = [n for n, row in enumerate(self.rows) if str(row.media.pk) == pk]
        for place in places:
            row = self.rows.pop(place)
            if verb != "remove":
                there = place + {"up": -1, "down": 1}.get(verb, 0)
                self.rows.insert(max(0, there), row)

    def add(self, files: Sequence[Any]) -> None:
        """Keep what came; a sentence for each that cannot be kept."""
        for file in files[: MOST_PICTURES + 1]:
            try:
                media = item_media.keep_upload(by=self.by, upload=file)
            except BadFile as bad:
                self.errors.append(f"{file.name}: {bad.sentence}")
            else:
                self.rows.append(MediaRow(media))

    def is_valid(self) -> bool:
        for row in self.rows:
            if len(row.alt) > LONGEST_ALT:
                self.errors.append(
                    _("A picture's description has 1,000 characters at most.")
                )
                break
        return not self.errors

    def chosen(self) -> list[Chosen] | None:
        """Return what the item shall have; None leaves it as it is."""
        if not self.is_present and not self.rows:
            return None
        return [Chosen(row.media.pk, row.alt.strip()) for row in self.rows]

    # What the page says

    @property
    def largest(self) -> dict[str, int]:
        """Megabytes by kind, for the browser to refuse before it sends."""
        return {
            "image": 10,
            "video": settings.MEDIA_VIDEO_MAX_MB,
            "application": settings.MEDIA_DOCUMENT_MAX_MB,
        }


def read_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
