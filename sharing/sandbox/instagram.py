"""Instagram as an app sees it, and as its people do: profiles, posts, numbers, apps."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from sharing.sandbox import instagram_containers, instagram_tokens, pages
from sharing.sandbox.instagram_containers import containers, listed, own, status
from sharing.sandbox.instagram_files import Problem
from sharing.sandbox.instagram_shapes import (
    API,
    BASIC,
    DAY,
    INSIGHTS,
    MEDIA_FIELDS,
    NETWORK,
    PERSONAL,
    as_media,
    chosen,
    error,
    is_own,
    missing,
    scoped_id,
    user_id,
    views,
    with_token,
)
from sharing.sandbox.messages import Request, Response, as_json, redirect
from sharing.sandbox.people import named
from sharing.sandbox.store import Grant, StoredPost
from sharing.sandbox.world import Handler, World

USER_FIELDS = (
    "id", "user_id", "username", "name", "account_type", "profile_picture_url",
    "followers_count", "follows_count", "media_count", "biography", "website",
)  # fmt: skip
FEED = ("views", "reach", "likes", "comments", "saved", "shares", "total_interactions")
METRICS = {
    "FEED": (*FEED, "reposts", "profile_visits", "follows", "profile_activity"),
    "REELS": (*FEED, "reposts", "ig_reels_avg_watch_time",
              "ig_reels_video_view_total_time", "reels_skip_rate"),
    "STORY": ("views", "reach", "shares", "total_interactions", "replies",
              "profile_visits", "follows", "profile_activity", "navigation"),
}  # fmt: skip
NEWS, FEW = 60.0, 600.0  # seconds: without numbers, and with too few viewers


@with_token(BASIC)
def me(
    world: World, request: Request, _path: Mapping[str, str], grant: Grant
) -> Response:
    person = named(grant.person)
    posted = [post for post in world.store.posts if mine(post, grant)]
    told = {
        "id": scoped_id(person, grant.client_id),
        "user_id": user_id(person),
        "username": person.handle,
        "name": person.name,
        "account_type": "PERSONAL" if grant.person in PERSONAL else "MEDIA_CREATOR",
        "profile_picture_url": f"https://scontent.cdninstagram.com/{person.key}.jpg",
        "followers_count": 240,
        "follows_count": 180,
        "media_count": len(posted),
        "biography": "",
        "website": "",
    }
    found = chosen(told, request, "IGUser", USER_FIELDS)
    return found if isinstance(found, Response) else as_json(found)


@with_token(BASIC)
def node(
    world: World, request: Request, path: Mapping[str, str], grant: Grant
) -> Response:
    """An account, a container or a post: all are nodes with an id."""
    name = path["id"]
    if is_own(name, grant):
        return me(world, request, path)
    container = own(world, name, grant)
    if container is not None:
        return status(request, world, container)
    post = world.store.find_post(NETWORK, name)
    if post is None or not mine(post, grant):
        return missing(name)
    found = chosen(
        as_media(post, world.now(), request.base), request, "IGMedia", MEDIA_FIELDS
    )
    return found if isinstance(found, Response) else as_json(found)


def mine(post: StoredPost, grant: Grant) -> bool:
    return (post.network, post.person) == (NETWORK, grant.person)


@with_token(BASIC)
def media(
    world: World, request: Request, path: Mapping[str, str], grant: Grant
) -> Response:
    """The account's posts, newest first; stories stand at their own edge, for a day."""
    if not is_own(path["id"], grant):
        return missing(path["id"])
    is_stories = request.path.endswith("/stories")
    since = world.now() - DAY if is_stories else 0.0
    found = [
        post
        for post in reversed(world.store.posts)
        if mine(post, grant) and post.at > since
        if (post.sent["product"] == "STORY") == is_stories
    ]
    most = request.query.get("limit", "25")
    if not most.isdecimal() or not 1 <= int(most) <= 100:
        return error(100, "Param limit must be between 1 and 100")
    shown: list[dict[str, Any]] = []
    for post in found[: int(most)]:
        told = chosen(
            as_media(post, world.now(), request.base), request, "IGMedia", MEDIA_FIELDS
        )
        if isinstance(told, Response):
            return told
        shown.append(told)
    answer: dict[str, Any] = {"data": shown}
    if shown:
        answer["paging"] = {"cursors": {"before": "QVFIUa", "after": "QVFIUb"}}
    return as_json(answer)


@with_token(BASIC, INSIGHTS)
def insights(
    world: World, request: Request, path: Mapping[str, str], grant: Grant
) -> Response:
    post = world.store.find_post(NETWORK, path["id"])
    if post is None or not mine(post, grant):
        return missing(path["id"])
    wanted = listed(request.query.get("metric", ""))
    if not wanted:
        return error(100, "(#100) The parameter metric is required")
    product, age = post.sent["product"], world.now() - post.at
    for name in wanted:
        if name not in METRICS[product]:
            said = f"(#100) The Media Insights API does not support the {name[:40]} metric for this media product type."
            return error(100, said)
    if product == "STORY" and age < FEW:
        return error(10, "(#10) Not enough viewers for the media to show insights")
    numbers = counts(post, world.now()) if age >= NEWS else {}
    data = [
        {
            "name": name,
            "period": "lifetime",
            "values": [{"value": numbers[name]}],
            "title": name.replace("_", " ").title(),
            "description": f"The {name} of this media.",
            "id": f"{post.id}/insights/{name}/lifetime",
        }
        for name in wanted
        if name in numbers
    ]
    return as_json({"data": data})


