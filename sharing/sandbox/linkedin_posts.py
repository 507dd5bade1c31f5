"""What becomes of a post on LinkedIn after it stands, and the older way to make one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sharing.sandbox import little_text
from sharing.sandbox.linkedin_said import (
    NETWORK,
    acting,
    author_of,
    error,
    headers_problem,
    shape_problem,
)
from sharing.sandbox.messages import Request, Response, as_json
from sharing.sandbox.store import StoredPost
from sharing.sandbox.world import Handler, World

_UGC = {
    "author": str,
    "lifecycleState": str,
    "specificContent": dict,
    "visibility": dict,
}
_SHARE = "com.linkedin.ugc.ShareContent"
_SEEN = "com.linkedin.ugc.MemberNetworkVisibility"


def _mine(
    world: World, request: Request, path: Mapping[str, str]
) -> StoredPost | Response | None:
    grant = acting(world, request)
    if isinstance(grant, Response):
        return grant
    refusal = headers_problem(world, request)
    if refusal:
        return refusal
    if "w_member_social" not in grant.scopes:
        return error(403, "ACCESS_DENIED", "Not enough permissions to access: posts")
    post = world.store.find_post(NETWORK, path["urn"])
    if post and post.person != grant.person:
        return error(403, "ACCESS_DENIED", "Not the author of this post")
    return post


def show(world: World, request: Request, _path: Mapping[str, str]) -> Response:
    """No app of members may read: the scope for it is closed."""
    grant = acting(world, request)
    if isinstance(grant, Response):
        return grant
    said = "Not enough permissions to access: posts.GET.20260801"
    return headers_problem(world, request) or error(403, "ACCESS_DENIED", said)


def remove(world: World, request: Request, path: Mapping[str, str]) -> Response:
    post = _mine(world, request, path)
    if isinstance(post, Response):
        return post
    if post:
        world.store.remove_post(post)
    return Response(204)


def change(world: World, request: Request, path: Mapping[str, str]) -> Response:
    """PARTIAL_UPDATE: a new commentary, and nothing else of a member's post."""
    post = _mine(world, request, path)
    if isinstance(post, Response):
        return post
    if post is None:
        return error(404, "NOT_FOUND", "Not found")
    if request.headers.get("x-restli-method", "").upper() != "PARTIAL_UPDATE":
        return error(400, "ILLEGAL_ARGUMENT", "X-RestLi-Method is PARTIAL_UPDATE")
    patch = request.json.get("patch") if isinstance(request.json, dict) else None
    values = patch.get("$set") if isinstance(patch, dict) else None
    problem = shape_problem(values, {"commentary": str}, ("commentary",), "/patch/$set")
    if problem or not isinstance(values, dict):
        return error(400, *(problem or ("INVALID_VALUE", "/patch")))
    post.text = little_text.read(values["commentary"])
    return Response(204)


def create_ugc(world: World, request: Request, _path: Mapping[str, str]) -> Response:
    """POST /v2/ugcPosts, without a version: plain text, and a link at most."""
    grant = acting(world, request)
    if isinstance(grant, Response):
        return grant
    if "w_member_social" not in grant.scopes:
        return error(403, "ACCESS_DENIED", "Not enough permissions to access: ugcPosts")
    body = request.json
    problem = shape_problem(body, _UGC, tuple(_UGC), "") or _problem_with_ugc(body)
    if problem:
        return error(400, *problem)
    if body["author"] != author_of(grant):
        return error(403, "ACCESS_DENIED", "/author :: is somebody else")
    share = body["specificContent"][_SHARE]
    urn = f"urn:li:share:{world.store.new_id()}"
    post = StoredPost(
        network=NETWORK,
        id=urn,
        person=grant.person,
        author=body["author"],
        text=share["shareCommentary"]["text"],
        at=world.now(),
        fingerprint=urn,
        card=_card(share),
        sent=body,
    )
    world.store.add_post(post)
    answer = as_json({"id": urn}, 201)
    answer.headers["x-restli-id"] = urn
    return answer


def _problem_with_ugc(body: dict[str, Any]) -> tuple[str, str] | None:
    share = body["specificContent"].get(_SHARE)
    where = f"/specificContent/{_SHARE}"
    fields = {"shareCommentary": dict, "shareMediaCategory": str, "media": list}
    problem = shape_problem(share, fields, tuple(fields)[:2], where)
    if problem or not isinstance(share, dict):
        return problem
    if share["shareMediaCategory"] not in ("NONE", "ARTICLE"):
        return "INVALID_VALUE", f"{where}/shareMediaCategory :: is not supported here"
    if body["visibility"].get(_SEEN) not in ("PUBLIC", "CONNECTIONS"):
        return "INVALID_VALUE", f"/visibility/{_SEEN} :: is not an enum symbol"
    return shape_problem(share["shareCommentary"], {"text": str}, ("text",), where)


def _card(share: Mapping[str, Any]) -> dict[str, str]:
    for media in share.get("media") or ():
        words = {
            name: media.get(name, {}).get("text", "")
            for name in ("title", "description")
        }
        return {"source": str(media.get("originalUrl", "")), **words}
    return {}


ROUTES: dict[str, Handler] = {
    "GET /api.linkedin.com/rest/posts/{urn}": show,
    "DELETE /api.linkedin.com/rest/posts/{urn}": remove,
    "POST /api.linkedin.com/rest/posts/{urn}": change,
    "POST /api.linkedin.com/v2/ugcPosts": create_ugc,
}
