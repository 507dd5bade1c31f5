"""Containers: made from an address, worked on, published once; gone after a day."""

from __future__ import annotations

import base64
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sharing.sandbox import instagram_files as files
from sharing.sandbox.instagram_files import Fetched, Problem
from sharing.sandbox.instagram_shapes import (
    API,
    BASIC,
    DAY,
    NETWORK,
    PUBLISH,
    chosen,
    error,
    fields_of,
    is_own,
    lacking,
    missing,
    new_id,
    user_id,
    with_token,
)
from sharing.sandbox.messages import Request, Response, as_json
from sharing.sandbox.people import named
from sharing.sandbox.store import Grant, StoredPost
from sharing.sandbox.world import Handler, World

CAPTION, TAGS, MENTIONS, ALT = 2200, 30, 20, 1000
REEL_SECONDS, SHORT_SECONDS = 900.0, 60.0
FIELDS = ("id", "status", "status_code", "copyright_check_status")
TYPES = {"": "IMAGE", "IMAGE": "IMAGE", "REELS": "REELS", "STORIES": "STORIES",
         "CAROUSEL": "CAROUSEL", "VIDEO": "VIDEO"}  # fmt: skip

_TAG = re.compile(r"(?<![\w&])#\w+")
_MENTION = re.compile(r"(?<![\w@])@[\w.]+")


@dataclass
class Container:
    """What will be a post, or a part of one."""

    id: str
    person: str
    kind: str
    made_at: float
    ready_at: float
    caption: str = ""
    media: list[dict[str, str]] = field(default_factory=list)
    is_item: bool = False
    problem: Problem | None = None
    published: str = ""  # the id of the post

    def state(self, world: World) -> str:
        if self.published:
            return "PUBLISHED"
        now = world.now()
        if now >= self.made_at + DAY:
            return "EXPIRED"
        if now < self.ready_at:
            return "IN_PROGRESS"
        return "ERROR" if self.problem else "FINISHED"

    def words(self, world: World) -> str:
        state = self.state(world)
        if state == "ERROR" and self.problem:
            return f"Error: {self.problem.said} ({self.problem.subcode})"
        return {
            "PUBLISHED": "Published: Media has been successfully published.",
            "EXPIRED": "Expired: The container was not published within 24 hours.",
            "IN_PROGRESS": "In Progress: Media is still being processed.",
        }.get(
            state, "Finished: Media has been uploaded and it is ready to be published."
        )


def containers(world: World) -> dict[str, Container]:
    found: dict[str, Container] = world.store.uploads.setdefault(NETWORK, {})
    return found


def own(world: World, name: str, grant: Grant) -> Container | None:
    found = containers(world).get(name)
    return found if found and found.person == grant.person else None


# -- Making ---------------------------------------------------------------------------------


@with_token(BASIC, PUBLISH)
def create(
    world: World, request: Request, path: Mapping[str, str], grant: Grant
) -> Response:
    if not is_own(path["id"], grant):
        return missing(path["id"])
    asked = fields_of(request)
    problem = problem_with(asked) or too_many(world, grant)
    if problem:
        return problem
    kind = TYPES[asked.get("media_type", "")]
    if kind == "CAROUSEL":
        return around(world, grant, asked)
    return one(world, grant, asked, kind)


def problem_with(asked: Mapping[str, str]) -> Response | None:
    """What is wrong before anything is fetched."""
    caption, kind = asked.get("caption", ""), asked.get("media_type", "")
    is_item = asked.get("is_carousel_item") == "true"
    if kind not in TYPES or (kind == "VIDEO" and not is_item):
        said = "Unknown media type; a video that stands alone is of the type REELS"
        return error(100, said, 2207023)
    if is_item and kind in ("CAROUSEL", "REELS", "STORIES"):
        return error(100, "This type cannot be a part of a carousel", 2207023)
    if len(caption.encode("utf-16-le")) // 2 > CAPTION:
        return error(36004, "The caption is too long", 2207010)
    if len(_TAG.findall(caption)) > TAGS or len(_MENTION.findall(caption)) > MENTIONS:
        return error(100, "Too many tags in the caption", 2207040)
    if len(asked.get("alt_text", "")) > ALT:
        return error(100, "Param alt_text must be at most 1000 characters long")
    return None


def too_many(world: World, grant: Grant) -> Response | None:
    most = world.settings.instagram_containers_per_day
    name = f"instagram/containers/{grant.person}"
    allowed, _left = world.quota(name, most, world.now() - DAY)
    said = "The account has made too many containers within 24 hours"
    return None if allowed else error(9, said, 2207042, status=403)


def one(world: World, grant: Grant, asked: Mapping[str, str], kind: str) -> Response:
    """A picture, a reel, a story or a part. A picture is fetched before the answer."""
    is_item = asked.get("is_carousel_item") == "true"
    image, film = asked.get("image_url", ""), asked.get("video_url", "")
    if bool(image) == bool(film) or (kind in ("VIDEO", "REELS") and not film):
        needed = "video_url" if kind in ("VIDEO", "REELS") else "image_url"
        return lacking(needed)
    if film:
        longest = SHORT_SECONDS if is_item or kind == "STORIES" else REEL_SECONDS
        found = files.video(film, longest)
    else:
        found = files.picture(image, of_any_shape=kind == "STORIES")
        if isinstance(found, Problem):
            return error(found.code, found.said, found.subcode, said=found.said)
    made = keep(world, grant, kind, is_video=bool(film))
    made.caption = "" if is_item or kind == "STORIES" else asked.get("caption", "")
    made.is_item = is_item
    if isinstance(found, Problem):
        made.problem = found
    else:
        made.media = [stored(world, found, asked)]
    return as_json({"id": made.id})


