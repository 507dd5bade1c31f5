"""What an app uploads to LinkedIn before it posts: pictures, videos and documents."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sharing.sandbox.linkedin_said import (
    acting,
    author_of,
    error,
    headers_problem,
    shape_problem,
    throttled,
)
from sharing.sandbox.messages import Request, Response, as_json
from sharing.sandbox.store import Grant
from sharing.sandbox.world import Handler, World

PART = 4 * 1024 * 1024
LIFE_SECONDS = 3600  # of the addresses that bytes are sent to
MOST = {"image": 36_000_000, "video": 500 * 1024**2, "document": 100 * 1024**2}
KINDS = {"images": "image", "videos": "video", "documents": "document"}
# How a file of each kind begins, or where else it says what it is.
_SIGNS = {
    "image": (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8"),
    "document": (b"%PDF", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"),
}
_TYPES = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"GIF8": "image/gif",
    b"%PDF": "application/pdf",
}


@dataclass
class Asset:
    """One file underway: its ranges, what came of them, and since when it is whole."""

    urn: str
    kind: str
    owner: str
    key: str
    expires: float
    ranges: list[tuple[int, int]] = field(default_factory=list)
    token: str = ""
    came: dict[int, bytes] = field(default_factory=dict)
    whole_at: float | None = None
    file: str = ""
    readable: bool = True

    def status(self, world: World) -> str:
        if self.whole_at is None:
            return "WAITING_UPLOAD"
        if world.now() < self.whole_at + world.settings.linkedin_seconds(self.kind):
            return "PROCESSING"
        return "AVAILABLE" if self.readable else "PROCESSING_FAILED"


def find(world: World, urn: object) -> Asset | None:
    asset = world.store.uploads.get(f"linkedin/{urn}")
    return asset if isinstance(asset, Asset) else None


def act(world: World, request: Request, path: Mapping[str, str]) -> Response:
    """POST /rest/videos?action=…: the two words that are spoken of a file."""
    grant = acting(world, request)
    if isinstance(grant, Response):
        return grant
    refusal = headers_problem(world, request) or throttled(world, grant)
    if refusal:
        return refusal
    if "w_member_social" not in grant.scopes:
        said = f"Not enough permissions to access: {path['resource']}"
        return error(403, "ACCESS_DENIED", said)
    kind = KINDS[path["resource"]]
    action = request.query.get("action")
    if action == "initializeUpload":
        return _begin(world, request, grant, kind)
    if action == "finalizeUpload" and kind == "video":
        return _finish(world, request, grant)
    return error(400, "ILLEGAL_ARGUMENT", f"No action {str(action)[:40]!r}")


def _begin(world: World, request: Request, grant: Grant, kind: str) -> Response:
    fields: dict[str, type] = {"owner": str}
    needed: tuple[str, ...] = ("owner",)
    if kind == "video":
        fields |= {
            "fileSizeBytes": int,
            "uploadCaptions": bool,
            "uploadThumbnail": bool,
        }
        needed = ("owner", "fileSizeBytes")
    asked = _asked(request, "initializeUploadRequest", fields, needed)
    if isinstance(asked, Response):
        return asked
    if asked["owner"] != author_of(grant):
        said = "Field Value validation failed in REQUEST_BODY: /owner"
        return error(403, "ACCESS_DENIED", said)
    size = asked.get("fileSizeBytes", 1)
    if not 0 < size <= MOST[kind]:
        said = "/initializeUploadRequest/fileSizeBytes :: is out of range"
        return error(400, "INVALID_VALUE", said)
    asset = Asset(
        urn=f"urn:li:{kind}:{'D4D' if kind == 'image' else 'D5F'}{secrets.token_hex(10)}",
        kind=kind,
        owner=asked["owner"],
        key=secrets.token_urlsafe(12),
        expires=world.now() + LIFE_SECONDS,
    )
    for name in (asset.urn, asset.key):
        world.store.uploads[f"linkedin/{name}"] = asset
    value = (
        _for_video(asset, size, request)
        if kind == "video"
        else _for_whole(asset, request)
    )
    return as_json({"value": value})


def _for_whole(asset: Asset, request: Request) -> dict[str, Any]:
    return {
        "uploadUrlExpiresAt": int(asset.expires * 1000),
        "uploadUrl": _address(request, asset, 0),
        asset.kind: asset.urn,
    }


def _for_video(asset: Asset, size: int, request: Request) -> dict[str, Any]:
    asset.ranges = [
        (first, min(first + PART, size) - 1) for first in range(0, size, PART)
    ]
    asset.token = secrets.token_urlsafe(16)
    return {
        "uploadUrlsExpireAt": int(asset.expires * 1000),
        "video": asset.urn,
        "uploadInstructions": [
            {
                "uploadUrl": _address(request, asset, number),
                "firstByte": first,
                "lastByte": last,
            }
            for number, (first, last) in enumerate(asset.ranges)
        ],
        "uploadToken": asset.token,
    }


def _address(request: Request, asset: Asset, number: int) -> str:
    place = f"{request.base}/www.linkedin.com/dms-uploads/{asset.key}/{number}"
    return f"{place}?ca=vector_feedshare&cn=uploads&sync=0&v=beta"


def receive(world: World, request: Request, path: Mapping[str, str]) -> Response:
    """PUT of bytes: a whole file with its owner's token, or one range of a video."""
    asset = find(world, path["key"])
    number = int(path["number"]) if path["number"].isdecimal() else 0
    if asset is None or (asset.ranges and number >= len(asset.ranges)):
        return Response(404)
    if asset.expires <= world.now():
        return error(400, "EXPIRED_UPLOAD_URL", "The upload URL has expired")
    if asset.ranges:
        return _receive_range(asset, number, request)
    grant = acting(world, request)
    if isinstance(grant, Response):
        return grant
    if author_of(grant) != asset.owner:
        return error(403, "ACCESS_DENIED", "Not the owner of this upload")
    if not request.body or len(request.body) > MOST[asset.kind]:
        return error(400, "INVALID_VALUE", "The file is empty or too large")
    asset.came[0] = request.body
    _keep(world, asset)
    return Response(201)


