"""Uploads of strangers become files of ours, or a sentence; never half of one."""

import struct
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from content_library.item_media import keep_upload
from content_library.uploads import BadFile, pictures, take, videos
from content_library.uploads.kinds import FORMS, GIF, form_of
from tenants.models import Membership
from tenants.scoping import acting_for
from tests.conftest import COMMITTED

from .conftest import image_bytes
from .files import PDF, a_film, a_picture, an_animation, uploaded
from .test_media import GPS, MAKER, ORIENTATION, png_claiming


def taken(data: bytes, name: str = "x") -> tuple[Any, bytes]:
    with take(uploaded(data, name)) as kept:
        kept.file.seek(0)
        return kept, kept.file.read()


# -- Pictures ------------------------------------------------------------------------------


def test_a_phones_picture_is_kept_upright_and_large_and_tells_nothing() -> None:
    exif = Image.Exif()
    exif[ORIENTATION], exif[MAKER] = 6, "Secret phone"
    exif.get_ifd(GPS)[1] = "N"
    exif.get_ifd(GPS)[2] = (55.0, 40.0, 34.0)

    kept, data = taken(image_bytes((3000, 2000), "JPEG", exif=exif, comment=b"Secret"))

    assert (kept.width, kept.height) == Image.open(BytesIO(data)).size == (2000, 3000)
    assert not Image.open(BytesIO(data)).getexif()
    assert b"Secret" not in data
    assert b"Exif" not in data


def test_a_huge_picture_is_kept_at_four_thousand_pixels() -> None:
    kept, _data = taken(image_bytes((6000, 1500), "JPEG"))

    assert (kept.width, kept.height) == (4096, 1024)


def test_a_drawing_stays_a_png_with_its_transparency() -> None:
    file = BytesIO()
    Image.new("RGBA", (20, 20), (255, 0, 0, 0)).save(file, "PNG")

    kept, data = taken(file.getvalue())

    assert kept.form.content_type == "image/png"
    assert Image.open(BytesIO(data)).mode == "RGBA"


def test_an_animation_stays_one_and_loses_its_words() -> None:
    kept, data = taken(an_animation(frames=4))

    assert kept.form.content_type == "image/gif"
    assert Image.open(BytesIO(data)).n_frames == 4
    assert b"Secret" not in data


def test_what_hangs_behind_an_animation_is_gone() -> None:
    _kept, data = taken(an_animation() + b"<script>hidden")

    assert b"hidden" not in data


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "empty"),
        (b"\0" * 64, "not a file we can use"),
        (b"MZ\x90\0 a program", "not a file we can use"),
        (b"<svg><script>alert(1)</script></svg>", "not a file we can use"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 40, "HEIC"),
        (image_bytes((400, 400), "JPEG")[:600], "cannot read this picture"),
        (png_claiming(60_000, 60_000), "50 million"),
        (b"\xff\xd8\xff" + b"x" * (10 * 1024 * 1024), "10 MB"),
        (an_animation()[:-30], "cannot read this picture"),
        (b"\0\0\0\x18ftypisom" + b"\0" * 400, "cannot read this video"),
        (a_film()[: len(a_film()) // 2], "cannot read this video"),
        (b"%PDF-1.7 cut short", "not complete"),
    ],
    ids=[
        "empty", "zeros", "program", "svg", "heic", "cut jpeg", "bomb", "heavy",
        "cut gif", "no film", "cut film", "cut pdf",
    ],
)  # fmt: skip
def test_what_cannot_be_kept_is_refused_in_a_sentence(
    data: bytes, word: str, media: Path
) -> None:
    with pytest.raises(BadFile) as refused:
        taken(data)

    assert word in str(refused.value.sentence)
    assert [path for path in media.rglob("*") if path.is_file()] == []


def test_a_picture_that_says_to_be_a_film_is_a_picture() -> None:
    kept, _data = taken(image_bytes(kind="JPEG"), "holiday.mp4")

    assert kept.form.content_type == "image/jpeg"


