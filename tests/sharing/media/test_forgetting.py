"""Files go when nobody needs them, and not a moment before."""

import os
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from content_library import item_media, services
from content_library.models import Item, ItemMedia
from sharing.media import forget_media
from sharing.models import Account, Publication, State
from tenants.models import Membership
from tenants.scoping import acting_for
from tests.content_library.conftest import image_bytes
from tests.content_library.files import a_film, uploaded
from tests.sharing.conftest import Press

from .conftest import GiveMedia

pytestmark = pytest.mark.django_db
LATER = timezone.now() + timedelta(hours=3)
Tidy = Callable[[datetime], None]


@pytest.fixture
def tidy(django_capture_on_commit_callbacks: Any) -> Tidy:
    """Return a function that forgets what nobody needs at a moment, and commits."""

    def tidy(now: datetime) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            forget_media(now)

    return tidy


def stored(files: Path) -> set[str]:
    return {path.name for path in files.glob("t/*/items/*")}


def rows(member: Membership) -> int:
    with acting_for(member.tenant_id):
        return ItemMedia.objects.for_tenant(member.tenant_id).count()


def empty(item: Item) -> None:
    with acting_for(item.tenant_id):
        item_media.arrange(item, [], timezone.now())


def test_the_files_of_removed_media_go(
    give_media: GiveMedia, cora: Membership, files: Path, tidy: Tidy
) -> None:
    item, _ = give_media(cora, image_bytes(), image_bytes((30, 30)))
    _kept, _ = give_media(cora, a_film())

    empty(item)
    tidy(LATER)

    assert rows(cora) == 1
    assert {name.rpartition(".")[2] for name in stored(files)} == {"mp4", "jpg"}
    assert len(stored(files)) == 2


def test_what_stands_at_an_item_stays(
    give_media: GiveMedia, cora: Membership, files: Path, tidy: Tidy
) -> None:
    give_media(cora, image_bytes())
    there = stored(files)

    tidy(LATER + timedelta(days=400))

    assert stored(files) == there


def test_what_was_removed_a_moment_ago_stays_for_a_press_under_way(
    give_media: GiveMedia, cora: Membership, files: Path, tidy: Tidy
) -> None:
    item, _ = give_media(cora, image_bytes())

    empty(item)
    tidy(timezone.now())

    assert len(stored(files)) == 2


def test_a_post_on_its_way_keeps_its_files_until_it_is_final(
    give_media: GiveMedia,
    cora: Membership,
    press: Press,
    linkedin: Account,
    files: Path,
    tidy: Tidy,
) -> None:
    item, [media] = give_media(cora, image_bytes())
    publication = press(linkedin)
    put(publication, media=[{"id": str(media.pk), "alt": ""}])
    empty(item)

    tidy(LATER)
    while_waiting = stored(files)
    put(publication, state=State.CANCELLED)
    tidy(LATER)

    assert len(while_waiting) == 2
    assert stored(files) == set()


def put(publication: Publication, **values: Any) -> None:
    with acting_for(publication.tenant_id):
        row = Publication.objects.for_tenant(publication.tenant_id)
        row.filter(pk=publication.pk).update(**values)


def test_an_upload_that_no_item_took_goes_after_two_days(
    cora: Membership, files: Path, tidy: Tidy
) -> None:
    item_media.keep_upload(by=cora, upload=uploaded(image_bytes()))

    tidy(timezone.now() + timedelta(days=1))
    next_day = stored(files)
    tidy(timezone.now() + timedelta(days=3))

    assert len(next_day) == 2
    assert stored(files) == set()


def test_files_that_no_row_names_go_after_a_day(
    give_media: GiveMedia, cora: Membership, files: Path, tidy: Tidy
) -> None:
    give_media(cora, image_bytes())
    there = stored(files)
    for name, age in (("lost.jpg", 2), ("new.jpg", 0)):
        path = files / "t" / str(cora.tenant_id) / "items" / name
        path.write_bytes(b"x")
        os.utime(path, (time.time() - age * 86_400,) * 2)

    tidy(LATER)

    assert stored(files) == there | {"new.jpg"}


def test_fitted_pictures_go_two_weeks_after_their_last_use(
    cora: Membership, files: Path, tidy: Tidy
) -> None:
    folder = files / "t" / str(cora.tenant_id) / "fitted"
    folder.mkdir(parents=True)
    for name, days in (("old.jpg", 15), ("used.jpg", 13)):
        (folder / name).write_bytes(b"x")
        os.utime(folder / name, (time.time() - days * 86_400,) * 2)

    tidy(LATER)

    assert [path.name for path in folder.iterdir()] == ["used.jpg"]


def test_a_draft_takes_its_files_with_it(
    give_media: GiveMedia,
    cora: Membership,
    files: Path,
    django_capture_on_commit_callbacks: Any,
) -> None:
    item, _ = give_media(cora, image_bytes())
    with acting_for(cora.tenant_id):
        Item.objects.for_tenant(cora.tenant_id).update(state="draft")

    with django_capture_on_commit_callbacks(execute=True), acting_for(cora.tenant_id):
        services.delete_draft(by=cora, item=item)

    assert stored(files) == set()


def test_another_tenants_files_are_tidied_apart(
    give_media: GiveMedia, cora: Membership, eve: Membership, files: Path, tidy: Tidy
) -> None:
    mine, _ = give_media(cora, image_bytes())
    give_media(eve, image_bytes())

    empty(mine)
    tidy(LATER)

    assert (rows(cora), rows(eve)) == (0, 1)
    assert len(stored(files)) == 2
