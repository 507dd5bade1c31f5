"""What an app uploads to X before it posts: in one piece, or in segments."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sharing.sandbox.messages import Request, Response, as_json
from sharing.sandbox.store import Grant
from sharing.sandbox.world import Handler, World
from sharing.sandbox.x_shapes import invalid
from sharing.sandbox.x_tokens import with_token

DAY = 24 * 3600
SEGMENTS, SEGMENT_MOST = 1000, 5 * 1024 * 1024
MOST = {
    "tweet_image": 5 * 1024**2,
    "tweet_gif": 15 * 1024**2,
    "tweet_video": 512 * 1024**2,
    "amplify_video": 512 * 1024**2,
}
TYPES = {
    "image/jpeg": ("tweet_image", b"\xff\xd8\xff"),
    "image/png": ("tweet_image", b"\x89PNG\r\n\x1a\n"),
    "image/webp": ("tweet_image", b"RIFF"),
    "image/gif": ("tweet_gif", b"GIF8"),
    "video/mp4": ("tweet_video", b"ftyp"),
    "video/quicktime": ("tweet_video", b"ftyp"),
}
_KEYS = {
    "tweet_image": "3",
    "tweet_gif": "16",
    "tweet_video": "7",
    "amplify_video": "13",
}
_UPLOAD = {"media", "media_category", "media_type", "shared", "additional_owners"}
_BEGIN = {"media_type", "total_bytes", "media_category", "shared", "additional_owners"}


@dataclass
class Upload:
    """One file underway: its segments, what came of them, and since when it is whole."""

    id: str
    person: str
    category: str
    kind: str
    total: int
    expires: float
    came: dict[int, bytes] = field(default_factory=dict)
    whole_at: float | None = None
    readable: bool = True
    file: str = ""
    alt: str = ""

    @property
    def moves(self) -> bool:
        return self.category != "tweet_image"

    def work(self, world: World) -> dict[str, Any] | None:
        """How far X is with it; nothing where there is nothing to do."""
        if self.whole_at is None or not self.moves:
            return None
        whole = world.settings.x_video_seconds
        done = (world.now() - self.whole_at) / whole if whole else 1.0
        if done < 0.1:
            return {"state": "pending", "check_after_secs": 1}
        if done < 1:
            percent = {"progress_percent": int(done * 100)}
            return {"state": "in_progress", "check_after_secs": 1, **percent}
        if not self.readable:
            said = {
                "code": 1,
                "name": "InvalidMedia",
                "message": "Unsupported video format",
            }
            return {"state": "failed", "error": said}
        return {"state": "succeeded", "progress_percent": 100}

    def ready(self, world: World) -> bool:
        work = self.work(world)
        alive = self.expires > world.now()
        return (
            alive
            and self.whole_at is not None
            and (not work or work["state"] == "succeeded")
        )


def find(world: World, grant: Grant, media_id: object) -> Upload | None:
    """A file of this member that X still remembers."""
    upload = world.store.uploads.get(f"x/{media_id}")
    if not isinstance(upload, Upload) or upload.person != grant.person:
        return None
    return upload if upload.expires > world.now() else None


@with_token("media.write")
def upload(
    world: World, request: Request, _path: Mapping[str, str], grant: Grant
) -> Response:
    sent = _sent(request, _UPLOAD)
    if isinstance(sent, Response):
        return sent
    category, body = sent.get("media_category"), sent.get("media")
    if category not in MOST or not isinstance(body, bytes):
        return invalid("[media] and a known [media_category] are needed")
    if not body or len(body) > MOST[str(category)]:
        return invalid("The size of [media] is not allowed")
    kind = next((t for t in TYPES if _is(t, body)), "")
    if not kind or (TYPES[kind][0] != category and category == "tweet_image"):
        return invalid("[media] is no file of this category")
    new = _new(world, grant, str(category), kind, len(body))
    new.came[0] = body
    _keep(world, new)
    return as_json({"data": _told(world, new)})


@with_token("media.write")
def begin(
    world: World, request: Request, _path: Mapping[str, str], grant: Grant
) -> Response:
    if request.content_type != "application/json":
        return invalid("Content-Type must be application/json")
    body = request.json
    if not isinstance(body, dict) or set(body) - _BEGIN:
        return invalid("The body holds an unknown field")
    kind, category, total = (
        body.get(name) for name in ("media_type", "media_category", "total_bytes")
    )
    if kind not in TYPES or category not in MOST:
        return invalid("[media_type] or [media_category] is unknown")
    if isinstance(total, bool) or not isinstance(total, int):
        return invalid("[total_bytes] is a number")
    if not 0 < total <= MOST[category]:
        return invalid("[total_bytes] is not allowed for this category")
    new = _new(world, grant, category, kind, total)
    told = {
        name: _told(world, new)[name]
        for name in ("id", "media_key", "expires_after_secs")
    }
    return as_json({"data": told})


@with_token("media.write")
def append(
    world: World, request: Request, path: Mapping[str, str], grant: Grant
) -> Response:
    found = find(world, grant, path["id"])
    if found is None or found.whole_at is not None:
        return invalid("[id] names no upload that is underway")
    sent = _sent(request, {"media", "segment_index"})
    if isinstance(sent, Response):
        return sent
    index, body = str(sent.get("segment_index")), sent.get("media")
    if not index.isdecimal() or int(index) >= SEGMENTS or not isinstance(body, bytes):
        return invalid("[media] and [segment_index] from 0 to 999 are needed")
    if not 0 < len(body) <= SEGMENT_MOST:
        return Response(413)
    found.came[int(index)] = body
    return as_json({"data": {"expires_at": int(found.expires)}})


@with_token("media.write")
def finish(
    world: World, _request: Request, path: Mapping[str, str], grant: Grant
) -> Response:
    found = find(world, grant, path["id"])
    if found is None or found.whole_at is not None:
        return invalid("[id] names no upload that is underway")
    came = sum(map(len, found.came.values()))
    if sorted(found.came) != list(range(len(found.came))) or came != found.total:
        return invalid(f"Segments do not add up to provided total file size ({came})")
    _keep(world, found)
    return as_json({"data": _told(world, found)})


@with_token("media.write")
def status(
    world: World, request: Request, _path: Mapping[str, str], grant: Grant
) -> Response:
    if request.query.get("command") != "STATUS":
        return invalid("[command] must be STATUS")
    found = find(world, grant, request.query.get("media_id"))
    if found is None:
        return invalid("[media_id] names no media of yours")
    return as_json({"data": _told(world, found)})


@with_token("media.write")
def describe(
    world: World, request: Request, _path: Mapping[str, str], grant: Grant
) -> Response:
    body = request.json
    if not isinstance(body, dict) or set(body) - {"id", "metadata"}:
        return invalid("The body holds an unknown field")
    found = find(world, grant, body.get("id"))
    metadata = body.get("metadata")
    if found is None or not isinstance(metadata, dict):
        return invalid("[id] names no media of yours, or [metadata] is none")
    alt = metadata.get("alt_text")
    text = alt.get("text") if isinstance(alt, dict) else None
    if (
        not isinstance(text, str)
        or not 0 < len(text) <= 1000
        or set(alt or {}) != {"text"}
    ):
        return invalid("[metadata.alt_text.text] has 1 to 1000 characters")
    found.alt = text
    return as_json({"data": {"id": found.id, "associated_metadata": metadata}})


def _new(world: World, grant: Grant, category: str, kind: str, total: int) -> Upload:
    new = Upload(
        id=world.store.new_id(),
        person=grant.person,
        category=category,
        kind=kind,
        total=total,
        expires=world.now() + DAY,
    )
    world.store.uploads[f"x/{new.id}"] = new
    return new


def _keep(world: World, found: Upload) -> None:
    body = b"".join(found.came[index] for index in sorted(found.came))
    found.came.clear()
    found.readable = _is(found.kind, body)
    found.file = world.store.files.add(found.kind, body)
    found.whole_at = world.now()
    found.expires = world.now() + DAY


def _is(kind: str, body: bytes) -> bool:
    sign = TYPES[kind][1]
    return body[4:8] == sign if sign == b"ftyp" else body.startswith(sign)


def _told(world: World, found: Upload) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": found.id,
        "media_key": f"{_KEYS[found.category]}_{found.id}",
        "expires_after_secs": round(found.expires - world.now()),
        "size": found.total,
    }
    work = found.work(world)
    return told | ({"processing_info": work} if work else {})


def _sent(request: Request, known: set[str]) -> dict[str, object] | Response:
    """The fields of a form of parts; or of JSON, where bytes travel as base64."""
    fields: dict[str, object] = {}
    if request.content_type == "multipart/form-data":
        for name, part in request.parts.items():
            fields[name] = part.body if name == "media" else part.text
    elif request.content_type == "application/json" and isinstance(request.json, dict):
        fields |= request.json
        try:
            fields["media"] = base64.b64decode(
                str(fields.get("media", "")), validate=True
            )
        except binascii.Error:
            return invalid("[media] is not base64")
    else:
        return invalid("Content-Type must be multipart/form-data")
    unknown = set(fields) - known
    return invalid(f"[{min(unknown)}] is not a known parameter") if unknown else fields


ROUTES: dict[str, Handler] = {
    "POST /api.x.com/2/media/upload": upload,
    "GET /api.x.com/2/media/upload": status,
    "POST /api.x.com/2/media/upload/initialize": begin,
    "POST /api.x.com/2/media/upload/{id}/append": append,
    "POST /api.x.com/2/media/upload/{id}/finalize": finish,
    "POST /api.x.com/2/media/metadata": describe,
}
