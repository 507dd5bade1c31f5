"""An item's own pictures, video or document: kept, put in order, taken out, forgotten."""

import os
import shutil
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from common.composed import composed
from common.uploading import upload_folder
from content_library.models import Item, ItemMedia
from content_library.uploads import Taken, take
from tenants.models import Membership, Tenant
from tenants.scoping import acting_for

MOST_PICTURES = 20
LONGEST_ALT = 1000
GONE = _("One of the files is no longer there. Upload it once more.")
MIXED = _("An item has pictures, or one video, or one PDF. Remove the others.")
TOO_MANY = _("20 pictures are the most an item can have.")
LEFT_OVER = timedelta(days=1)


@dataclass(frozen=True)
class Chosen:
    """A file that is to be the item's, with what it shows in words."""

    id: UUID
    alt: str = ""


def keep_upload(*, by: Membership, upload: UploadedFile) -> ItemMedia:
    """Keep a file that belongs to no item yet. Raises ``BadFile``.

    A video takes seconds: call it outside a transaction where that is possible.
    """
    with take(upload) as taken:
        return store(by, taken)


def store(by: Membership, taken: Taken) -> ItemMedia:
    """Write the file and its row, or neither."""
    media = ItemMedia(
        tenant_id=by.tenant_id,
        uploaded_by=by,
        kind=taken.form.kind,
        content_type=taken.form.content_type,
        size=taken.size,
        sha256=taken.sha256,
        name=taken.name,
        width=taken.width,
        height=taken.height,
        seconds=taken.seconds,
    )
    try:
        media.file.save(f"file.{taken.form.extension}", taken.file, save=False)
        if taken.preview:
            media.preview.save("preview.jpg", taken.preview, save=False)
        with acting_for(by.tenant_id):
            media.save()
    except BaseException:
        delete_stored(names_of(media))
        raise
    return media


def arrange(item: Item, chosen: Sequence[Chosen], now: datetime) -> None:
    """Let the item have exactly these files, in this order. The item is locked.

    Raises ``ValidationError`` by field when they cannot stand beside each other.
    """
    rows = ItemMedia.objects.for_tenant(item.tenant_id).filter(removed_at=None)
    wanted = {one.id: one for one in chosen}
    present = list(rows.filter(item=item).select_for_update(of=("self",)))
    new = rows.filter(item=None, pk__in=wanted).select_for_update(of=("self",))
    known = {media.pk: media for media in (*present, *new)}
    if not wanted.keys() <= known.keys():
        raise ValidationError({"media": GONE})
    kept = [known[pk] for pk in wanted]
    check_together(kept)
    for position, media in enumerate(kept):
        media.item, media.position = item, position
        media.alt = wanted[media.pk].alt[:LONGEST_ALT]
    ItemMedia.objects.for_tenant(item.tenant_id).bulk_update(
        kept, ["item", "position", "alt"]
    )
    take_out([media for media in present if media.pk not in wanted], now)


def check_together(files: Sequence[ItemMedia]) -> None:
    """Refuse what no network would take in one post."""
    pictures = [one for one in files if one.kind == ItemMedia.Kind.IMAGE]
    if len(pictures) < len(files) and len(files) > 1:
        raise ValidationError({"media": MIXED})
    if len(pictures) > MOST_PICTURES:
        raise ValidationError({"media": TOO_MANY})


def media_of(item: Item) -> list[ItemMedia]:
    """Return the item's files in order."""
    return media_of_item(item.tenant_id, item.pk)


@composed
def media_of_item(tenant_id: UUID, item_id: UUID) -> QuerySet[ItemMedia]:
    return ItemMedia.objects.for_tenant(tenant_id).filter(item=item_id).in_order()


def take_out(files: Iterable[ItemMedia], now: datetime) -> None:
    """Show these no more. A post on its way may still need them: see ``ItemMedia``."""
    for media in files:
        media.item, media.removed_at = None, now
        media.save(update_fields=["item", "removed_at"])


# -- Forgetting ---------------------------------------------------------------------------


def delete_files(files: Iterable[ItemMedia]) -> None:
    """Delete the rows, and their files once that is certain."""
    for media in files:
        names = names_of(media)
        media.delete()
        transaction.on_commit(partial(delete_stored, names), robust=True)


def names_of(media: ItemMedia) -> list[str]:
    return [file.name for file in (media.file, media.preview) if file.name]


def delete_stored(names: Iterable[str]) -> None:
    for name in names:
        default_storage.delete(name)


def delete_unknown_files(tenant: Tenant) -> int:
    """Delete files that no row names: left by a press that was undone at the very end."""
    folder = Path(settings.MEDIA_ROOT) / "t" / str(tenant.pk) / "items"
    found = [path for path in listed(folder) if is_left_over(path)]
    if not found:
        return 0
    known = known_names(tenant)
    unknown = [path for path in found if path.name not in known]
    for path in unknown:
        path.unlink(missing_ok=True)
    return len(unknown)


def known_names(tenant: Tenant) -> set[str]:
    """Return the names of all files that rows of the tenant speak of."""
    images = Item.objects.for_tenant(tenant).values_list("image", flat=True)
    files = ItemMedia.objects.for_tenant(tenant).values_list("file", "preview")
    names = {*images, *(name for pair in files for name in pair)}
    return {os.path.basename(name) for name in names if name}


def delete_left_uploads() -> None:
    """Delete what a process that was killed left in the folder of uploads."""
    for path in filter(is_left_over, listed(upload_folder())):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def listed(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def is_left_over(path: Path) -> bool:
    try:
        return path.stat().st_mtime < time.time() - LEFT_OVER.total_seconds()
    except FileNotFoundError:
        return False
