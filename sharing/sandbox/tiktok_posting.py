"""Posting to TikTok: begin, upload, wait, and be told what became of it."""

from __future__ import annotations

import hashlib
import re
import secrets
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sharing.sandbox import tiktok_events
from sharing.sandbox.messages import Request, Response, as_json
from sharing.sandbox.people import named
from sharing.sandbox.store import Grant, StoredPost
from sharing.sandbox.tiktok_init import (
    FILE,
    PHOTO_INFO,
    PHOTOS,
    PULL,
    VIDEO_INFO,
    Odd,
    check_addresses,
    check_audience,
    check_file,
    check_lengths,
    check_photos,
    closed,
)
from sharing.sandbox.tiktok_shapes import (
    API,
    NETWORK,
    STOPPED,
    creator,
    fine,
    invalid,
    json_body,
    no,
    open_id,
    throttled,
    with_token,
)
from sharing.sandbox.world import Handler, World

HOUR, DAY = 3600, 24 * 3600
UPLOADS = "open-upload.tiktokapis.com"
_RANGE = re.compile(r"bytes ([0-9]{1,12})-([0-9]{1,12})/([0-9]{1,12})")
_VIDEOS = ("video/mp4", "video/quicktime", "video/webm")
_PICTURES = {b"\xff\xd8\xff": "image/jpeg", b"RIFF": "image/webp"}


@dataclass
class Job:
    """A post that has begun: its file as it comes, and what becomes of it."""

    id: str
    client_id: str
    person: str
    body: dict[str, Any]
    expires: float
    is_draft: bool = False
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    parts: list[bytes] = field(default_factory=list)
    content_type: str = ""
    whole_at: float | None = None
    fail_reason: str = ""
    post_id: str = ""
    is_finished: bool = False  # by the person, in the app

    @property
    def source(self) -> dict[str, Any]:
        source: dict[str, Any] = self.body["source_info"]
        return source

    @property
    def info(self) -> dict[str, Any]:
        info: dict[str, Any] = self.body.get("post_info") or {}
        return info

    @property
    def uploaded(self) -> int:
        return sum(map(len, self.parts))

    @property
    def is_pull(self) -> bool:
        return bool(self.source["source"] == "PULL_FROM_URL")

    def state(self, world: World) -> str:
        now, working = world.now(), world.settings.tiktok_seconds
        if not self.fail_reason and self.whole_at is None and now >= self.expires:
            self.fail_reason = "internal"
        if self.fail_reason:
            return "FAILED"
        if self.whole_at is None or now < self.whole_at + working:
            return "PROCESSING_DOWNLOAD" if self.is_pull else "PROCESSING_UPLOAD"
        if self.is_draft and not self.is_finished:
            return "SEND_TO_USER_INBOX"
        return "PUBLISH_COMPLETE"

    def is_public(self, world: World) -> bool:
        post = world.store.find_post(NETWORK, self.post_id)
        return post is not None and is_public(world, post)


def is_public(world: World, post: StoredPost) -> bool:
    """Public posts alone have an address, and only after somebody looked at them."""
    everyone = post.sent.get("privacy_level") == "PUBLIC_TO_EVERYONE"
    return everyone and world.now() >= post.at + world.settings.tiktok_public_seconds


# -- Begin --------------------------------------------------------------------------------


@with_token("video.publish")
def creator_info(world: World, request: Request, grant: Grant) -> Response:
    slow = throttled(world, grant, "creator", world.settings.tiktok_creator_per_minute)
    if slow:
        return slow
    who = creator(grant)
    if who.person.name in STOPPED:
        # Here TikTok says no with a 200.
        return no(world, 200, STOPPED[who.person.name], "You cannot post now.")
    return fine(world, who.as_info(request.base))


@with_token("video.publish")
def begin_video(world: World, request: Request, grant: Grant) -> Response:
    return begun(world, request, grant, "video")


@with_token("video.upload")
def begin_draft(world: World, request: Request, grant: Grant) -> Response:
    return begun(world, request, grant, "draft")


