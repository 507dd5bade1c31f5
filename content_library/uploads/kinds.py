"""What a file is, by its own first bytes: neither its name nor its browser is believed."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

HEAD = 4096  # bytes that tell

UNKNOWN = _(
    "This is not a file we can use. Choose a picture (JPEG, PNG, WebP, GIF), "
    "a video (MP4, MOV, WebM) or a PDF."
)
PHONE_PICTURE = _(
    "This is a HEIC or AVIF picture. Save it as JPEG and choose it again."
)


class BadFile(Exception):
    """A file that cannot be an item's; ``sentence`` says why."""

    def __init__(self, sentence: str | Promise) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class Kind(StrEnum):
    IMAGE = "image"
    VIDEO = "video"
    DOCUMENT = "document"


@dataclass(frozen=True)
class Form:
    """How a file of a kind is written."""

    kind: Kind
    content_type: str
    extension: str


JPEG = Form(Kind.IMAGE, "image/jpeg", "jpg")
PNG = Form(Kind.IMAGE, "image/png", "png")
GIF = Form(Kind.IMAGE, "image/gif", "gif")
WEBP = Form(Kind.IMAGE, "image/webp", "webp")
MP4 = Form(Kind.VIDEO, "video/mp4", "mp4")
MOV = Form(Kind.VIDEO, "video/quicktime", "mov")
WEBM = Form(Kind.VIDEO, "video/webm", "webm")
PDF = Form(Kind.DOCUMENT, "application/pdf", "pdf")
FORMS = (JPEG, PNG, GIF, WEBP, MP4, MOV, WEBM, PDF)

STARTS = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"%PDF-", PDF),
)
PICTURE_BRANDS = {
    b"heic",
    b"heix",
    b"hevc",
    b"heim",
    b"heis",
    b"mif1",
    b"msf1",
    b"avif",
}
OLD_MOVIE = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")


def form_of(head: bytes) -> Form:
    """Return what the first bytes say the file is. Raises ``BadFile``."""
    for start, form in STARTS:
        if head.startswith(start):
            return form
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return WEBP
    if head[:4] == b"\x1a\x45\xdf\xa3" and b"webm" in head[:64]:
        return WEBM
    return movie_of(head)


def movie_of(head: bytes) -> Form:
    """Tell MP4 from QuickTime, and both from pictures in the same wrapping."""
    box, brand = head[4:8], head[8:12]
    if box == b"ftyp":
        if brand.lower() in PICTURE_BRANDS:
            raise BadFile(PHONE_PICTURE)
        return MOV if brand == b"qt  " else MP4
    if box in OLD_MOVIE:
        return MOV
    raise BadFile(UNKNOWN)


def content_type_of(name: str) -> str:
    """Return the type of a file that we have stored, by the name that we gave it."""
    extension = name.rpartition(".")[2]
    types = (form.content_type for form in FORMS if form.extension == extension)
    return next(types, "application/octet-stream")
