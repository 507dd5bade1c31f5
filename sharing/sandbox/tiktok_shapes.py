"""TikTok's envelope, its people and its numbers."""

from __future__ import annotations

import hashlib
import math
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sharing.sandbox.messages import Request, Response, as_json
from sharing.sandbox.people import Person, named
from sharing.sandbox.store import Grant, StoredPost
from sharing.sandbox.world import Handler, World

NETWORK = "tiktok"
API = "/open.tiktokapis.com/v2"
FACES = "p16.tiktokcdn.com"
_WEB = "https://www.tiktok.com"

PUBLIC = ("PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY")
PRIVATE = ("FOLLOWER_OF_CREATOR", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY")

# Who cannot post at the moment, and what TikTok says of it.
STOPPED = {
    "Pia Pause": "spam_risk_too_many_posts",
    "Bent Banned": "spam_risk_user_banned_from_posting",
    "Kaja Cap": "reached_active_user_cap",
}
PRIVATE_PEOPLE = ("Jonas Krogh",)
STRICT_PEOPLE = ("Priya Nair",)  # no comments, no stitch, a minute at most

Authorised = Callable[[World, Request, Grant], Response]


@dataclass(frozen=True)
class Creator:
    """What one person may do."""

    person: Person

    @property
    def is_private(self) -> bool:
        return self.person.name in PRIVATE_PEOPLE

    @property
    def is_strict(self) -> bool:
        return self.person.name in STRICT_PEOPLE

    @property
    def audiences(self) -> tuple[str, ...]:
        return PRIVATE if self.is_private else PUBLIC

    def as_info(self, base: str) -> dict[str, Any]:
        return {
            "creator_avatar_url": face_url(self.person),
            "creator_username": self.person.handle,
            "creator_nickname": self.person.name,
            "privacy_level_options": list(self.audiences),
            "comment_disabled": self.is_strict,
            "duet_disabled": self.is_private,
            "stitch_disabled": self.is_private or self.is_strict,
            "max_video_post_duration_sec": 60 if self.is_strict else 600,
        }


def creator(grant: Grant) -> Creator:
    return Creator(named(grant.person))


def fine(world: World, data: Mapping[str, Any] | None = None) -> Response:
    return enveloped(world, 200, "ok", "", data)


def no(world: World, status: int, code: str, said: str) -> Response:
    return enveloped(world, status, code, said)


def invalid(world: World, said: str) -> Response:
    return no(world, 400, "invalid_param", said)


def enveloped(
    world: World,
    status: int,
    code: str,
    said: str,
    data: Mapping[str, Any] | None = None,
) -> Response:
    error = {"code": code, "message": said, "log_id": log_id(world)}
    return as_json({"data": dict(data or {}), "error": error}, status)


def log_id(world: World) -> str:
    return f"2026{world.store.new_id()}"


def with_token(scope: str) -> Callable[[Authorised], Handler]:
    """Only for requests whose token is alive and carries this scope."""

    def wrap(handler: Authorised) -> Handler:
        def checked(
            world: World, request: Request, _path: Mapping[str, str]
        ) -> Response:
            grant = world.store.by_access(request.bearer)
            alive = grant and grant.network == NETWORK and not grant.revoked
            if not grant or not alive or grant.expires <= world.now():
                said = "The access token is invalid or not found in the request."
                return no(world, 401, "access_token_invalid", said)
            if scope not in grant.scopes:
                said = f"The user did not authorize the scope {scope}."
                return no(world, 401, "scope_not_authorized", said)
            return handler(world, request, grant)

        return checked

    return wrap


def throttled(world: World, grant: Grant, name: str, most: int) -> Response | None:
    """So many calls of one person in a minute."""
    start = world.now() - world.now() % 60
    allowed, _left = world.quota(f"tiktok/{name}/{grant.person}", most, start)
    if allowed:
        return None
    return no(world, 429, "rate_limit_exceeded", "The API rate limit was exceeded.")


def json_body(world: World, request: Request) -> dict[str, Any] | Response:
    if request.content_type != "application/json":
        return invalid(world, "Content-Type must be application/json")
    body = request.json if request.body else {}
    return body if isinstance(body, dict) else invalid(world, "The body is no object")


def open_id(person: Person, client_id: str) -> str:
    return f"-000{person.subject(client_id)}"


def face_url(person: Person) -> str:
    return f"https://{FACES}/face/{person.key}.png"


def face(person: Person) -> bytes:
    """A plain square of the person's own colour, as a PNG."""
    colour = hashlib.sha256(person.key.encode()).digest()[:3]
    side = 64
    rows = (b"\0" + colour * side) * side

    def chunk(kind: bytes, data: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + crc

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*one) for one in parts)


def share_url(post: StoredPost) -> str:
    kind = "photo" if post.sent.get("media_type") == "PHOTO" else "video"
    return f"{_WEB}/@{named(post.person).handle}/{kind}/{post.id}"


def as_video(post: StoredPost, now: float, fields: list[str]) -> dict[str, Any]:
    video: dict[str, Any] = {
        "id": post.id,
        "title": post.text,
        "video_description": post.text,
        "create_time": int(post.at),
        "share_url": share_url(post),
        "duration": 12,
        "cover_image_url": face_url(named(post.person)),
        **numbers(post, now),
    }
    return {name: value for name, value in video.items() if name in fields}


def numbers(post: StoredPost, now: float) -> dict[str, int]:
    """Plausible, growing, and the same whenever asked at the same age."""
    liked = int(hashlib.sha256(post.id.encode()).hexdigest()[:4], 16) / 65535
    age = max(0.0, now - post.at) / 3600
    seen = int((60 + 2400 * liked) * (1 - math.exp(-age / 30)))
    return {
        "view_count": seen,
        "like_count": seen // 14,
        "comment_count": seen // 160,
        "share_count": seen // 210,
    }
