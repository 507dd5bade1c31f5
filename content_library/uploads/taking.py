"""One upload, from what the browser sent to what is kept. It touches no row."""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _
from PIL import Image

from common.uploading import upload_folder
from content_library.uploads import pictures, videos
from content_library.uploads.kinds import (
    HEAD,
    BadFile,
    Form,
    Kind,
    form_of,
)

LONGEST_NAME = 120
EMPTY = _("This file is empty. Choose it once more.")
HEAVY = {
    Kind.VIDEO: _("This video has more than %(most)s MB. Choose a shorter one."),
    Kind.DOCUMENT: _("This PDF has more than %(most)s MB. Choose a smaller one."),
}
CUT = _("This PDF is not complete. Choose it once more.")
PDF_END = 2048  # bytes within which a PDF says that it ends


class FileAtHand(File):
    """A file on this disk that a storage may move instead of copying."""

    def __init__(self, path: Path, name: str) -> None:
        super().__init__(path.open("rb"), name)
        self.path = path

    def temporary_file_path(self) -> str:
        return str(self.path)


@dataclass(frozen=True)
class Taken:
    """What is kept of an upload, and what is known of it; None where it is not known."""

    form: Form
    file: File  # with the ending that it will have
    size: int
    sha256: str
    name: str
    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    preview: ContentFile | None = None


@contextmanager
def take(upload: UploadedFile) -> Iterator[Taken]:
    """Judge an upload and yield what to keep of it; afterwards nothing else is left.

    Raises ``BadFile``.
    """
    if not upload.size:
        raise BadFile(EMPTY)
    upload.seek(0)
    form = form_of(upload.read(HEAD))
    upload.seek(0)
    if form.kind is Kind.IMAGE:
        yield take_picture(upload, form)
        return
    most = most_megabytes(form.kind)
    if upload.size > most * 1024 * 1024:
        raise BadFile(HEAVY[form.kind] % {"most": most})
    with tempfile.TemporaryDirectory(dir=upload_folder()) as folder:
        path, name = on_disk(upload, Path(folder)), tidy_name(upload.name)
        taken = (
            take_video(path, form, name, Path(folder))
            if form.kind is Kind.VIDEO
            else take_document(path, form, name)
        )
        try:
            yield taken
        finally:
            taken.file.close()


def most_megabytes(kind: Kind) -> int:
    return {
        Kind.IMAGE: 10,
        Kind.VIDEO: settings.MEDIA_VIDEO_MAX_MB,
        Kind.DOCUMENT: settings.MEDIA_DOCUMENT_MAX_MB,
    }[kind]


def on_disk(upload: UploadedFile, folder: Path) -> Path:
    """Return a path under which the upload can be read."""
    if hasattr(upload, "temporary_file_path"):
        return Path(upload.temporary_file_path())
    path = folder / "upload"
    with path.open("wb") as file:
        file.writelines(upload.chunks())
    return path


def take_picture(upload: UploadedFile, form: Form) -> Taken:
    kept = pictures.read_picture(upload, form)
    return Taken(
        form=kept.form,
        file=ContentFile(kept.data, name=f"picture.{kept.form.extension}"),
        size=len(kept.data),
        sha256=hashlib.sha256(kept.data).hexdigest(),
        name=tidy_name(upload.name),
        width=kept.width,
        height=kept.height,
        preview=ContentFile(kept.preview, name="preview.jpg"),
    )


def take_video(path: Path, form: Form, name: str, folder: Path) -> Taken:
    clean, form = videos.clean(path, form, folder)
    look = videos.look_at(clean, form)
    return Taken(
        form=form,
        file=FileAtHand(clean, f"video.{form.extension}"),
        size=clean.stat().st_size,
        sha256=digest(clean),
        name=name,
        width=look.width,
        height=look.height,
        seconds=look.seconds,
        preview=as_file(look.still),
    )


def as_file(still: Image.Image | None) -> ContentFile | None:
    return ContentFile(pictures.preview_of(still), "preview.jpg") if still else None


def take_document(path: Path, form: Form, name: str) -> Taken:
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - PDF_END))
        if b"%%EOF" not in file.read():
            raise BadFile(CUT)
    return Taken(
        form=form,
        file=FileAtHand(path, "document.pdf"),
        size=size,
        sha256=digest(path),
        name=name,
    )


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def tidy_name(name: str | None) -> str:
    """Return the file's own name without its ending, fit to be shown."""
    stem = PurePosixPath((name or "").replace("\\", "/")).stem
    shown = "".join(char if char.isprintable() else " " for char in stem)
    return " ".join(shown.split())[:LONGEST_NAME]
