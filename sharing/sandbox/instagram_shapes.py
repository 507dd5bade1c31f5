"""Answers, errors and ids in the words of Graph, and who may ask."""

from __future__ import annotations

import functools
import hashlib
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from sharing.sandbox.messages import Request, Response, as_json
from sharing.sandbox.people import Person, named
from sharing.sandbox.store import Grant, StoredPost
from sharing.sandbox.world import Handler, World

NETWORK = "instagram"
HOST = "/graph.instagram.com"
API = f"{HOST}/{{version}}"
HOUR, DAY = 3600, 24 * 3600
OF_ACCOUNT = "X-Business-Use-Case-Usage"
SHORT = "IGS"  # how a token of an hour begins

BASIC = "instagram_business_basic"
PUBLISH = "instagram_business_content_publish"
INSIGHTS = "instagram_business_manage_insights"
PERSONAL = ("Pernille Privat",)  # has no professional account

_VERSION = re.compile(r"v[0-9]{1,3}\.[0-9]")

Checked = Callable[[World, Request, Mapping[str, str], Grant], Response]


# -- Ids ---------------------------------------------------------------------------------


def user_id(person: Person) -> str:
    """The id of an account, the same for every app."""
    return f"17841{_digits(person.key, 12)}"


def is_own(name: str, grant: Grant) -> bool:
    """Whether this names the person themselves: as an account, or to this app."""
    person = named(grant.person)
    return name in ("me", user_id(person), scoped_id(person, grant.client_id))


def scoped_id(person: Person, client_id: str) -> str:
    """The id that one app knows a person by; its callbacks name this one."""
    return f"2{_digits(f'{client_id}/{person.key}', 16)}"


def new_id(world: World) -> str:
    """17 digits, rising; and never what a shortcode is made of."""
    return f"1{int(world.store.new_id()) >> 8:016d}"[:17]


def _digits(text: str, count: int) -> str:
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
    return str(number)[:count].zfill(count)


# -- Errors -----------------------------------------------------------------------------


def error(
    code: int,
    message: str,
    subcode: int | None = None,
    *,
    status: int = 400,
    kind: str = "OAuthException",
    said: str = "",
) -> Response:
    told: dict[str, Any] = {
        "message": message,
        "type": kind,
        "code": code,
        "is_transient": False,
        "fbtrace_id": f"A{_digits(message, 10)}",
    }
    if subcode is not None:
        told["error_subcode"] = subcode
    if said:
        told |= {"error_user_title": "Media", "error_user_msg": said}
    return as_json({"error": told}, status)


def missing(name: str) -> Response:
    said = (
        f"Unsupported get request. Object with ID '{name[:40]}' does not exist, cannot be"
        " loaded due to missing permissions, or does not support this operation."
    )
    return error(100, said, 33, kind="GraphMethodException")


def lacking(parameter: str) -> Response:
    return error(100, f"The parameter {parameter} is required")


# -- Who asks ---------------------------------------------------------------------------


def fields_of(request: Request) -> dict[str, str]:
    """What was asked, wherever it stands: Graph takes it from each of these places."""
    body = request.json if request.content_type == "application/json" else None
    told = body.items() if isinstance(body, dict) else ()
    in_body = {str(name): _as_text(value) for name, value in told}
    parts = {name: part.text for name, part in request.parts.items()}
    return request.query | request.form | parts | in_body


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value)


def with_token(*scopes: str) -> Callable[[Checked], Handler]:
    """Refuse whoever has no good token for this, and count the call."""

    def wrap(handler: Checked) -> Handler:
        @functools.wraps(handler)
        def checked(
            world: World, request: Request, path: Mapping[str, str]
        ) -> Response:
            if not _VERSION.fullmatch(path.get("version", "")):
                return error(2500, "Unknown path components")
            grant = grant_of(world, request)
            if isinstance(grant, Response):
                return grant
            if not set(scopes) <= set(grant.scopes):
                said = "(#10) Application does not have permission for this action"
                return error(10, said, status=403)
            if grant.person in PERSONAL and PUBLISH in scopes:
                return error(10, "(#10) The account is not a professional account")
            allowed, headers = counted(world, grant)
            answer = handler(world, request, path, grant) if allowed else tired(headers)
            answer.headers |= headers
            return answer

        return checked

    return wrap


def grant_of(world: World, request: Request) -> Grant | Response:
    token = request.bearer or fields_of(request).get("access_token", "")
    if not token:
        said = "An access token is required to request this resource."
        return error(104, said, status=400)
    return living(world, token)


