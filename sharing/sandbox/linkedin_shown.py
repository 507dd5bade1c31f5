"""What a post on LinkedIn shows: whether it may, and as which files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sharing.sandbox.linkedin_media import find
from sharing.sandbox.linkedin_said import author_of
from sharing.sandbox.store import Grant
from sharing.sandbox.world import World


def problem_with_media(
    world: World, grant: Grant, body: Mapping[str, Any]
) -> tuple[int, str, str] | None:
    """Whether what a post shows is there, is the member's and can be shown."""
    for kind, where, urn in named_in(body):
        asset = find(world, urn)
        if asset is None or asset.kind != kind:
            return 400, "INVALID_VALUE", f"{where} :: {urn[:80]} does not exist"
        if asset.owner != author_of(grant):
            return 403, "ACCESS_DENIED", f"{where} :: {urn} belongs to somebody else"
        status = asset.status(world)
        if status == "PROCESSING_FAILED":
            return 400, "MEDIA_ASSET_PROCESSING_FAILED", f"{where} :: {urn} failed"
        if status != "AVAILABLE":
            return 400, "MEDIA_ASSET_WAITING_UPLOAD", f"{where} :: {urn} is not ready"
    return None


def named_in(body: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Kind, place and URN of all that a post shows."""
    content = body.get("content") or {}
    if "article" in content:
        picture = content["article"].get("thumbnail")
        return [("image", "/content/article/thumbnail", picture)] if picture else []
    if "multiImage" in content:
        images = content["multiImage"]["images"]
        return [
            ("image", f"/content/multiImage/images/{n}", i["id"])
            for n, i in enumerate(images)
        ]
    if "media" in content:
        urn = content["media"]["id"]
        return [(urn.split(":")[2], "/content/media/id", urn)]
    return []


def shown(world: World, body: Mapping[str, Any]) -> list[dict[str, str]]:
    """The files of a post, as the pages show them."""
    content = body.get("content") or {}
    media = content.get("media")
    said = content.get("multiImage", {}).get("images") or ([media] if media else [{}])
    told: list[dict[str, str]] = []
    for number, (kind, _where, urn) in enumerate(named_in(body)):
        asset = find(world, urn)
        words = said[number] if "article" not in content else content["article"]
        alt = words.get("altText") or words.get("thumbnailAltText", "")
        told.append(
            {
                "kind": "thumbnail" if "article" in content else kind,
                "file": asset.file if asset else "",
                "alt": alt,
                "title": words.get("title", ""),
            }
        )
    return told