def stored(world: World, found: Fetched, asked: Mapping[str, str]) -> dict[str, str]:
    kind = "video" if found.content_type.startswith("video/") else "image"
    name = world.store.files.add(found.content_type, found.body)
    return {"kind": kind, "file": name, "alt": asked.get("alt_text", "")}


def around(world: World, grant: Grant, asked: Mapping[str, str]) -> Response:
    """The carousel around parts that are ready, in their order."""
    names = listed(asked.get("children", ""))
    if not 2 <= len(names) <= 10:
        return error(100, "A carousel holds 2 to 10 parts", 2207028)
    parts = [own(world, name, grant) for name in names]
    media: list[dict[str, str]] = []
    for name, part in zip(names, parts, strict=True):
        if part is None or not part.is_item:
            said = f"The part {name[:40]} does not exist or is no carousel item"
            return error(100, said, 2207028)
        if part.state(world) != "FINISHED":
            return error(9007, "Media ID is not available", 2207027)
        media += part.media
    made = keep(world, grant, "CAROUSEL", is_video=False)
    made.caption, made.media = asked.get("caption", ""), media
    return as_json({"id": made.id})


def listed(children: str) -> list[str]:
    """Ids behind commas, or as a JSON list."""
    if children.startswith("["):
        try:
            return [str(name) for name in json.loads(children)]
        except (ValueError, TypeError):
            return []
    return [name.strip() for name in children.split(",") if name.strip()]


def keep(world: World, grant: Grant, kind: str, *, is_video: bool) -> Container:
    now, settings = world.now(), world.settings
    wait = settings.instagram_video_seconds if is_video else settings.instagram_seconds
    made = Container(new_id(world), grant.person, kind, now, now + wait)
    containers(world)[made.id] = made
    return made


def status(request: Request, world: World, container: Container) -> Response:
    told = {
        "id": container.id,
        "status_code": container.state(world),
        "status": container.words(world),
    }
    found = chosen(told, request, "IGContainer", FIELDS)
    return found if isinstance(found, Response) else as_json(found)


# -- Publishing --------------------------------------------------------------------------------


@with_token(BASIC, PUBLISH)
def publish(
    world: World, request: Request, path: Mapping[str, str], grant: Grant
) -> Response:
    if not is_own(path["id"], grant):
        return missing(path["id"])
    name = fields_of(request).get("creation_id", "")
    if not name:
        return lacking("creation_id")
    with world.store.lock:
        container = own(world, name, grant)
        problem = objection(world, container, grant)
        if problem or container is None:
            return problem or missing(name)
        post = world.store.add_post(as_post(world, container))
        container.published = post.id
    return as_json({"id": post.id})


def objection(
    world: World, container: Container | None, grant: Grant
) -> Response | None:
    if container is None or container.is_item:
        said = "The requested resource does not exist"
        return error(24, said, 2207006, said="The media with this id cannot be found.")
    state = container.state(world)
    if state == "IN_PROGRESS":
        return error(9007, "Media ID is not available", 2207027,
                     said="The media is not ready to be published. Please wait.")  # fmt: skip
    if state == "EXPIRED":
        return error(-2, "The media has expired", 2207020)
    if state == "PUBLISHED":
        return error(24, "The requested resource does not exist", 2207006)
    if container.problem:
        problem = container.problem
        return error(problem.code, problem.said, problem.subcode)
    if used(world, grant) >= world.settings.instagram_posts_per_day:
        said = "The account has reached the limit of posts within 24 hours"
        return error(9, said, 2207042, status=403)
    return None


def as_post(world: World, container: Container) -> StoredPost:
    product = {"REELS": "REELS", "STORIES": "STORY"}.get(container.kind, "FEED")
    kinds = [one["kind"] for one in container.media]
    shape = "VIDEO" if kinds == ["video"] else "IMAGE"
    code = base64.urlsafe_b64encode(secrets.token_bytes(8)).decode()[:11]
    sent: dict[str, Any] = {
        "container": container.id,
        "product": product,
        "type": "CAROUSEL_ALBUM" if container.kind == "CAROUSEL" else shape,
        "shortcode": code,
    }
    return StoredPost(
        network=NETWORK,
        id=new_id(world),
        person=container.person,
        author=user_id(named(container.person)),
        text=container.caption,
        at=world.now(),
        fingerprint=container.id,
        media=container.media,
        sent=sent,
    )


def used(world: World, grant: Grant) -> int:
    since = world.now() - DAY
    mine = (NETWORK, grant.person)
    return sum(
        (post.network, post.person) == mine and post.at > since
        for post in world.store.posts
    )


@with_token(BASIC, PUBLISH)
def limit(
    world: World, request: Request, path: Mapping[str, str], grant: Grant
) -> Response:
    if not is_own(path["id"], grant):
        return missing(path["id"])
    told: dict[str, Any] = {"quota_usage": used(world, grant)}
    if "config" in request.query.get("fields", ""):
        total = world.settings.instagram_posts_per_day
        told["config"] = {"quota_total": total, "quota_duration": DAY}
    return as_json({"data": [told]})


ROUTES: dict[str, Handler] = {
    f"POST {API}/{{id}}/media": create,
    f"POST {API}/{{id}}/media_publish": publish,
    f"GET {API}/{{id}}/content_publishing_limit": limit,
}
