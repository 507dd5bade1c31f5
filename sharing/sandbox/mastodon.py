"""Mastodon servers as an app sees them: any host will do, each with apps of its own."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from sharing.sandbox import mastodon_tokens, pages
from sharing.sandbox.graphemes import graphemes
from sharing.sandbox.mastodon_shapes import (
    as_account,
    as_attachment,
    as_instance,
    as_old_instance,
    as_status,
    problem,
)
from sharing.sandbox.mastodon_tokens import fields
from sharing.sandbox.messages import Request, Response, as_json
from sharing.sandbox.people import named
from sharing.sandbox.store import Grant, StoredPost
from sharing.sandbox.world import Handler, World

NETWORK = "mastodon"
MAX_CHARS, MAX_ALT, MAX_FILES = 500, 1500, 4
MAX_IMAGE, MAX_VIDEO = 16 * 1024 * 1024, 99 * 1024 * 1024
KEY_SECONDS = 3600
VISIBILITIES = ("public", "unlisted", "private", "direct")
_IMAGES = ("image/jpeg", "image/png", "image/gif", "image/webp", "image/avif")
_VIDEOS = ("video/mp4", "video/webm", "video/quicktime")
_URL = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)\]]")
_REMOTE = re.compile(r"(?<![\w/])(@\w+(?:[\w.-]+\w)?)@[\w.-]+\w")

Authorised = Callable[[World, Request, Mapping[str, str], Grant], Response]


def with_token(*scopes: str) -> Callable[[Authorised], Handler]:
    """Only with a token of this very server that carries one of these scopes."""

    def wrap(handler: Authorised) -> Handler:
        def checked(
            world: World, request: Request, path: Mapping[str, str]
        ) -> Response:
            grant = world.store.by_access(request.bearer)
            if not grant or not is_of(world, grant, path["host"]) or grant.revoked:
                return problem(401, "The access token is invalid")
            if not set(scopes) & _held(grant):
                said = "This action is outside the authorized scopes"
                return problem(403, said)
            allowed, headers = _counted(world, grant, "calls", 300, 300)
            answer = (
                handler(world, request, path, grant)
                if allowed
                else problem(429, "Too many requests")
            )
            answer.headers = headers | answer.headers
            return answer

        return checked

    return wrap


def is_of(world: World, grant: Grant, host: str) -> bool:
    """A token is good at the server that gave it, and nowhere else."""
    app = world.store.notes.get(f"app/{grant.client_id}")
    return grant.network == NETWORK and app is not None and app["host"] == host


def _held(grant: Grant) -> set[str]:
    """``write`` holds all of its parts."""
    every = mastodon_tokens.RULES.scopes
    wide = {part for part in every if part.partition(":")[0] in grant.scopes}
    return {*grant.scopes, *wide}


def _counted(
    world: World, grant: Grant, family: str, most: int, length: int
) -> tuple[bool, dict[str, str]]:
    start = world.now() - world.now() % length
    name = f"{NETWORK}/{family}/{grant.client_id}/{grant.person}"
    allowed, left = world.quota(name, most, start)
    reset = datetime.fromtimestamp(start + length, UTC).strftime(
        "%Y-%m-%dT%H:%M:%S.%fZ"
    )
    headers = {
        "X-RateLimit-Limit": str(most),
        "X-RateLimit-Remaining": str(left),
        "X-RateLimit-Reset": reset,
    }
    return allowed, headers


# -- Posts ------------------------------------------------------------------------------


@with_token("write", "write:statuses")
def create_status(
    world: World, request: Request, path: Mapping[str, str], grant: Grant
) -> Response:
    key = request.headers.get("idempotency-key", "")
    name = f"key/{grant.client_id}/{grant.person}/{key}"
    with world.store.lock:
        first = world.store.notes.get(name) if key else None
        if first and first[1] > world.now() - KEY_SECONDS:
            post = world.store.find_post(NETWORK, first[0])
            if post:
                return as_json(as_status(request, post, world.now()))
        most = world.settings.mastodon_per_three_hours
        allowed, headers = _counted(world, grant, "posts", most, 3 * 3600)
        if not allowed:
            return Response(429, problem(429, "Too many requests").body, headers)
        answer, post = _store(world, request, path["host"], grant)
        if post and key:
            world.store.note(name, [post.id, world.now()])
    answer.headers |= headers
    return answer


def _store(
    world: World, request: Request, host: str, grant: Grant
) -> tuple[Response, StoredPost | None]:
    wish = fields(request)
    text = str(wish.get("status") or "").strip()
    ids = wish.get("media_ids") or []
    mistake = _mistake(world, wish, text, ids, grant)
    if mistake:
        return problem(422, f"Validation failed: {mistake}"), None
    files = [world.store.notes[f"file/{one}"] for one in ids]
    person = named(grant.person)
    post = world.store.add_post(
        StoredPost(
            network=NETWORK,
            id=world.store.new_id(),
            person=grant.person,
            author=person.number(f"{NETWORK}/{host}"),
            text=text,
            at=world.now(),
            fingerprint=hashlib.sha256(text.encode()).hexdigest(),
            sent=wish | {"host": host},
            media=[file["shown"] for file in files],
        )
    )
    return as_json(as_status(request, post, world.now())), post


def _mistake(
    world: World, wish: Mapping[str, Any], text: str, ids: Any, grant: Grant
) -> str:
    if not isinstance(ids, list) or len(ids) > MAX_FILES:
        return "Cannot attach more than 4 files"
    if not text and not ids:
        return "Text can't be blank"
    if length(text) > MAX_CHARS:
        return f"Text character limit of {MAX_CHARS} exceeded"
    if wish.get("visibility", "public") not in VISIBILITIES:
        return "Visibility is not included in the list"
    files = [world.store.notes.get(f"file/{one}") for one in ids]
    if not all(file and file["person"] == grant.person for file in files):
        return "Media could not be found"
    if len(files) > 1 and any(
        file["shown"]["kind"] == "video" for file in files if file
    ):
        return "Cannot attach a video to a post that already contains images"
    if any(file["ready_at"] > world.now() for file in files if file):
        return "Cannot attach files that have not finished processing. Try again in a moment!"
    return ""


def length(text: str) -> int:
    """What is seen counts; an address 23, a handle elsewhere by its name."""
    text = _URL.sub("x" * 23, text)
    return graphemes(_REMOTE.sub(r"\1", text))


@with_token("read", "read:statuses")
def show_status(
    world: World, request: Request, path: Mapping[str, str], grant: Grant
) -> Response:
    post = world.store.find_post(NETWORK, path["id"])
    if post is None:
        return problem(404, "Record not found")
    return as_json(as_status(request, post, world.now()))


@with_token("write", "write:statuses")
def delete_status(
    world: World, request: Request, path: Mapping[str, str], grant: Grant
) -> Response:
    """Only one's own; what was deleted comes back, with its source to write it anew."""
    with world.store.lock:
        post = world.store.find_post(NETWORK, path["id"])
        if post is None or post.person != grant.person:
            return problem(404, "Record not found")
        world.store.remove_post(post)
    return as_json(as_status(request, post, world.now()) | {"text": post.text})