def counts(post: StoredPost, now: float) -> dict[str, int]:
    seen = views(post, now)
    parts = {"likes": 14, "comments": 90, "saved": 70, "shares": 60, "reposts": 110}
    found = {name: seen // part for name, part in parts.items()}
    found |= {"views": seen, "reach": seen * 4 // 5, "replies": seen // 200}
    found["total_interactions"] = seen // 14 + seen // 90 + seen // 70 + seen // 60
    found |= dict.fromkeys(
        ("profile_visits", "follows", "profile_activity"), seen // 150
    )
    found |= {"navigation": seen, "reels_skip_rate": 31}
    return found | {
        "ig_reels_avg_watch_time": 4200,
        "ig_reels_video_view_total_time": 4200 * seen,
    }


# -- What people see ------------------------------------------------------------------------


def post_page(world: World, _request: Request, path: Mapping[str, str]) -> Response:
    found = (
        post
        for post in world.store.posts
        if post.network == NETWORK
        and path["code"] in (post.sent.get("shortcode"), post.id)
    )
    return pages.one_post(next(found, None))


def profile_page(world: World, _request: Request, path: Mapping[str, str]) -> Response:
    """A person's posts, and the way to the page of apps."""
    handle = path["handle"]
    posted = [
        post
        for post in world.store.posts
        if post.network == NETWORK and named(post.person).handle == handle
    ]
    apps = '<p><a href="/www.instagram.com/accounts/manage_access/">Apps and websites</a></p>'
    return pages.feed(f"@{handle}", f"<h1>@{escape(handle)}</h1>{apps}", posted)


def apps_page(world: World, _request: Request, _path: Mapping[str, str]) -> Response:
    """Who lets which app in, and the buttons that end it."""
    living = {
        (grant.person, grant.client_id)
        for grant in world.store.grants
        if grant.network == NETWORK and not grant.revoked
        and grant.expires > world.now()
    }  # fmt: skip
    rows = "".join(
        '<form class="post" method="post" action="/_sandbox/instagram/remove">'
        f"<p><strong>{escape(person)}</strong> lets “{escape(app)}” in.</p>"
        f'<input type="hidden" name="person" value="{escape(person)}">'
        '<p class="buttons"><button name="kind" value="deauthorize">Remove</button>'
        '<button class="plain" name="kind" value="deletion">Remove and delete my data'
        "</button></p></form>"
        for person, app in sorted(living)
    )
    return pages.page(
        "Apps and websites",
        f"<h1>Apps and websites</h1>{rows or '<p>No app is let in.</p>'}",
    )


def remove(world: World, request: Request, _path: Mapping[str, str]) -> Response:
    kind = request.form.get("kind", "deauthorize")
    instagram_tokens.take_back(world, request.form.get("person", ""), kind)
    return redirect("/www.instagram.com/accounts/manage_access/")


def control(world: World, request: Request, _path: Mapping[str, str]) -> Response:
    """{"seconds", "video_seconds", "deauthorize", "deletion"}: how it works and whom it
    calls; {"fail": 2207xxx} breaks every container that is worked on; {"remove": person}
    and {"forget": person} take the consent back and call the app."""
    wish = request.json
    known = {"seconds", "video_seconds", "deauthorize", "deletion"}
    if not isinstance(wish, dict) or not set(wish) <= known | {
        "fail",
        "remove",
        "forget",
    }:
        return as_json({"error": f"one of {sorted(known)}, fail, remove, forget"}, 400)
    for name in known & set(wish):
        setattr(world.settings, f"instagram_{name}", wish[name])
    if number := wish.get("fail"):
        for container in list(containers(world).values()):
            if container.state(world) == "IN_PROGRESS":
                said = f"Media upload has failed with error code {number}"
                container.problem = Problem(-1, int(number), said)
    for word, kind in (("remove", "deauthorize"), ("forget", "deletion")):
        if person := wish.get(word):
            instagram_tokens.take_back(world, str(person), kind)
    return as_json(wish)


_GRAPH: dict[str, Handler] = {
    **instagram_containers.ROUTES,
    f"GET {API}/me": me,
    f"GET {API}/{{id}}": node,
    f"GET {API}/{{id}}/media": media,
    f"GET {API}/{{id}}/stories": media,
    f"GET {API}/{{id}}/insights": insights,
}

ROUTES: dict[str, Handler] = {
    **instagram_tokens.ROUTES,
    **_GRAPH,
    # Meta's own library asks for a node with a slash behind it.
    **{f"{route}/": handler for route, handler in _GRAPH.items()},
    "GET /www.instagram.com/accounts/manage_access/": apps_page,
    "GET /www.instagram.com/p/{code}/": post_page,
    "GET /www.instagram.com/reel/{code}/": post_page,
    "GET /www.instagram.com/stories/{handle}/{code}/": post_page,
    "GET /www.instagram.com/{handle}/": profile_page,
    "POST /_sandbox/instagram": control,
    "POST /_sandbox/instagram/remove": remove,
}
