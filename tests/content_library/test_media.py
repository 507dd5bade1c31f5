"""Pictures from strangers become plain, upright JPEGs, or a sentence."""

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from content_library.media import (
    EMPTY,
    LONGEST_SIDE,
    MOST_BYTES,
    TOO_HEAVY,
    TOO_WIDE,
    UNREADABLE,
    BadPicture,
    read_picture,
)

from .conftest import image_bytes

GPS, ORIENTATION, MAKER = 0x8825, 0x0112, 0x010F


def reread(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(read_picture(BytesIO(data)).read()))
    image.load()
    return image


def png_claiming(width: int, height: int) -> bytes:
    """Return a small PNG file that says to be huge."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        crc = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc)

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(1000))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", body)
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_each_format_becomes_a_jpeg(kind: str) -> None:
    image = reread(image_bytes(kind=kind))

    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (40, 30))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_every_way_to_hold_colour_is_read(mode: str) -> None:
    written = BytesIO()
    Image.new(mode, (20, 20)).save(written, "PNG")

    assert reread(written.getvalue()).mode == "RGB"


def test_print_colours_are_read() -> None:
    assert reread(image_bytes(kind="JPEG", mode="CMYK")).mode == "RGB"


def test_what_was_transparent_is_white() -> None:
    written = BytesIO()
    Image.new("RGBA", (20, 20), (255, 0, 0, 0)).save(written, "PNG")

    assert reread(written.getvalue()).getpixel((10, 10)) == (255, 255, 255)


def test_only_the_first_frame_of_an_animation_is_kept() -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    written = BytesIO()
    frames[0].save(written, "GIF", save_all=True, append_images=frames[1:])

    red, _, blue = reread(written.getvalue()).getpixel((10, 10))

    assert red > 200 > blue


def test_a_large_picture_is_made_small_and_keeps_its_shape() -> None:
    assert reread(image_bytes((4000, 1000))).size == (LONGEST_SIDE, 400)


def test_a_phones_picture_stands_upright_and_tells_no_place() -> None:
    exif = Image.Exif()
    exif[ORIENTATION], exif[MAKER] = 6, "Secret phone"
    exif.get_ifd(GPS)[1] = "N"
    exif.get_ifd(GPS)[2] = (55.0, 40.0, 34.0)
    data = image_bytes((40, 20), "JPEG", exif=exif, comment=b"Secret comment")
    assert b"Secret" in data

    stored = read_picture(BytesIO(data)).read()
    image = Image.open(BytesIO(stored))

    assert image.size == (20, 40)
    assert not image.getexif()
    assert b"Secret" not in stored
    assert b"Exif" not in stored


def test_words_hidden_in_a_png_are_gone() -> None:
    words = PngInfo()
    words.add_text("Author", "Secret name")

    stored = read_picture(BytesIO(image_bytes(pnginfo=words))).read()

    assert b"Secret" not in stored


def test_what_hangs_behind_a_picture_is_gone() -> None:
    stored = read_picture(BytesIO(image_bytes(kind="JPEG") + b"<script>Secret")).read()

    assert b"Secret" not in stored


def test_a_colour_profile_is_applied_and_left_out() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    stored = read_picture(BytesIO(image_bytes(icc_profile=profile))).read()

    assert "icc_profile" not in Image.open(BytesIO(stored)).info


def test_a_broken_colour_profile_does_no_harm() -> None:
    assert reread(image_bytes(icc_profile=b"not a profile")).mode == "RGB"


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", EMPTY),
        (b"\x00", UNREADABLE),
        (SVG, UNREADABLE),
        (b"GIF89a<script>alert(1)</script>", UNREADABLE),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", UNREADABLE),
        (image_bytes(kind="TIFF"), UNREADABLE),
        (image_bytes(kind="BMP"), UNREADABLE),
        (image_bytes((400, 400), "JPEG")[:600], UNREADABLE),
        (image_bytes((400, 400), "PNG")[:200], UNREADABLE),
        (png_claiming(7_000, 8_000), TOO_WIDE),
        (png_claiming(60_000, 60_000), TOO_WIDE),
        (png_claiming(0, 10), UNREADABLE),
        (b"\xff" * (MOST_BYTES + 1), TOO_HEAVY),
    ],
    ids=[
        "empty",
        "one byte",
        "svg",
        "script as gif",
        "postscript",
        "tiff",
        "bmp",
        "cut jpeg",
        "cut png",
        "wide",
        "bomb",
        "no width",
        "heavy",
    ],
)
def test_what_is_no_picture_of_ours_is_refused_in_a_sentence(
    data: bytes, sentence: str
) -> None:
    with pytest.raises(BadPicture) as refused:
        read_picture(BytesIO(data))

    assert refused.value.sentence == sentence


def test_the_name_of_a_file_says_nothing_about_it() -> None:
    file = BytesIO(image_bytes())
    file.name = "holiday.svg"

    assert Image.open(BytesIO(read_picture(file).read())).format == "JPEG"
