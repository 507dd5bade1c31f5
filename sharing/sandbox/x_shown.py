"""What a post on X shows: whether it may, and as which files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sharing.sandbox.messages import Response
from sharing.sandbox.store import Grant
from sharing.sandbox.world import World
from sharing.sandbox.x_media import find
from sharing.sandbox.x_shapes import invalid


def problem_with_media(world: World, grant: Grant, media: Any) -> Response | None:
    """Whether these may stand in one post: four pictures, or one thing that moves."""
    if not isinstance(media, dict) or set(media) - {"media_ids", "tagged_user_ids"}:
        return invalid("[media] holds an unknown field")
    ids = media.get("media_ids")
    if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
        return invalid("[media.media_ids] is a list of strings")
    if not 1 <= len(ids) <= 4:
        return invalid("[media.media_ids] holds 1 to 4 ids")
    found = [find(world, grant, one) for one in ids]
    ready = [one for one in found if one and one.ready(world)]
    if len(ready) != len(ids):
        return invalid("Your media IDs are invalid.")
    if len(ready) > 1 and any(one.moves for one in ready):
        return invalid("Only pictures may stand together in a post")
    return None


def shown(world: World, media: Mapping[str, Any]) -> list[dict[str, str]]:
    """The files of a post, as the pages show them."""
    found = [world.store.uploads[f"x/{one}"] for one in media.get("media_ids", ())]
    return [
        {
            "kind": "video" if one.category.endswith("video") else "image",
            "file": one.file,
            "alt": one.alt,
        }
        for one in found
    ]