def _receive_range(asset: Asset, number: int, request: Request) -> Response:
    first, last = asset.ranges[number]
    if request.content_type != "application/octet-stream":
        return error(
            415, "UNSUPPORTED_MEDIA_TYPE", "application/octet-stream is needed"
        )
    if len(request.body) != last - first + 1:
        said = f"{len(request.body)} bytes came for the range {first} to {last}"
        return error(400, "INVALID_VALUE", said)
    asset.came[number] = request.body
    return Response(200, b"", {"ETag": f'"{_tag(request.body)}"'})


def _tag(body: bytes) -> str:
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


def _finish(world: World, request: Request, grant: Grant) -> Response:
    fields = {"video": str, "uploadToken": str, "uploadedPartIds": list}
    asked = _asked(request, "finalizeUploadRequest", fields, tuple(fields))
    if isinstance(asked, Response):
        return asked
    asset = find(world, asked["video"])
    if asset is None or asset.owner != author_of(grant) or asset.kind != "video":
        return error(
            400, "INVALID_VALUE", "/finalizeUploadRequest/video :: is not yours"
        )
    if asset.whole_at is not None:
        return error(400, "INVALID_VALUE", "The upload is finalized already")
    if asked["uploadToken"] not in ("", asset.token):
        return error(
            400, "INVALID_VALUE", "/finalizeUploadRequest/uploadToken :: is wrong"
        )
    due = [
        _tag(asset.came[n]) if n in asset.came else "" for n in range(len(asset.ranges))
    ]
    if asked["uploadedPartIds"] != due:
        said = "/finalizeUploadRequest/uploadedPartIds :: are not those of the parts in order"
        return error(400, "INVALID_VALUE", said)
    _keep(world, asset)
    return as_json({})


def _keep(world: World, asset: Asset) -> None:
    body = b"".join(asset.came[number] for number in sorted(asset.came))
    asset.came.clear()
    sign = next((s for s in _SIGNS.get(asset.kind, ()) if body.startswith(s)), b"")
    asset.readable = body[4:8] == b"ftyp" if asset.kind == "video" else bool(sign)
    known = "video/mp4" if asset.kind == "video" else "application/octet-stream"
    asset.file = world.store.files.add(_TYPES.get(sign, known), body)
    asset.whole_at = world.now()


def _asked(
    request: Request, name: str, fields: Mapping[str, type], needed: tuple[str, ...]
) -> dict[str, Any] | Response:
    """What stands in the one field of the body, or what is wrong with it."""
    problem = shape_problem(request.json, {name: dict}, (name,), "") or shape_problem(
        request.json[name], fields, needed, f"/{name}"
    )
    return error(400, *problem) if problem else dict(request.json[name])


def show(world: World, request: Request, path: Mapping[str, str]) -> Response:
    """GET of an asset: members' tokens may ask for their videos alone."""
    grant = acting(world, request)
    if isinstance(grant, Response):
        return grant
    refusal = headers_problem(world, request)
    if refusal:
        return refusal
    if path["resource"] != "videos" or "w_member_social" not in grant.scopes:
        said = f"Not enough permissions to access: {path['resource']}.GET"
        return error(403, "ACCESS_DENIED", said)
    asset = find(world, path["urn"])
    if asset is None or asset.owner != author_of(grant):
        return error(404, "NOT_FOUND", "Not found")
    status = asset.status(world)
    told = {"id": asset.urn, "owner": asset.owner, "status": status}
    if status == "PROCESSING_FAILED":
        told["processingFailureReason"] = "UNSUPPORTED_FORMAT"
    return as_json(told)


ROUTES: dict[str, Handler] = {
    "PUT /www.linkedin.com/dms-uploads/{key}/{number}": receive,
}


def _for(resource: str, handler: Handler) -> Handler:
    def named(world: World, request: Request, path: Mapping[str, str]) -> Response:
        return handler(world, request, {**path, "resource": resource})

    return named


for _resource in KINDS:
    ROUTES[f"POST /api.linkedin.com/rest/{_resource}"] = _for(_resource, act)
    ROUTES[f"GET /api.linkedin.com/rest/{_resource}/{{urn}}"] = _for(_resource, show)