def living(world: World, token: str) -> Grant | Response:
    grant = world.store.by_access(token)
    if grant is None or grant.network != NETWORK:
        said = "Invalid OAuth access token - Cannot parse access token"
        return error(190, said, status=401)
    if grant.revoked:
        said = "Error validating access token: The user has not authorized application"
        return error(190, said, 458, status=401)
    if grant.expires <= world.now():
        return error(190, "Error validating access token: Session has expired", 463,
                     status=401)  # fmt: skip
    return grant


def tired(headers: Mapping[str, str]) -> Response:
    """Who has no calls left: one account, or the whole app."""
    if '"estimated_time_to_regain_access": 0' in headers[OF_ACCOUNT]:
        return error(4, "(#4) Application request limit reached", status=403)
    said = "(#80002) There have been too many calls to this Instagram account."
    return error(80002, said, status=400)


def counted(world: World, grant: Grant) -> tuple[bool, dict[str, str]]:
    """Two limits of a sliding hour, told as shares: the app's and the account's."""
    start = world.now() - HOUR
    shares = []
    every = []
    for name, most in (
        (f"instagram/{grant.client_id}", world.settings.instagram_app_per_hour),
        (f"instagram/{grant.person}", world.settings.instagram_account_per_hour),
    ):
        allowed, left = world.quota(name, most, start)
        every.append(allowed)
        shares.append(math.ceil(100 * (most - left) / most) if most else 100)
    use = {
        "type": NETWORK,
        "call_count": shares[1],
        "total_cputime": shares[1] // 4,
        "total_time": shares[1] // 3,
        "estimated_time_to_regain_access": 0 if every[1] else 60,
    }
    app = {"call_count": shares[0], "total_cputime": 1, "total_time": 1}
    return all(every), {
        "X-App-Usage": json.dumps(app),
        OF_ACCOUNT: json.dumps({user_id(named(grant.person)): [use]}),
    }


# -- What people posted ---------------------------------------------------------------------


MEDIA_FIELDS = (
    "id", "caption", "alt_text", "media_type", "media_product_type", "media_url",
    "thumbnail_url", "permalink", "shortcode", "timestamp", "username", "owner",
    "children", "like_count", "comments_count", "is_comment_enabled",
    "is_shared_to_feed",
)  # fmt: skip


def as_media(post: StoredPost, now: float, base: str) -> dict[str, Any]:
    """``base`` is where the caller reached us, for the address of the file."""
    seen = views(post, now)
    first = post.media[0]
    told = {
        "id": post.id,
        "media_type": post.sent["type"],
        "media_product_type": post.sent["product"],
        "permalink": permalink(post),
        "shortcode": post.sent["shortcode"],
        "timestamp": datetime.fromtimestamp(post.at, UTC).strftime(
            "%Y-%m-%dT%H:%M:%S+0000"
        ),
        "username": named(post.person).handle,
        "like_count": seen // 14,
        "comments_count": seen // 90,
        "is_comment_enabled": True,
        "is_shared_to_feed": post.sent["product"] != "STORY",
        "owner": {"id": post.author},
    }
    if post.text:
        told["caption"] = post.text
    if post.sent["type"] == "CAROUSEL_ALBUM":
        parts = range(1, len(post.media) + 1)
        told["children"] = {"data": [{"id": f"{post.id}{part}"} for part in parts]}
        return told
    told["media_url"] = f"{base}/_sandbox/files/{first['file']}"
    if first.get("alt"):
        told["alt_text"] = first["alt"]
    return told


def permalink(post: StoredPost) -> str:
    code, handle = post.sent["shortcode"], named(post.person).handle
    where = {"FEED": f"p/{code}", "REELS": f"reel/{code}"}
    place = where.get(post.sent["product"], f"stories/{handle}/{post.id}")
    return f"https://www.instagram.com/{place}/"


def chosen(
    told: Mapping[str, Any], request: Request, kind: str, known: Iterable[str]
) -> dict[str, Any] | Response:
    """The fields that were asked for, and always the id."""
    wanted = list(filter(None, request.query.get("fields", "id").split(",")))
    for name in wanted:
        if name not in known:
            said = f"(#100) Tried accessing nonexisting field ({name}) on node type ({kind})"
            return error(100, said)
    return {name: told[name] for name in (*wanted, "id") if name in told}


def views(post: StoredPost, now: float) -> int:
    """Plausible, growing, and the same whenever asked at the same age."""
    liked = int(hashlib.sha256(post.id.encode()).hexdigest()[:4], 16) / 65535
    age = max(0.0, now - post.at) / HOUR
    return int((60 + 1400 * liked) * (1 - math.exp(-age / 20)))