@with_token("read", "read:statuses")
def timeline(
    world: World, request: Request, path: Mapping[str, str], grant: Grant
) -> Response:
    limit = request.query.get("limit", "20")
    most = min(int(limit), 40) if limit.isdecimal() else 20
    before = request.query.get("max_id", "")
    found = [
        as_status(request, post, world.now())
        for post in reversed(world.store.posts)
        if (post.network, post.author) == (NETWORK, path["id"])
        and (not before or int(post.id) < int(before))
    ]
    return as_json(found[:most])


@with_token("read", "read:accounts", "profile")
def me(
    world: World, request: Request, path: Mapping[str, str], grant: Grant
) -> Response:
    return as_json(as_account(named(grant.person), path["host"], whole=True))


# -- Files ------------------------------------------------------------------------------


@with_token("write", "write:media")
def upload(
    world: World, request: Request, path: Mapping[str, str], grant: Grant
) -> Response:
    """A picture is ready at once, a video is worked up for a few seconds."""
    part = request.parts.get("file")
    if part is None or not part.body:
        return problem(422, "Validation failed: File can't be blank")
    kind = "image" if part.content_type in _IMAGES else "video"
    if part.content_type not in _IMAGES + _VIDEOS:
        return problem(422, "Validation failed: File content type is invalid")
    if len(part.body) > (MAX_IMAGE if kind == "image" else MAX_VIDEO):
        return problem(422, "Validation failed: File size must be less than allowed")
    said = request.parts.get("description")
    alt = said.text if said else ""
    if len(alt) > MAX_ALT:
        return problem(422, f"Validation failed: Description is too long ({MAX_ALT})")
    file = world.store.files.add(part.content_type, part.body)
    file_id = world.store.new_id()
    wait = world.settings.mastodon_work_seconds if kind == "video" else 0
    shown = {"kind": kind, "file": file, "alt": alt, "id": file_id}
    note = {"person": grant.person, "ready_at": world.now() + wait, "shown": shown}
    world.store.note(f"file/{file_id}", note)
    return as_json(as_attachment(request, shown, not wait), 202 if wait else 200)


@with_token("write", "write:media")
def show_file(
    world: World, request: Request, path: Mapping[str, str], grant: Grant
) -> Response:
    note = world.store.notes.get(f"file/{path['id']}")
    if not note or note["person"] != grant.person:
        return problem(404, "Record not found")
    ready = note["ready_at"] <= world.now()
    return as_json(as_attachment(request, note["shown"], ready), 200 if ready else 206)


# -- Open to all ------------------------------------------------------------------------


def instance(_world: World, _request: Request, path: Mapping[str, str]) -> Response:
    return as_json(as_instance(path["host"]))


def old_instance(_world: World, _request: Request, path: Mapping[str, str]) -> Response:
    return as_json(as_old_instance(path["host"]))


def status_page(world: World, _request: Request, path: Mapping[str, str]) -> Response:
    return pages.one_post(world.store.find_post(NETWORK, path["id"]))


_ROUTES: dict[str, Handler] = {
    **mastodon_tokens.ROUTES,
    "POST /{host}/api/v1/statuses": create_status,
    "GET /{host}/api/v1/statuses/{id}": show_status,
    "DELETE /{host}/api/v1/statuses/{id}": delete_status,
    "GET /{host}/api/v1/accounts/verify_credentials": me,
    "GET /{host}/api/v1/accounts/{id}/statuses": timeline,
    "POST /{host}/api/v2/media": upload,
    "GET /{host}/api/v1/media/{id}": show_file,
    "GET /{host}/api/v2/instance": instance,
    "GET /{host}/api/v1/instance": old_instance,
    "GET /{host}/@{user}/{id}": status_page,
    "GET /{host}/web/statuses/{id}": status_page,
}
# A slash at the end changes nothing there.
ROUTES = {f"{route}{end}": one for route, one in _ROUTES.items() for end in ("", "/")}
