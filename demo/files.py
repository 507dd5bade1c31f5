"""Files that go with a post: drawn pictures, a short film over one, a report of a few pages."""

import subprocess
import tempfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from content_library.uploads import videos
from demo.art import MOTIFS, draw

SECONDS, RATE = 6, 25
# Six seconds of coming nearer.
NEARER = f"zoompan=z='1+on/900':d={SECONDS * RATE}:s=960x640:fps={RATE},format=yuv420p"


def make(kind: str, motif: str, title: str, seed: int) -> list[SimpleUploadedFile]:
    """Return the files of a kind; none where they cannot be made here."""
    return KINDS[kind](motif, title, seed)


def pictures(motif: str, title: str, seed: int) -> list[SimpleUploadedFile]:
    motifs = [motif, *(other for other in MOTIFS if other != motif)][:4]
    return [
        SimpleUploadedFile(f"{name}.jpg", draw(name, seed + number).read())
        for number, name in enumerate(motifs)
    ]


def film(motif: str, title: str, seed: int) -> list[SimpleUploadedFile]:
    program = videos.program()
    if program is None:
        return []
    with tempfile.TemporaryDirectory() as folder:
        still, path = Path(folder) / "still.jpg", Path(folder) / "film.mp4"
        still.write_bytes(draw(motif, seed).read())
        done = subprocess.run(  # noqa: S603
            [
                program,
                "-v",
                "error",
                "-i",
                still,
                "-vf",
                NEARER,
                "-preset",
                "veryfast",
                path,
            ],
            check=False,
        )
        if done.returncode:
            return []
        return [SimpleUploadedFile(f"{title}.mp4", path.read_bytes())]


def report(motif: str, title: str, seed: int) -> list[SimpleUploadedFile]:
    pages = [Image.open(draw(name, seed)) for name in (motif, "field", "sun")]
    file = BytesIO()
    pages[0].save(file, "PDF", save_all=True, append_images=pages[1:], title=title)
    return [SimpleUploadedFile(f"{title}.pdf", file.getvalue())]


KINDS: dict[str, Callable[[str, str, int], list[SimpleUploadedFile]]] = {
    "pictures": pictures,
    "film": film,
    "report": report,
}
