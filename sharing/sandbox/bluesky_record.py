"""What a post may look like, as the lexicons of app.bsky say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sharing.sandbox.graphemes import graphemes

POST = "app.bsky.feed.post"
_TID = re.compile(r"[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}")
_URI = re.compile(r"[a-z][a-z.-]{0,80}:\S{1,8192}", re.IGNORECASE)
_ISO = re.compile(
    r"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\.[0-9]{1,20})?"
    r"(Z|[+-][0-2][0-9]:[0-5][0-9])"
)
_FEATURES = {
    "app.bsky.richtext.facet#link": "uri",
    "app.bsky.richtext.facet#tag": "tag",
    "app.bsky.richtext.facet#mention": "did",
}
MOST_BLOB = 1_000_000

Blobs = Mapping[str, Mapping[str, Any]]  # by content id


class Mistake(Exception):
    """What is wrong with it; ``name`` as the server calls such a thing."""

    def __init__(self, said: str, name: str = "InvalidRequest") -> None:
        super().__init__(said)
        self.name = name


def is_record_key(value: object) -> bool:
    return isinstance(value, str) and _TID.fullmatch(value) is not None


def check(record: Any, blobs: Blobs) -> None:
    """Raise ``Mistake`` where a server would not take the record."""
    _must(isinstance(record, dict), "Record must be an object")
    _must(record.get("$type") == POST, f"Record/$type must be {POST}")
    text, made = record.get("text"), record.get("createdAt")
    _must(isinstance(text, str), "Record must have the property text")
    _must(len(text.encode()) <= 3000, "Record/text must not be longer than 3000 bytes")
    _must(graphemes(text) <= 300, "Record/text must not be longer than 300 graphemes")
    _must(_is_moment(made), "Record/createdAt must be an valid atproto datetime")
    langs = record.get("langs", [])
    _must(
        isinstance(langs, list) and len(langs) <= 3,
        "Record/langs must not have more than 3 elements",
    )
    for number, facet in enumerate(record.get("facets", [])):
        _check_facet(facet, text.encode(), f"Record/facets/{number}")
    if "embed" in record:
        _check_embed(record["embed"], blobs)


def _must(holds: bool, said: str) -> None:
    if not holds:
        raise Mistake(f"Invalid {POST} record: {said}")


def _is_moment(value: object) -> bool:
    if not isinstance(value, str) or not _ISO.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _check_facet(facet: Any, text: bytes, where: str) -> None:
    """The range must lie in the text, hold something and cut no character."""
    _must(isinstance(facet, dict), f"{where} must be an object")
    index, features = facet.get("index"), facet.get("features")
    _must(isinstance(index, dict), f"{where} must have the property index")
    first, last = index.get("byteStart"), index.get("byteEnd")
    _must(_is_count(first) and _is_count(last), f"{where}/index must be integers")
    _must(first < last <= len(text), f"{where}/index lies outside of the text")
    try:
        text[first:last].decode()
        text[:first].decode()
    except UnicodeDecodeError:
        _must(False, f"{where}/index cuts a character")
    _must(isinstance(features, list) and bool(features), f"{where} has no features")
    for feature in features:
        kind = feature.get("$type") if isinstance(feature, dict) else None
        name = _FEATURES.get(str(kind), "")
        _must(bool(name), f"{where}/features has an unknown $type")
        value = feature.get(name)
        _must(isinstance(value, str) and bool(value), f"{where}: no {name}")
        if name == "uri":
            _must(_URI.fullmatch(value) is not None, f"{where}: uri is no uri")
        if name == "tag":
            _must(graphemes(value) <= 64, f"{where}: tag is longer than 64 graphemes")
            _must(not value.startswith("#"), f"{where}: tag holds its sign")


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _check_embed(embed: Any, blobs: Blobs) -> None:
    kind = embed.get("$type") if isinstance(embed, dict) else None
    if kind == "app.bsky.embed.external":
        _check_card(embed.get("external"), blobs)
    elif kind == "app.bsky.embed.images":
        images = embed.get("images")
        _must(isinstance(images, list), "Record/embed must have the property images")
        _must(
            len(images) <= 4, "Record/embed/images must not have more than 4 elements"
        )
        for image in images:
            _check_image(image, blobs)
    else:
        _must(False, "Record/embed has an unknown $type")


def _check_card(card: Any, blobs: Blobs) -> None:
    where = "Record/embed/external"
    _must(isinstance(card, dict), f"{where} must be an object")
    for name in ("uri", "title", "description"):
        said = f"{where} must have the property {name}"
        _must(isinstance(card.get(name), str), said)
    _must(_URI.fullmatch(card["uri"]) is not None, f"{where}/uri must be a uri")
    if "thumb" in card:
        _check_blob(card["thumb"], blobs)


def _check_image(image: Any, blobs: Blobs) -> None:
    where = "Record/embed/images"
    _must(isinstance(image, dict), f"{where} must be objects")
    _must(isinstance(image.get("alt"), str), f"{where} must have the property alt")
    ratio = image.get("aspectRatio")
    if ratio is not None:
        sides = (
            [ratio.get("width"), ratio.get("height")] if isinstance(ratio, dict) else []
        )
        _must(
            len(sides) == 2 and all(_is_count(one) and one for one in sides),
            f"{where}/aspectRatio must be two integers from 1",
        )
    _check_blob(image.get("image"), blobs)


def _check_blob(blob: Any, blobs: Blobs) -> None:
    ref = blob.get("ref") if isinstance(blob, dict) else None
    cid = ref.get("$link") if isinstance(ref, dict) else None
    _must(isinstance(cid, str) and blob.get("$type") == "blob", "no blob reference")
    known = blobs.get(str(cid))
    if known is None:
        raise Mistake(f"Could not find blob: {cid}", "BlobNotFound")
    same = (blob.get("mimeType"), blob.get("size")) == (
        known["mimeType"],
        known["size"],
    )
    _must(same, "mimeType or size differ from what was uploaded")
    _must(known["mimeType"].startswith("image/"), "the blob is no image")
    _must(known["size"] <= MOST_BLOB, f"the blob is larger than {MOST_BLOB} bytes")