def begin_content(world: World, request: Request, path: Mapping[str, str]) -> Response:
    body = request.json if isinstance(request.json, dict) else {}
    is_draft = body.get("post_mode") == "MEDIA_UPLOAD"
    scope = "video.upload" if is_draft else "video.publish"
    return with_token(scope)(
        lambda world, request, grant: begun(world, request, grant, "photo")
    )(world, request, path)


def begun(world: World, request: Request, grant: Grant, kind: str) -> Response:
    body = json_body(world, request)
    if isinstance(body, Response):
        return body
    try:
        is_draft = _CHECKS[kind](body)
    except Odd as odd:
        return invalid(world, str(odd))
    refusal = refused(world, grant, body, is_draft)
    if refusal:
        return refusal
    name = f"v_{'inbox' if is_draft else 'pub'}_{'url' if kind == 'photo' else 'file'}"
    job = Job(
        id=f"{name}~v2-1.{world.store.new_id()}",
        client_id=grant.client_id,
        person=grant.person,
        body=body,
        expires=world.now() + HOUR,
        is_draft=is_draft,
    )
    with world.store.lock:
        jobs(world)[job.id] = job
    data = {"publish_id": job.id}
    if job.is_pull:
        tiktok_events.after(0, lambda: pull(world, job))
    else:
        address = f"upload_id={job.id}&upload_token={job.secret}"
        data["upload_url"] = f"{request.base}/{UPLOADS}/video/?{address}"
    return fine(world, data)


def check_video(body: dict[str, Any]) -> bool:
    closed(body, {"post_info": dict, "source_info": dict}, "body")
    info = closed(body.get("post_info"), VIDEO_INFO, "post_info")
    check_lengths(info, {"title": 2200})
    check_source(body)
    return False


def check_draft(body: dict[str, Any]) -> bool:
    closed(body, {"source_info": dict}, "body")
    check_source(body)
    return True


def check_source(body: dict[str, Any]) -> None:
    source = body.get("source_info")
    if isinstance(source, dict) and source.get("source") == "PULL_FROM_URL":
        closed(source, PULL, "source_info")
    else:
        check_file(closed(source, FILE, "source_info"))


def check_photo(body: dict[str, Any]) -> bool:
    known = {"media_type": str, "post_mode": str}
    closed(body, {**known, "post_info": dict, "source_info": dict}, "body")
    mode = body.get("post_mode")
    if body.get("media_type") != "PHOTO" or mode not in ("DIRECT_POST", "MEDIA_UPLOAD"):
        raise Odd("media_type or post_mode is not known")
    info = closed(body.get("post_info", {}), PHOTO_INFO, "post_info")
    check_lengths(info, {"title": 90, "description": 4000})
    check_photos(closed(body.get("source_info"), PHOTOS, "source_info"))
    return mode == "MEDIA_UPLOAD"


_CHECKS = {"video": check_video, "draft": check_draft, "photo": check_photo}


def refused(
    world: World, grant: Grant, body: dict[str, Any], is_draft: bool
) -> Response | None:
    """What speaks against this person posting this now."""
    most, source = world.settings, body["source_info"]
    slow = throttled(world, grant, "init", most.tiktok_init_per_minute)
    if slow:
        return slow
    if grant.person in STOPPED:
        return no(world, 403, STOPPED[grant.person], "You cannot post now.")
    if not is_draft and (
        wrong := check_audience(world, creator(grant), body["post_info"])
    ):
        return wrong
    urls = source.get("photo_images") or filter(None, [source.get("video_url")])
    if wrong := check_addresses(world, list(urls)):
        return wrong
    name, calls = ("draft", 5) if is_draft else ("post", most.tiktok_posts_per_day)
    counted = f"tiktok/{name}/{grant.person}"
    if world.quota(counted, calls, world.now() - DAY)[0]:
        return None
    code = (
        "spam_risk_too_many_pending_share" if is_draft else "spam_risk_too_many_posts"
    )
    return no(world, 403, code, "The daily cap has been reached.")


