"""TikTok as an app sees it, and as its people do: profiles, posts, an inbox."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from sharing.sandbox import pages, tiktok_events, tiktok_posting, tiktok_tokens
from sharing.sandbox.messages import Request, Response, as_json, redirect
from sharing.sandbox.people import Person, named
from sharing.sandbox.store import Grant, StoredPost
from sharing.sandbox.tiktok_posting import Job, is_public, jobs
from sharing.sandbox.tiktok_shapes import (
    API,
    FACES,
    NETWORK,
    as_video,
    face,
    face_url,
    fine,
    invalid,
    json_body,
    open_id,
    with_token,
)
from sharing.sandbox.world import Handler, World

_BASIC = ("open_id", "union_id", "avatar_url", "display_name")
_PROFILE = ("username", "is_verified", "profile_deep_link", "bio_description")
_STATS = ("follower_count", "following_count", "likes_count", "video_count")


@with_token("user.info.basic")
def user_info(world: World, request: Request, grant: Grant) -> Response:
    wanted = list(filter(None, request.query.get("fields", "").split(",")))
    groups = {
        "user.info.basic": _BASIC,
        "user.info.profile": _PROFILE,
        "user.info.stats": _STATS,
    }
    known = {field: scope for scope, part in groups.items() for field in part}
    for field in wanted:
        if field not in known:
            return invalid(world, f"{field} is not a known field")
        if known[field] not in grant.scopes:
            said = f"The scope {known[field]} is needed for {field}."
            return tiktok_posting.no(world, 401, "scope_not_authorized", said)
    if not wanted:
        return invalid(world, "fields is missing")
    user = as_user(named(grant.person), grant.client_id)
    return fine(world, {"user": {field: user.get(field, 0) for field in wanted}})


def as_user(person: Person, client_id: str) -> dict[str, Any]:
    return {
        "open_id": open_id(person, client_id),
        "union_id": f"u{person.number(NETWORK)}",
        "avatar_url": face_url(person),
        "display_name": person.name,
        "username": person.handle,
        "is_verified": False,
        "profile_deep_link": f"https://vm.tiktok.com/{person.handle}",
        "bio_description": "",
        "follower_count": 120,
        "following_count": 80,
        "likes_count": 900,
        "video_count": 12,
    }


@with_token("video.list")
def video_list(world: World, request: Request, grant: Grant) -> Response:
    body = json_body(world, request)
    if isinstance(body, Response):
        return body
    most, cursor = body.get("max_count", 10), body.get("cursor", 0)
    if type(most) is not int or not 1 <= most <= 20 or type(cursor) is not int:
        return invalid(world, "max_count is 1 to 20, cursor a number")
    fields = request.query.get("fields", "").split(",")
    mine = sorted(public_posts(world, grant), key=lambda one: -one.at)
    older = [one for one in mine if not cursor or one.at * 1000 < cursor]
    shown = older[:most]
    data = {
        "videos": [as_video(one, world.now(), fields) for one in shown],
        "cursor": int(shown[-1].at * 1000) if shown else 0,
        "has_more": len(older) > most,
    }
    return fine(world, data)


@with_token("video.list")
def video_query(world: World, request: Request, grant: Grant) -> Response:
    body = json_body(world, request)
    if isinstance(body, Response):
        return body
    filters = body.get("filters")
    ids = filters.get("video_ids") if isinstance(filters, dict) else None
    if not isinstance(ids, list) or not 1 <= len(ids) <= 20:
        return invalid(world, "filters.video_ids holds 1 to 20 ids")
    if not all(isinstance(one, str) for one in ids):
        return invalid(world, "filters.video_ids are strings")
    fields = request.query.get("fields", "").split(",")
    found = {one.id: one for one in public_posts(world, grant)}
    shown = [as_video(found[one], world.now(), fields) for one in ids if one in found]
    return fine(world, {"videos": shown})


def public_posts(world: World, grant: Grant) -> list[StoredPost]:
    return [
        post
        for post in world.store.posts
        if post.network == NETWORK and post.person == grant.person
        if is_public(world, post)
    ]


# -- What people see -----------------------------------------------------------------------


def post_page(world: World, _request: Request, path: Mapping[str, str]) -> Response:
    return pages.one_post(world.store.find_post(NETWORK, path["id"]))


def profile_page(world: World, _request: Request, path: Mapping[str, str]) -> Response:
    """A person's posts, and the drafts that apps have put into the inbox."""
    handle = path["handle"]
    mine = [
        post
        for post in world.store.posts
        if post.network == NETWORK and named(post.person).handle == handle
    ]
    drafts = [
        job
        for job in list(jobs(world).values())
        if named(job.person).handle == handle
        and job.state(world) == "SEND_TO_USER_INBOX"
    ]
    title = f"<h1>@{escape(handle)}</h1>"
    return pages.feed(f"@{handle}", title + inbox(drafts), mine)


