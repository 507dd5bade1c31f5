"""Files as browsers send them: pictures, films made by ffmpeg, PDFs."""

import functools
import subprocess
import tempfile
from io import BytesIO
from pathlib import Path

import imageio_ffmpeg
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from .conftest import image_bytes

PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< >>\n%%EOF\n"


def uploaded(data: bytes, name: str = "file.bin") -> SimpleUploadedFile:
    """Return a file that says to be a JPEG, whatever it is: nobody believes it."""
    return SimpleUploadedFile(name, data, "image/jpeg")


def a_picture(size: tuple[int, int] = (40, 30), kind: str = "JPEG", **save: object):
    return uploaded(image_bytes(size, kind, **save), "A picture.jpg")


def an_animation(frames: int = 3, size: tuple[int, int] = (20, 16)) -> bytes:
    drawn = [Image.new("RGB", size, (40 * n, 0, 90)) for n in range(frames)]
    file = BytesIO()
    drawn[0].save(
        file, "GIF", save_all=True, append_images=drawn[1:], comment=b"Secret", loop=0
    )
    return file.getvalue()


@functools.cache
def a_film(ending: str = "mp4", *, seconds: int = 1, turned: bool = False) -> bytes:
    """Return a short film with a place and a name in it."""
    codec = ["libvpx"] if ending == "webm" else ["libx264", "-pix_fmt", "yuv420p"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"film.{ending}"
        source = ["-f", "lavfi", "-i", f"testsrc=size=64x36:rate=10:duration={seconds}"]
        run([*source, "-c:v", *codec, "-metadata", "title=Secret"], path)
        if turned:
            upright = path.with_name(f"turned.{ending}")
            run(["-display_rotation", "90", "-i", str(path), "-c", "copy"], upright)
            path = upright
        return path.read_bytes()


def run(arguments: list[str], path: Path) -> None:
    place = ["-metadata", "location=+55.6761+012.5683/"]
    program = imageio_ffmpeg.get_ffmpeg_exe()
    subprocess.run(  # noqa: S603
        [program, "-v", "error", "-y", *arguments, *place, str(path)], check=True
    )