def jobs(world: World) -> dict[str, Job]:
    found: dict[str, Job] = world.store.uploads.setdefault(NETWORK, {})
    return found


# -- Upload -------------------------------------------------------------------------------


def put(world: World, request: Request, _path: Mapping[str, str]) -> Response:
    """One part, in its turn: its range, its length and its type have to fit."""
    job = jobs(world).get(request.query.get("upload_id", ""))
    if job is None or job.secret != request.query.get("upload_token"):
        return as_json({"message": "upload not found"}, 404)
    if world.now() >= job.expires or job.fail_reason or request.bearer:
        return as_json({"message": "upload url is expired"}, 403)
    if request.headers.get("content-type") not in _VIDEOS:
        return as_json({"message": "Content-Type is not supported"}, 400)
    told = _RANGE.fullmatch(request.headers.get("content-range", ""))
    if told is None:
        return as_json({"message": "Content-Range is missing"}, 400)
    with world.store.lock:
        return taken(world, job, request, *map(int, told.groups()))


def taken(
    world: World, job: Job, request: Request, first: int, last: int, total: int
) -> Response:
    source, number = job.source, len(job.parts)
    is_last = number == source["total_chunk_count"] - 1
    end = source["video_size"] if is_last else (number + 1) * source["chunk_size"]
    held = {"Content-Range": f"bytes 0-{max(job.uploaded - 1, 0)}/{total}"}
    if job.whole_at is not None or (first, last, total) != (
        job.uploaded,
        end - 1,
        source["video_size"],
    ):
        return Response(416, b"", held)
    if len(request.body) != last - first + 1:
        return as_json({"message": "the body is not as long as it says"}, 400)
    job.parts.append(request.body)
    job.content_type = request.headers["content-type"]
    if not is_last:
        return Response(206, b"", {"Content-Range": f"bytes 0-{last}/{total}"})
    content = b"".join(job.parts)
    job.parts = [b""] * len(job.parts)
    complete(world, job, [(job.content_type, content)])
    return Response(201, b"", {"Content-Range": f"bytes 0-{last}/{total}"})


def pull(world: World, job: Job) -> None:
    """Fetch what was named, without signing in anywhere."""
    found: list[tuple[str, bytes]] = []
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    urls = job.source.get("photo_images") or [job.source["video_url"]]
    for url in urls:
        try:
            with opener.open(url, timeout=10) as answer:
                found.append(("", answer.read(20 * 1024 * 1024 + 1)))
        except (OSError, ValueError):
            kind = "photo" if "photo_images" in job.source else "video"
            fail(world, job, f"{kind}_pull_failed")
            return
    with world.store.lock:
        complete(world, job, [(type_of(body), body) for _type, body in found])


def type_of(body: bytes) -> str:
    known = (kind for magic, kind in _PICTURES.items() if body.startswith(magic))
    return next(known, "")


def complete(world: World, job: Job, files: list[tuple[str, bytes]]) -> None:
    """All is there: it becomes a post, or a draft in the person's inbox."""
    job.whole_at = world.now()
    is_photo = job.body.get("media_type") == "PHOTO"
    if not all(is_readable(*one) for one in files):
        fail(world, job, "file_format_check_failed")
        return
    kind = "image" if is_photo else "video"
    media = [{"kind": kind, "file": world.store.files.add(*one)} for one in files]
    job.body["media"] = media
    working = world.settings.tiktok_seconds
    if job.is_draft:
        tell_later(world, job, working, "inbox_delivered")
    else:
        publish(world, job, working)


def is_readable(content_type: str, body: bytes) -> bool:
    head = body[:64]
    if content_type.startswith("image/"):
        return True
    return b"ftyp" in head or head.startswith(b"\x1aE\xdf\xa3")