def inbox(drafts: list[Job]) -> str:
    rows = "".join(
        f'<form method="post" action="/_sandbox/tiktok/finish/{escape(job.id)}">'
        "<p>A draft has come from an app.</p><button>Post it</button></form>"
        for job in drafts
    )
    return f'<section class="post"><h2>Inbox</h2>{rows}</section>' if rows else ""


def finish_page(world: World, _request: Request, path: Mapping[str, str]) -> Response:
    job = jobs(world).get(path["id"])
    if job is None or job.state(world) != "SEND_TO_USER_INBOX":
        return as_json({"error": "no such draft"}, 404)
    tiktok_posting.finish(world, job)
    return redirect(f"/www.tiktok.com/@{named(job.person).handle}")


def face_page(_world: World, _request: Request, path: Mapping[str, str]) -> Response:
    body = face(named(path["key"].removesuffix(".png")))
    return Response(200, body, {"Content-Type": "image/png"})


def control(world: World, request: Request, _path: Mapping[str, str]) -> Response:
    """{"audited", "seconds", "public_seconds", "webhook", "verified"}: as TikTok sees us;
    {"fail": reason} ends every post that is worked on; {"remove": person} takes the
    consent back."""
    wish = request.json
    known = {"audited", "seconds", "public_seconds", "webhook", "verified"}
    if not isinstance(wish, dict) or not set(wish) <= known | {"fail", "remove"}:
        return as_json({"error": f"one of {sorted(known)}, fail, remove"}, 400)
    for name in known & set(wish):
        value = tuple(wish[name]) if name == "verified" else wish[name]
        setattr(world.settings, f"tiktok_{name}", value)
    if reason := wish.get("fail"):
        for job in list(jobs(world).values()):
            if job.state(world).startswith("PROCESSING"):
                tiktok_posting.fail(world, job, str(reason))
    if person := wish.get("remove"):
        take_back(world, str(person))
    return as_json(wish)


def take_back(world: World, person: str) -> None:
    name = named(person).name
    for grant in list(world.store.grants):
        if (grant.network, grant.person) == (NETWORK, name) and not grant.revoked:
            world.store.revoke_family(grant.family)
            tiktok_events.removed(world, grant, reason=1)


ROUTES: dict[str, Handler] = {
    **tiktok_tokens.ROUTES,
    **tiktok_posting.ROUTES,
    f"GET {API}/user/info/": user_info,
    f"POST {API}/video/list/": video_list,
    f"POST {API}/video/query/": video_query,
    "GET /www.tiktok.com/@{handle}/video/{id}": post_page,
    "GET /www.tiktok.com/@{handle}/photo/{id}": post_page,
    "GET /www.tiktok.com/@{handle}": profile_page,
    f"GET /{FACES}/face/{{key}}": face_page,
    "POST /_sandbox/tiktok": control,
    "POST /_sandbox/tiktok/finish/{id}": finish_page,
}
