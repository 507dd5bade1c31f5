"""What may be asked of TikTok when a post begins: closed fields, exact arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sharing.sandbox.messages import Response
from sharing.sandbox.tiktok_shapes import Creator, invalid, no
from sharing.sandbox.world import World

MB = 1_000_000
LEAST, MOST, WHOLE_BELOW, LARGEST = 5 * MB, 64 * MB, 5 * MB, 4 * 1024**3
VIDEO_INFO = {
    "title": str,
    "privacy_level": str,
    "disable_comment": bool,
    "disable_duet": bool,
    "disable_stitch": bool,
    "video_cover_timestamp_ms": int,
    "brand_content_toggle": bool,
    "brand_organic_toggle": bool,
    "is_aigc": bool,
}
PHOTO_INFO = {
    "title": str,
    "description": str,
    "privacy_level": str,
    "disable_comment": bool,
    "auto_add_music": bool,
    "brand_content_toggle": bool,
    "brand_organic_toggle": bool,
}
FILE = {
    "source": str,
    "video_size": int,
    "chunk_size": int,
    "total_chunk_count": int,
}
PULL = {"source": str, "video_url": str}
PHOTOS = {"source": str, "photo_images": list, "photo_cover_index": int}


class Odd(ValueError):
    """A body that TikTok would not take, and why."""


def closed(body: object, known: Mapping[str, type], name: str) -> dict[str, Any]:
    """The object, if it has no field that is unknown or of another type."""
    if not isinstance(body, dict):
        raise Odd(f"{name} is missing")
    for field, value in body.items():
        if field not in known:
            raise Odd(f"{name}.{field} is not a known field")
        is_flag = isinstance(value, bool)
        if not isinstance(value, known[field]) or is_flag != (known[field] is bool):
            raise Odd(f"{name}.{field} has the wrong type")
    return body


def units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def check_lengths(info: Mapping[str, Any], most: Mapping[str, int]) -> None:
    for field, limit in most.items():
        if units(info.get(field, "")) > limit:
            raise Odd(f"post_info.{field} is too long")


def check_file(source: Mapping[str, Any]) -> None:
    """The sizes that are announced have to fit each other to the byte."""
    if set(source) != set(FILE):
        raise Odd("source_info is not complete")
    size, step = source["video_size"], source["chunk_size"]
    count = source["total_chunk_count"]
    if not 0 < size <= LARGEST:
        raise Odd("The video size is invalid")
    if size < WHOLE_BELOW:
        if (step, count) != (size, 1):
            raise Odd("The chunk size is invalid")
        return
    if not LEAST <= step <= min(MOST, size):
        raise Odd("The chunk size is invalid")
    if count != size // step or not 1 <= count <= 1000:
        raise Odd("The total chunk count is invalid")


def check_photos(source: Mapping[str, Any]) -> None:
    images = source.get("photo_images")
    if source.get("source") != "PULL_FROM_URL":
        raise Odd("Photos are pulled from a URL")
    if (
        not images
        or len(images) > 35
        or not all(isinstance(one, str) for one in images)
    ):
        raise Odd("source_info.photo_images holds 1 to 35 addresses")
    if not 0 <= source.get("photo_cover_index", 0) < len(images):
        raise Odd("source_info.photo_cover_index is out of range")


def check_audience(
    world: World, who: Creator, info: Mapping[str, Any]
) -> Response | None:
    """Whether this person may show a post to these people through this app."""
    level = info.get("privacy_level")
    if not level:
        return invalid(world, "post_info.privacy_level is missing")
    if not world.settings.tiktok_audited and not (
        level == "SELF_ONLY" and who.is_private
    ):
        code = "unaudited_client_can_only_post_to_private_accounts"
        said = "Unaudited clients can only post to private accounts."
        return no(world, 403, code, said)
    if level not in who.audiences:
        said = "The privacy level is not one of the creator's options."
        return no(world, 403, "privacy_level_option_mismatch", said)
    if level == "SELF_ONLY" and info.get("brand_content_toggle"):
        return invalid(world, "Branded content cannot be private")
    return None


def check_addresses(world: World, urls: list[str]) -> Response | None:
    known = world.settings.tiktok_verified
    for url in urls:
        is_web = url.startswith(("https://", "http://localhost", "http://127.0.0.1"))
        if not is_web or (known and not url.startswith(known)):
            said = "Please review our URL ownership verification rules."
            return no(world, 403, "url_ownership_unverified", said)
    return None
