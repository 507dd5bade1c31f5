"""What is sent to TikTok, field by field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sharing.connectors.forms import ON
from sharing.connectors.types import Post
from sharing.networks.tiktok.chunks import Cut


def file_source(pieces: Cut) -> dict[str, Any]:
    return {
        "source": "FILE_UPLOAD",
        "video_size": pieces.size,
        "chunk_size": pieces.step,
        "total_chunk_count": pieces.count,
    }


def photos(post: Post, chosen: Mapping[str, str] | None) -> dict[str, Any]:
    """Pictures to be posted; without choices, to be finished in the app."""
    info: dict[str, Any] = {"description": post.text}
    if chosen is not None:
        info |= photo_info(chosen)
    return {
        "media_type": "PHOTO",
        "post_mode": "MEDIA_UPLOAD" if chosen is None else "DIRECT_POST",
        "post_info": info,
        "source_info": {
            "source": "PULL_FROM_URL",
            "photo_images": [file.url for file in post.media],
            "photo_cover_index": 0,
        },
    }


def video_info(post: Post, chosen: Mapping[str, str]) -> dict[str, Any]:
    return {
        "title": post.text,
        "privacy_level": chosen.get("privacy", ""),
        "disable_comment": chosen.get("comment") != ON,
        "disable_duet": chosen.get("duet") != ON,
        "disable_stitch": chosen.get("stitch") != ON,
        **brands(chosen),
    }


def photo_info(chosen: Mapping[str, str]) -> dict[str, Any]:
    return {
        "privacy_level": chosen.get("privacy", ""),
        "disable_comment": chosen.get("comment") != ON,
        "auto_add_music": False,
        **brands(chosen),
    }


def brands(chosen: Mapping[str, str]) -> dict[str, bool]:
    return {
        "brand_content_toggle": chosen.get("branded") == ON,
        "brand_organic_toggle": chosen.get("own_brand") == ON,
    }
