"""Bluesky as a program sees it: records by key, blobs, posts and their numbers."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from sharing.sandbox import bluesky_sessions, pages
from sharing.sandbox.bluesky_record import POST, Mistake, check, is_record_key
from sharing.sandbox.bluesky_sessions import (
    NETWORK,
    did_of,
    handle_of,
    person_at,
    problem,
    signed_in,
)
from sharing.sandbox.messages import Request, Response, as_json
from sharing.sandbox.people import Person, named
from sharing.sandbox.store import Grant, StoredPost
from sharing.sandbox.world import Handler, World

HOUR = 3600
MOST_UPLOAD = 5 * 1024 * 1024
_MAGIC = {
    "image/jpeg": b"\xff\xd8\xff",
    "image/png": b"\x89PNG\r\n",
    "image/gif": b"GIF8",
}
_ORDERED = "234567abcdefghijklmnopqrstuvwxyz"


def content_id(body: bytes, codec: int) -> str:
    """A CID of version 1: what it is the hash of, and which hash."""
    raw = bytes([1, codec, 0x12, 32]) + hashlib.sha256(body).digest()
    return "b" + base64.b32encode(raw).decode().lower().rstrip("=")


def cid_of(record: Any) -> str:
    return content_id(json.dumps(record, sort_keys=True).encode(), 0x71)


# -- Records ----------------------------------------------------------------------------


@signed_in
def put_record(world: World, request: Request, grant: Grant) -> Response:
    """The same key again replaces the record; the same record again changes nothing."""
    return _write(world, request, grant, needs_key=True)


@signed_in
def create_record(world: World, request: Request, grant: Grant) -> Response:
    return _write(world, request, grant, needs_key=False)


def _write(world: World, request: Request, grant: Grant, needs_key: bool) -> Response:
    wish = request.json if isinstance(request.json, dict) else {}
    person = named(grant.person)
    rkey = wish.get("rkey") or ("" if needs_key else _new_key(world))
    try:
        _check_wish(wish, person, rkey)
        check(wish.get("record"), _blobs(world))
    except Mistake as mistake:
        return problem(400, mistake.name, str(mistake))
    allowed, headers = _counted(world, grant)
    if not allowed:
        answer = problem(429, "RateLimitExceeded", "Rate Limit Exceeded")
        answer.headers |= headers
        return answer
    uri = f"at://{did_of(person)}/{POST}/{rkey}"
    cid = _keep(world, person, uri, wish["record"])
    commit = {"cid": cid_of([uri, cid]), "rev": _new_key(world)}
    told = {"uri": uri, "cid": cid, "commit": commit, "validationStatus": "valid"}
    answer = as_json(told)
    answer.headers |= headers
    return answer


def _check_wish(wish: Mapping[str, Any], person: Person, rkey: object) -> None:
    if wish.get("repo") not in (did_of(person), handle_of(person)):
        raise Mistake("Could not find repo")
    if wish.get("collection") != POST:
        raise Mistake(f"Only {POST} is kept here")
    if not is_record_key(rkey):
        raise Mistake("Invalid record key")


def _keep(world: World, person: Person, uri: str, record: dict[str, Any]) -> str:
    cid = cid_of(record)
    with world.store.lock:
        before = world.store.find_post(NETWORK, uri)
        if before and before.fingerprint == cid:
            return cid
        if before:
            world.store.remove_post(before)
        post = StoredPost(
            network=NETWORK,
            id=uri,
            person=person.name,
            author=did_of(person),
            text=record["text"],
            at=world.now(),
            fingerprint=cid,
            card=_card(record),
            sent=record,
            media=_media(world, record),
        )
        world.store.add_post(post)
    return cid


def _card(record: Mapping[str, Any]) -> dict[str, str]:
    card = record.get("embed", {}).get("external")
    if not card:
        return {}
    names = {"source": "uri", "title": "title", "description": "description"}
    return {name: card[theirs] for name, theirs in names.items()}


def _media(world: World, record: Mapping[str, Any]) -> list[dict[str, str]]:
    """The pictures of a post, or that of its card."""
    embed = record.get("embed", {})
    thumb = embed.get("external", {}).get("thumb")
    found = [("image", one["image"], one["alt"]) for one in embed.get("images", [])]
    found += [("thumbnail", thumb, "")] if thumb else []
    blobs = _blobs(world)
    return [
        {"kind": kind, "file": blobs[blob["ref"]["$link"]]["file"], "alt": alt}
        for kind, blob, alt in found
    ]


def _counted(world: World, grant: Grant) -> tuple[bool, dict[str, str]]:
    most = world.settings.bluesky_per_hour
    start = world.now() - world.now() % HOUR
    allowed, left = world.quota(f"{NETWORK}/{grant.person}", most, start)
    return allowed, {
        "RateLimit-Limit": str(3 * most),
        "RateLimit-Remaining": str(3 * left),
        "RateLimit-Reset": str(int(start + HOUR)),
        "RateLimit-Policy": f"{3 * most};w={HOUR}",
    }


def _new_key(world: World) -> str:
    number = int(world.now() * 1_000_000) << 10 | time.monotonic_ns() & 1023
    return "".join(_ORDERED[number >> 5 * place & 31] for place in range(12, -1, -1))


def get_record(world: World, request: Request, _path: Mapping[str, str]) -> Response:
    asked = request.query
    if not {"repo", "collection", "rkey"} <= set(asked):
        return problem(400, "InvalidRequest", "Params must have repo, collection, rkey")
    repo = asked["repo"]
    did = repo if repo.startswith("did:") else did_of(person_at(world, repo))
    uri = f"at://{did}/{asked['collection']}/{asked['rkey']}"
    post = world.store.find_post(NETWORK, uri)
    if post is None:
        return problem(400, "RecordNotFound", f"Could not locate record: {uri}")
    return as_json({"uri": uri, "cid": post.fingerprint, "value": post.sent})


# -- Blobs ------------------------------------------------------------------------------


@signed_in
def upload_blob(world: World, request: Request, grant: Grant) -> Response:
    """Bytes as they are; the type is what they begin with, else what the header says."""
    if not request.body:
        return problem(400, "InvalidRequest", "Request body is empty")
    if len(request.body) > MOST_UPLOAD:
        return problem(413, "PayloadTooLarge", "request entity too large")
    cid = content_id(request.body, 0x55)
    kind = _sniffed(request.body) or request.content_type or "application/octet-stream"
    known = {
        "mimeType": kind,
        "size": len(request.body),
        "file": world.store.files.add(kind, request.body),
    }
    world.store.note(f"blob/{cid}", known)
    size = {"mimeType": kind, "size": len(request.body)}
    return as_json({"blob": {"$type": "blob", "ref": {"$link": cid}, **size}})


def _sniffed(body: bytes) -> str:
    return next((kind for kind, magic in _MAGIC.items() if body.startswith(magic)), "")


def _blobs(world: World) -> dict[str, Any]:
    notes = world.store.notes.items()
    return {name[5:]: note for name, note in notes if name.startswith("blob/")}


# -- What people see --------------------------------------------------------------------


@signed_in
def get_profile(world: World, request: Request, _grant: Grant) -> Response:
    actor = request.query.get("actor", "")
    if not actor:
        return problem(400, "InvalidRequest", "Params must have the property actor")
    counts = {"followersCount": 90, "followsCount": 60, "postsCount": 12}
    return as_json(_author(person_at(world, actor)) | counts)


def _author(person: Person) -> dict[str, Any]:
    return {
        "did": did_of(person),
        "handle": handle_of(person),
        "displayName": person.name,
        "createdAt": "2024-03-01T00:00:00.000Z",
        "viewer": {"muted": False, "blockedBy": False},
        "labels": [],
    }


@signed_in
def get_posts(world: World, request: Request, _grant: Grant) -> Response:
    uris = parse_qs(request.query_string).get("uris", [])
    if not uris or len(uris) > 25:
        return problem(400, "InvalidRequest", "Params/uris must have 1 to 25 elements")
    found = [world.store.find_post(NETWORK, uri) for uri in dict.fromkeys(uris)]
    return as_json({"posts": [post_view(post, world.now()) for post in found if post]})


def post_view(post: StoredPost, now: float) -> dict[str, Any]:
    liked = int(hashlib.sha256(post.id.encode()).hexdigest()[:4], 16) / 65535
    hours = max(0.0, now - post.at) / HOUR
    seen = int((30 + 400 * liked) * (1 - math.exp(-hours / 18)))
    moment = datetime.fromtimestamp(post.at, UTC)
    return {
        "uri": post.id,
        "cid": post.fingerprint,
        "author": _author(named(post.person)),
        "record": post.sent,
        "replyCount": seen // 110,
        "repostCount": seen // 60,
        "likeCount": seen // 18,
        "quoteCount": seen // 300,
        "indexedAt": moment.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "viewer": {"threadMuted": False, "embeddingDisabled": False},
        "labels": [],
    }


def resolve_handle(
    world: World, request: Request, _path: Mapping[str, str]
) -> Response:
    handle = request.query.get("handle", "")
    if "." not in handle:
        return problem(400, "InvalidRequest", "Params/handle must be a valid handle")
    person = person_at(world, handle)
    world.store.note(f"did/{did_of(person)}", person.name)
    return as_json({"did": did_of(person)})


def describe_server(
    _world: World, _request: Request, path: Mapping[str, str]
) -> Response:
    domains = [".bsky.social"]
    did = f"did:web:{path['host']}"
    return as_json({"did": did, "availableUserDomains": domains})


def post_page(world: World, _request: Request, path: Mapping[str, str]) -> Response:
    who = path["who"]
    did = who if who.startswith("did:") else did_of(person_at(world, who))
    uri = f"at://{did}/{POST}/{path['rkey']}"
    return pages.one_post(world.store.find_post(NETWORK, uri))


ROUTES: dict[str, Handler] = {
    **bluesky_sessions.ROUTES,
    "POST /{host}/xrpc/com.atproto.repo.putRecord": put_record,
    "POST /{host}/xrpc/com.atproto.repo.createRecord": create_record,
    "GET /{host}/xrpc/com.atproto.repo.getRecord": get_record,
    "POST /{host}/xrpc/com.atproto.repo.uploadBlob": upload_blob,
    "GET /{host}/xrpc/app.bsky.actor.getProfile": get_profile,
    "GET /{host}/xrpc/app.bsky.feed.getPosts": get_posts,
    "GET /{host}/xrpc/com.atproto.identity.resolveHandle": resolve_handle,
    "GET /{host}/xrpc/com.atproto.server.describeServer": describe_server,
    "GET /bsky.app/profile/{who}/post/{rkey}": post_page,
}
