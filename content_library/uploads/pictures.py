"""Pictures as they are kept: upright, in sRGB, without a word about where and by whom."""

from io import BytesIO
from typing import IO

from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps

from content_library.media import (
    FORMATS,
    MOST_BYTES,
    MOST_PIXELS,
    TOO_HEAVY,
    TOO_WIDE,
    UNREADABLE,
    in_srgb,
    on_white,
)
from content_library.uploads import gifs
from content_library.uploads.kinds import GIF, JPEG, PNG, BadFile, Form

LONGEST_SIDE = 4096
PREVIEW_SIDE = 1200
QUALITY = 92
PREVIEW_QUALITY = 82
HEAVY_PNG = 8 * 1024 * 1024  # a photograph then, and JPEG holds it better
MOST_MOVING_PIXELS = 600_000_000  # of all frames of an animation together
MOST_FRAMES = 5000
TOO_LONG = _("This animation is too long. Choose a shorter one, or a video.")


class Kept:
    """A picture as it will be stored, and a small one to show."""

    def __init__(self, form: Form, data: bytes, image: Image.Image) -> None:
        self.form, self.data = form, data
        self.width, self.height = image.size
        self.preview = preview_of(image)


def read_picture(file: IO[bytes], form: Form) -> Kept:
    """Return the picture in ``file``, decoded and written anew. Raises ``BadFile``."""
    data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise BadFile(TOO_HEAVY)
    try:
        return keep(data, form)
    except BadFile:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise BadFile(TOO_WIDE) from None
    except Exception as error:
        # A file that is cut short or lies about itself makes Pillow stumble anywhere.
        raise BadFile(UNREADABLE) from error


def keep(data: bytes, form: Form) -> Kept:
    with Image.open(BytesIO(data), formats=FORMATS) as opened:
        if opened.width * opened.height > MOST_PIXELS:
            raise BadFile(TOO_WIDE)
        if form is GIF and getattr(opened, "n_frames", 1) > 1:
            return keep_moving(data, opened)
        return keep_still(opened)


def keep_moving(data: bytes, opened: Image.Image) -> Kept:
    """An animation stays one: its frames as they are, its words left out."""
    frames = getattr(opened, "n_frames", 1)
    if frames > MOST_FRAMES:
        raise BadFile(TOO_LONG)
    seen = 0
    for number in range(frames):
        opened.seek(number)
        # A frame may be larger than all before it: judged before it is drawn.
        size = opened.width * opened.height
        seen += size
        if size > MOST_PIXELS:
            raise BadFile(TOO_WIDE)
        if max(seen, size * frames) > MOST_MOVING_PIXELS:
            raise BadFile(TOO_LONG)
        opened.load()
    opened.seek(0)
    return Kept(GIF, gifs.without_words(data), on_white(opened))


def keep_still(opened: Image.Image) -> Kept:
    was_png = opened.format in ("PNG", "GIF")
    image = opened.convert("RGBA") if opened.mode == "P" else opened
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    image = in_srgb(ImageOps.exif_transpose(image))
    if was_png or image.has_transparency_data:
        seen = image.convert("RGBA" if image.has_transparency_data else "RGB")
        data = written(seen, "PNG", optimize=True)
        if len(data) <= HEAVY_PNG:
            return Kept(PNG, data, on_white(seen))
    image = on_white(image)
    return Kept(JPEG, as_jpeg(image, QUALITY), image)


def as_jpeg(image: Image.Image, quality: int) -> bytes:
    return written(image, "JPEG", quality=quality, optimize=True, progressive=True)


def written(image: Image.Image, form: str, **options: object) -> bytes:
    """Return the picture as a file that says nothing beyond its pixels."""
    image.info.clear()
    file = BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def preview_of(image: Image.Image) -> bytes:
    """Return a small JPEG of a picture that stands on white already."""
    small = image.copy()
    small.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE), Image.Resampling.LANCZOS)
    return as_jpeg(small, PREVIEW_QUALITY)
