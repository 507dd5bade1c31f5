"""Files that nobody needs any more: taken out of items, never used, or drawn long ago."""

import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.core.files.storage import default_storage

from content_library import item_media
from content_library.models import ItemMedia
from content_library.public_files import folder_of
from sharing.media.fitted import FOLDER
from sharing.models import Publication
from sharing.models.publication import FINAL
from tenants.models import Tenant
from tenants.scoping import acting_for

FITTED_LIVES = timedelta(days=14)  # after its last use; made again when it is needed


def forget_media(now: datetime) -> None:
    """Tidy up each tenant. What a post on its way names is kept until that is final."""
    item_media.delete_left_uploads()
    for tenant in Tenant.objects.order_by("pk"):
        with acting_for(tenant):
            forget_rows(tenant, now)
            item_media.delete_unknown_files(tenant)
        forget_fitted(tenant)


def forget_rows(tenant: Tenant, now: datetime) -> None:
    rows = ItemMedia.objects.for_tenant(tenant).forgettable(now)
    found = list(rows.select_for_update(of=("self",), skip_locked=True))
    if found:
        needed = needed_by_posts(tenant)
        item_media.delete_files(one for one in found if one.pk not in needed)


def needed_by_posts(tenant: Tenant) -> set[UUID]:
    """Return the files that posts which may still go out name."""
    open_ones = Publication.objects.for_tenant(tenant).exclude(state__in=FINAL)
    named: Iterable[list[dict[str, str]]] = open_ones.exclude(media=[]).values_list(
        "media", flat=True
    )
    return {UUID(str(one["id"])) for files in named for one in files}


def forget_fitted(tenant: Tenant) -> None:
    folder = Path(default_storage.path(f"{folder_of(tenant.pk)}{FOLDER}"))
    oldest = time.time() - FITTED_LIVES.total_seconds()
    for path in item_media.listed(folder):
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
