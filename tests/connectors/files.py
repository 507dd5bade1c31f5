"""Files to upload, as small as their kind allows."""

import io

from sharing.connectors.media import Kind
from sharing.connectors.types import Media

JPEG = b"\xff\xd8\xff\xe0" + b"j" * 60
PNG = b"\x89PNG\r\n\x1a\n" + b"p" * 60
GIF = b"GIF89a" + b"g" * 60
PDF = b"%PDF-1.7 " + b"d" * 60


def mp4(size: int) -> bytes:
    """A file that says it is a film, and differs in every part of itself."""
    head = b"\x00\x00\x00\x18ftypisom"
    return (
        head
        + b"".join(number.to_bytes(4) for number in range((size - len(head)) // 4 + 1))[
            : size - len(head)
        ]
    )


def media(kind: Kind, content_type: str, body: bytes, **facts: object) -> Media:
    return Media(kind, content_type, len(body), lambda: io.BytesIO(body), **facts)


def picture(body: bytes = JPEG, **facts: object) -> Media:
    types = {b"\xff": "image/jpeg", b"\x89": "image/png", b"G": "image/gif"}
    return media(Kind.IMAGE, types[body[:1]], body, **facts)


def video(body: bytes, **facts: object) -> Media:
    return media(Kind.VIDEO, "video/mp4", body, seconds=10, **facts)


def document(body: bytes = PDF, **facts: object) -> Media:
    return media(Kind.DOCUMENT, "application/pdf", body, **facts)