def publish(world: World, job: Job, working: float) -> None:
    text = job.info.get("title") or job.info.get("description") or ""
    sent = {"privacy_level": "PUBLIC_TO_EVERYONE", **job.info}
    sent["media_type"] = job.body.get("media_type", "VIDEO")
    post = world.store.add_post(
        StoredPost(
            network=NETWORK,
            id=world.store.new_id(),
            person=job.person,
            author=open_id(named(job.person), job.client_id),
            text=text,
            at=world.now() + working,
            fingerprint=hashlib.sha256(f"{job.id}{text}".encode()).hexdigest(),
            media=job.body["media"],
            sent=sent,
        )
    )
    job.post_id = post.id
    tell_later(world, job, working, "complete")
    if sent["privacy_level"] == "PUBLIC_TO_EVERYONE":
        public = working + world.settings.tiktok_public_seconds
        tell_later(world, job, public, "publicly_available", post_id=post.id)


def finish(world: World, job: Job) -> None:
    """The person taps Post in the app."""
    job.is_finished = True
    publish(world, job, 0)


def fail(world: World, job: Job, reason: str) -> None:
    job.fail_reason = reason
    tell_later(world, job, 0, "failed", reason=reason)


def tell_later(world: World, job: Job, seconds: float, event: str, **more: str) -> None:
    way = "INBOX_SHARE" if job.is_draft else "DIRECT_PUBLISH"
    content = {"publish_id": job.id, "publish_type": way, **more}
    tiktok_events.after(
        seconds,
        lambda: tiktok_events.tell(
            world, job.client_id, job.person, f"post.publish.{event}", content
        ),
    )


# -- Ask ------------------------------------------------------------------------------------


def own_job(world: World, request: Request) -> Job | Response:
    body = json_body(world, request)
    if isinstance(body, Response):
        return body
    job = jobs(world).get(str(body.get("publish_id", "")))
    if job is None or set(body) != {"publish_id"}:
        return no(world, 400, "invalid_publish_id", "The publish_id does not exist.")
    grant = world.store.by_access(request.bearer)
    if grant is None or grant.person != job.person:
        code = "token_not_authorized_for_specified_publish_id"
        return no(world, 400, code, "This post is somebody else's.")
    return job


def status(world: World, request: Request, path: Mapping[str, str]) -> Response:
    grant = world.store.by_access(request.bearer)
    may = (
        "video.upload" if grant and "video.upload" in grant.scopes else "video.publish"
    )

    def told(world: World, request: Request, grant: Grant) -> Response:
        most = world.settings.tiktok_status_per_minute
        if slow := throttled(world, grant, "status", most):
            return slow
        job = own_job(world, request)
        return job if isinstance(job, Response) else fine(world, as_status(world, job))

    return with_token(may)(told)(world, request, path)


def as_status(world: World, job: Job) -> dict[str, Any]:
    state = job.state(world)
    said: dict[str, Any] = {"status": state}
    if state == "FAILED":
        said["fail_reason"] = job.fail_reason
    if job.is_pull:
        said["downloaded_bytes"] = 0
    else:
        size = job.source["video_size"]
        said["uploaded_bytes"] = job.uploaded if job.whole_at is None else size
    if state == "PUBLISH_COMPLETE":
        is_out = job.is_public(world)
        said["publicaly_available_post_id"] = [int(job.post_id)] if is_out else []
    return said


@with_token("video.publish")
def cancel(world: World, request: Request, _grant: Grant) -> Response:
    job = own_job(world, request)
    if isinstance(job, Response):
        return job
    if job.whole_at is None:
        fail(world, job, "publish_cancelled")
    return fine(world)


ROUTES: dict[str, Handler] = {
    f"POST {API}/post/publish/creator_info/query/": creator_info,
    f"POST {API}/post/publish/video/init/": begin_video,
    f"POST {API}/post/publish/inbox/video/init/": begin_draft,
    f"POST {API}/post/publish/content/init/": begin_content,
    f"POST {API}/post/publish/status/fetch/": status,
    f"POST {API}/post/publish/cancel/": cancel,
    f"PUT /{UPLOADS}/video/": put,
}
