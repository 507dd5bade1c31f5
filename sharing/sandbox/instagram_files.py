"""Fetch a picture or a video from the app, as Instagram does, and judge it."""

from __future__ import annotations

import struct
import urllib.error
import urllib.request
from dataclasses import dataclass
from urllib.parse import urlsplit

MEGABYTE = 1024 * 1024
PICTURE_BYTES, VIDEO_BYTES = 8 * MEGABYTE, 300 * MEGABYTE
NARROWEST, WIDEST = 0.8 - 0.005, 1.91 + 0.005


@dataclass(frozen=True)
class Problem:
    """Why a file is of no use: the code, its subcode and a word about it."""

    code: int
    subcode: int
    said: str


@dataclass(frozen=True)
class Fetched:
    content_type: str
    body: bytes


FETCH = Problem(
    9004, 2207052, "The media could not be fetched from this URI, or is no media"
)
KIND = Problem(36001, 2207005, "The image format is not supported")
HEAVY = Problem(36000, 2207004, "The image is too large to download")
SHAPE = Problem(36003, 2207009, "The aspect ratio is not supported")
VIDEO = Problem(352, 2207026, "The video format is not supported")


def fetch(url: str, most: int) -> Fetched | None:
    """What stands at an address; None where nothing can be had of it."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc or not url.isascii():
        return None
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    opener.addheaders = [("User-Agent", "facebookexternalua")]
    try:
        with opener.open(url, timeout=10) as answer:
            kind = answer.headers.get_content_type()
            return Fetched(kind, answer.read(most + 1))
    except (OSError, ValueError, urllib.error.URLError):
        return None


def picture(url: str, of_any_shape: bool = False) -> Fetched | Problem:
    found = fetch(url, PICTURE_BYTES)
    if found is None or not found.content_type.startswith("image/"):
        return FETCH
    if len(found.body) > PICTURE_BYTES:
        return HEAVY
    size = jpeg_size(found.body)
    if found.content_type != "image/jpeg" or size is None:
        return KIND
    width, height = size
    fits = of_any_shape or NARROWEST <= width / height <= WIDEST
    return found if fits else SHAPE


def video(url: str, longest: float) -> Fetched | Problem:
    found = fetch(url, VIDEO_BYTES)
    if found is None or not found.content_type.startswith("video/"):
        return FETCH
    if len(found.body) > VIDEO_BYTES or found.body[4:8] != b"ftyp":
        return VIDEO
    seconds = mp4_seconds(found.body)
    return VIDEO if seconds is not None and not 3 <= seconds <= longest else found


def jpeg_size(body: bytes) -> tuple[int, int] | None:
    """Width and height from the frame header; None for what is no plain JPEG."""
    if not body.startswith(b"\xff\xd8\xff"):
        return None
    at = 2
    while at + 9 < len(body) and body[at] == 0xFF:
        marker, length = body[at + 1], int.from_bytes(body[at + 2 : at + 4])
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", body[at + 5 : at + 9])
            return (width, height) if width and height else None
        at += 2 + length
    return None


def mp4_seconds(body: bytes) -> float | None:
    """How long a film says that it runs; None where it does not say."""
    at = body.find(b"mvhd")
    if at < 0 or len(body) < at + 36:
        return None
    is_long = body[at + 4] == 1
    shape, start = (">IQ", at + 24) if is_long else (">II", at + 16)
    scale, length = struct.unpack_from(shape, body, start)
    return length / scale if scale else None
