"""Pictures from strangers: decoded, turned upright, made small, encoded anew.

What is stored was written by us; nothing of the file that came is kept, so neither
places, cameras and names (EXIF, XMP) nor anything hidden behind the image survive.
"""

from io import BytesIO
from typing import IO

from django.core.files.base import ContentFile
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageCms, ImageOps

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
LONGEST_SIDE = 1600
ROUGH_SIDE = 2 * LONGEST_SIDE
MOST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 50_000_000
QUALITY = 86

UNREADABLE = _("We cannot read this picture. Choose a JPEG, PNG, WebP or GIF file.")
EMPTY = _("This file is empty. Choose the picture once more.")
TOO_HEAVY = _("This picture is larger than 10 MB. Choose a smaller one.")
TOO_WIDE = _("This picture has more than 50 million pixels. Choose a smaller one.")


class BadPicture(Exception):
    """A file that cannot become an item's picture; ``sentence`` says why."""

    def __init__(self, sentence: str | Promise) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def read_picture(file: IO[bytes]) -> ContentFile:
    """Return the picture in ``file`` as an upright JPEG of at most 1,600 pixels a side."""
    head = file.read(MOST_BYTES + 1)
    if not head:
        raise BadPicture(EMPTY)
    if len(head) > MOST_BYTES:
        raise BadPicture(TOO_HEAVY)
    try:
        return encode(decode(BytesIO(head)))
    except BadPicture:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise BadPicture(TOO_WIDE) from None
    except Exception as error:
        # A file that is cut short or lies about itself makes Pillow stumble anywhere.
        raise BadPicture(UNREADABLE) from error


def decode(file: IO[bytes]) -> Image.Image:
    """Return the first frame, upright, small, in plain sRGB on white."""
    with Image.open(file, formats=FORMATS) as opened:
        if opened.width * opened.height > MOST_PIXELS:
            raise BadPicture(TOO_WIDE)
        if opened.mode == "P":
            # A palette cannot be scaled well; a huge one is thinned before it is spelt out.
            opened.thumbnail((ROUGH_SIDE, ROUGH_SIDE), Image.Resampling.NEAREST)
        image = opened.convert("RGBA") if opened.mode == "P" else opened
        image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
        return on_white(in_srgb(ImageOps.exif_transpose(image)))


def in_srgb(image: Image.Image) -> Image.Image:
    """Return the picture in the colours that a screen assumes when told nothing."""
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in ("RGB", "RGBA", "CMYK"):
        return image
    kept = "RGBA" if image.mode == "RGBA" else "RGB"
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(image, source, target, outputMode=kept)
    except (ImageCms.PyCMSError, OSError):
        return image
    return converted or image


def on_white(image: Image.Image) -> Image.Image:
    """Return the picture without transparency: a JPEG has none."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    seen = image.convert("RGBA")
    ground = Image.new("RGB", seen.size, "white")
    ground.paste(seen, mask=seen.getchannel("A"))
    return ground


def encode(image: Image.Image) -> ContentFile:
    image.info.clear()
    written = BytesIO()
    image.save(written, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    return ContentFile(written.getvalue(), name="picture.jpg")