# -- Videos --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ending", "content_type"),
    [("mp4", "video/mp4"), ("mov", "video/mp4"), ("webm", "video/webm")],
)
def test_a_film_is_measured_and_tells_no_place(ending: str, content_type: str) -> None:
    assert b"Secret" in a_film(ending)

    kept, data = taken(a_film(ending), f"Our film.{ending}")

    assert (kept.width, kept.height, kept.seconds) == (64, 36, 1.0)
    assert kept.form.content_type == content_type
    assert kept.name == "Our film"
    assert Image.open(kept.preview).size == (64, 36)
    assert b"Secret" not in data
    assert b"+55.6761" not in data


def test_a_film_that_a_phone_took_upright_is_upright() -> None:
    kept, _data = taken(a_film(turned=True))

    assert (kept.width, kept.height) == (36, 64)


def test_a_film_begins_with_its_index_so_that_it_plays_while_it_loads() -> None:
    _kept, data = taken(a_film())

    assert data.index(b"moov") < data.index(b"mdat")


def test_without_ffmpeg_a_film_is_kept_as_it_came(monkeypatch: Any) -> None:
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", "")
    monkeypatch.setattr(videos, "program", lambda: None)

    kept, data = taken(a_film())

    assert (kept.width, kept.seconds, kept.preview) == (None, None, None)
    assert data == a_film()


def test_a_film_over_the_limit_is_refused(settings: Any) -> None:
    settings.MEDIA_VIDEO_MAX_MB = 0

    with pytest.raises(BadFile) as refused:
        taken(a_film())

    assert "more than 0 MB" in str(refused.value.sentence)


# -- Rows ------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("data", [a_film(), PDF, an_animation(), image_bytes()])
def test_a_kept_upload_is_one_row_and_its_files(
    cora: Membership, media: Path, data: bytes
) -> None:
    kept = keep_upload(by=cora, upload=uploaded(data))

    there = {str(p.relative_to(media)) for p in media.rglob("*") if p.is_file()}
    assert there == {name for name in (kept.file.name, kept.preview.name) if name}
    assert all(name.startswith(f"t/{cora.tenant_id}/items/") for name in there)
    assert kept.file.size == kept.size > 0


@COMMITTED
def test_no_file_stays_when_the_row_cannot_be_written(
    cora: Membership, media: Path
) -> None:
    with acting_for(cora.tenant_id):
        Membership.objects.for_tenant(cora.tenant_id).filter(pk=cora.pk).delete()

    with pytest.raises(IntegrityError):
        keep_upload(by=cora, upload=a_picture())

    assert [path for path in media.rglob("*") if path.is_file()] == []


def test_an_animation_whose_later_frames_grow_is_refused_before_they_are_drawn() -> (
    None
):
    """A little file would else take a minute and a gigabyte."""
    at = b",\0\0\0\0"
    whole, small = an_animation(), at + struct.pack("<HH", 20, 16)
    first = whole.index(small) + len(small)
    later = whole[first:].replace(small, at + struct.pack("<HH", 9000, 9000))
    assert len(later) == len(whole) - first
    assert later != whole[first:]

    with pytest.raises(BadFile) as refused:
        pictures.read_picture(BytesIO(whole[:first] + later), GIF)

    assert refused.value.sentence == pictures.TOO_WIDE


def test_an_animation_of_very_many_frames_is_refused(monkeypatch: Any) -> None:
    monkeypatch.setattr(pictures, "MOST_FRAMES", 4)

    with pytest.raises(BadFile) as refused:
        pictures.read_picture(BytesIO(an_animation(frames=5)), GIF)

    assert refused.value.sentence == pictures.TOO_LONG


# -- Files that were changed on their way ----------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_changed_animation_is_refused_or_still_one(data: Any) -> None:
    whole = bytearray(an_animation())
    for _ in range(data.draw(st.integers(0, 3))):
        whole[data.draw(st.integers(6, len(whole) - 1))] = data.draw(
            st.integers(0, 255)
        )
    cut = bytes(whole[: data.draw(st.integers(6, len(whole)))])

    try:
        kept = pictures.read_picture(BytesIO(cut), GIF)
    except BadFile:
        return

    with Image.open(BytesIO(kept.data)) as image:
        image.load()
        assert image.size == (kept.width, kept.height)


@given(st.binary(max_size=200))
def test_any_beginning_of_a_file_is_a_kind_or_a_sentence(head: bytes) -> None:
    with suppress(BadFile):
        assert form_of(head) in FORMS
