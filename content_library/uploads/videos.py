"""Videos: measured, shown as a still, and freed of what a phone writes into them.

By ffmpeg, a program of its own: a file that breaks it breaks nothing of ours. Where it
is missing a video is kept as it came and nothing is known of it.
"""

import logging
import re
import subprocess
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import imageio_ffmpeg
from django.utils.translation import gettext_lazy as _
from PIL import Image

from content_library.uploads.kinds import MOV, MP4, WEBM, BadFile, Form

SECONDS_FOR_A_COPY = 240
MOST_PIXELS = 40_000_000  # of one picture; 8K has 33
SECONDS_FOR_A_LOOK = 60
UNREADABLE = _("We cannot read this video. Save it as MP4 (H.264) and choose it again.")
# Only the file itself is opened, never what it may refer to.
QUIET = [
    "-nostdin",
    "-hide_banner",
    "-y",
    "-protocol_whitelist",
    "file,pipe",
    "-threads",
    "1",
]
BOUNDS = ["-max_alloc", str(512 * 1024 * 1024)]
READERS = {MP4: "mov", MOV: "mov", WEBM: "matroska"}
WRITERS = {MP4: "mp4", MOV: "mov", WEBM: "webm"}
LENGTH = re.compile(rb"Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)")

log = logging.getLogger("content_library.uploads")


@dataclass(frozen=True)
class Look:
    """What is known of a video; None and nothing where it is not."""

    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    still: Image.Image | None = None


def program() -> str | None:
    """Return where ffmpeg is."""
    try:
        return imageio_ffmpeg.get_ffmpeg_exe()
    except RuntimeError:
        return None


def clean(source: Path, form: Form, folder: Path) -> tuple[Path, Form]:
    """Return the same pictures and sound without places, names and further tracks.

    Its index comes first, so that it plays while it loads. Nothing is encoded anew. A
    film of a phone becomes an MP4 where its tracks allow it: more networks take that.
    """
    ffmpeg = program()
    if ffmpeg is None:
        return source, form
    for target in (MP4, MOV) if form is MOV else (form,):
        path = folder / f"clean.{target.extension}"
        arguments = [
            *("-f", READERS[form], "-i", str(source)),
            *("-map", "0:V:0", "-map", "0:a:0?", "-c", "copy", "-dn", "-sn"),
            *("-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact"),
            *(() if target is WEBM else ("-movflags", "+faststart")),
            *("-f", WRITERS[target], str(path)),
        ]
        if run(ffmpeg, arguments, SECONDS_FOR_A_COPY) is not None:
            return path, target
    raise BadFile(UNREADABLE)


def look_at(path: Path, form: Form) -> Look:
    """Return the size as seen, the length and the first picture. Raises ``BadFile``."""
    ffmpeg = program()
    if ffmpeg is None:
        return Look()
    still = [
        *("-max_pixels", str(MOST_PIXELS), "-f", READERS[form], "-i", str(path)),
        *(
            "-map",
            "0:V:0",
            "-frames:v",
            "1",
            "-f",
            "image2pipe",
            "-c:v",
            "png",
            "pipe:1",
        ),
    ]
    done = run(ffmpeg, still, SECONDS_FOR_A_LOOK)
    if done is None or not done.stdout:
        raise BadFile(UNREADABLE)
    image = Image.open(BytesIO(done.stdout), formats=["PNG"]).convert("RGB")
    return Look(image.width, image.height, seconds_in(done.stderr), image)


def seconds_in(told: bytes) -> float | None:
    """Return the length that ffmpeg tells of its input."""
    found = LENGTH.search(told)
    if found is None:
        return None
    hours, minutes, seconds = (float(part) for part in found.groups())
    return round(hours * 3600 + minutes * 60 + seconds, 2)


def run(
    ffmpeg: str, arguments: list[str], patience: float
) -> "subprocess.CompletedProcess[bytes] | None":
    """Run ffmpeg; None when it fails or takes too long."""
    try:
        return subprocess.run(  # noqa: S603  no shell; the paths are our own
            [ffmpeg, *QUIET, *BOUNDS, *arguments],
            capture_output=True,
            check=True,
            timeout=patience,
        )
    except subprocess.CalledProcessError as error:
        log.info("ffmpeg refused a video: %s", error.stderr[-500:])
    except (subprocess.TimeoutExpired, OSError):
        log.warning("ffmpeg did not end in time or could not be started")
    return None
