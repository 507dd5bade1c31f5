"""X as an app sees it: consent with PKCE, rotating tokens, posts and timelines."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from sharing.sandbox import x_tokens
from sharing.sandbox.messages import Request, Response, as_json
from sharing.sandbox.people import named
from sharing.sandbox.store import Grant, StoredPost
from sharing.sandbox.world import Handler, World
from sharing.sandbox.x_shapes import as_tweet, as_user, problem
from sharing.sandbox.x_text import MAX_WEIGHT, weight

NETWORK = "x"
QUARTER_HOUR = 900
DAY = 24 * 3600
DEDUPE_SECONDS = 24 * 3600
_FIELDS = {
    "text": str,
    "reply_settings": str,
    "made_with_ai": bool,
    "paid_partnership": bool,
    "nullcast": bool,
}

Authorised = Callable[[World, Request, Mapping[str, str], Grant], Response]


def with_token(*scopes: str) -> Callable[[Authorised], Handler]:
    """Only for requests whose token is alive and carries these scopes."""

    def wrap(handler: Authorised) -> Handler:
        def checked(
            world: World, request: Request, path: Mapping[str, str]
        ) -> Response:
            grant = world.store.by_access(request.bearer)
            alive = grant and grant.network == NETWORK and not grant.revoked
            if not grant or not alive or grant.expires <= world.now():
                return problem(401, "Unauthorized", "Unauthorized")
            if not set(scopes) <= set(grant.scopes):
                said = "You are not permitted to perform this action."
                return problem(403, "Forbidden", said)
            return handler(world, request, path, grant)

        return checked

    return wrap


@with_token("tweet.read", "tweet.write", "users.read")
def create_post(
    world: World, request: Request, _path: Mapping[str, str], grant: Grant
) -> Response:
    allowed, headers = _counted(world, grant)
    if not allowed:
        answer = problem(429, "Too Many Requests", "Too Many Requests")
    else:
        answer = _checked(world, request, grant)
    answer.headers |= headers
    return answer


def _checked(world: World, request: Request, grant: Grant) -> Response:
    if request.content_type != "application/json":
        return _invalid("Content-Type must be application/json")
    body = request.json
    if not isinstance(body, dict):
        return _invalid("The body is not a JSON object")
    for name, value in body.items():
        if name not in _FIELDS:
            return _invalid(f"[{name}] is not a known parameter")
        if not isinstance(value, _FIELDS[name]):
            return _invalid(f"[{name}] has the wrong type")
    text = body.get("text", "").strip()
    if not text or set(text) & {"\ufffe", "\uffff", "\ufeff"}:
        return _invalid("[text] is empty or holds an invalid character")
    if weight(text) > MAX_WEIGHT:
        return _invalid("Your post is too long")
    return _store(world, grant, text, body)


def _store(world: World, grant: Grant, text: str, body: dict[str, Any]) -> Response:
    same = " ".join(unicodedata.normalize("NFC", text).split())
    fingerprint = hashlib.sha256(same.encode()).hexdigest()
    with world.store.lock:
        if world.store.twin(NETWORK, grant.person, fingerprint, DEDUPE_SECONDS):
            said = "You are not allowed to create a Tweet with duplicate content."
            return problem(403, "Forbidden", said)
        post = world.store.add_post(
            StoredPost(
                network=NETWORK,
                id=world.store.new_id(),
                person=grant.person,
                author=named(grant.person).number(NETWORK),
                text=text,
                at=world.now(),
                fingerprint=fingerprint,
                sent=body,
            )
        )
    data = {"id": post.id, "text": text, "edit_history_tweet_ids": [post.id]}
    return as_json({"data": data}, 201)


def _counted(world: World, grant: Grant) -> tuple[bool, dict[str, str]]:
    """The user's quarter of an hour and the app's day, and what the headers say."""
    every: list[bool] = []
    headers: dict[str, str] = {}
    for prefix, name, most, length in (
        (
            "x-rate-limit",
            f"x/create/{grant.person}",
            world.settings.x_per_quarter_hour,
            QUARTER_HOUR,
        ),
        (
            "x-app-limit-24hour",
            f"x/create/app/{grant.client_id}",
            world.settings.x_app_per_day,
            DAY,
        ),
    ):
        start = world.now() - world.now() % length
        allowed, left = world.quota(name, most, start)
        every.append(allowed)
        headers |= {
            f"{prefix}-limit": str(most),
            f"{prefix}-remaining": str(left),
            f"{prefix}-reset": str(int(start + length)),
        }
    return all(every), headers


@with_token("tweet.read", "users.read")
def me(
    world: World, request: Request, _path: Mapping[str, str], grant: Grant
) -> Response:
    fields = request.query.get("user.fields", "").split(",")
    return as_json({"data": as_user(named(grant.person), fields)})


@with_token("tweet.read", "users.read")
def timeline(
    world: World, request: Request, path: Mapping[str, str], grant: Grant
) -> Response:
    most = request.query.get("max_results", "10")
    if not most.isdecimal() or not 5 <= int(most) <= 100:
        return _invalid("[max_results] is not between 5 and 100")
    fields = request.query.get("tweet.fields", "").split(",")
    since = request.query.get("start_time", "")
    found = [
        tweet
        for post in reversed(world.store.posts)
        if post.network == NETWORK and post.author == path["id"]
        if (tweet := as_tweet(post, [*fields, "created_at"], world.now()))
        and tweet["created_at"] >= since
    ][: int(most)]
    for tweet in found:
        if "created_at" not in fields:
            del tweet["created_at"]
    answer: dict[str, Any] = {"meta": {"result_count": len(found)}}
    if found:
        answer = {"data": found, "meta": answer["meta"]}
        answer["meta"] |= {"newest_id": found[0]["id"], "oldest_id": found[-1]["id"]}
    return as_json(answer)


@with_token("tweet.read", "users.read")
def lookup(
    world: World, request: Request, _path: Mapping[str, str], grant: Grant
) -> Response:
    ids = request.query.get("ids", "").split(",")
    if not all(ids) or len(ids) > 100:
        return _invalid("[ids] holds 1 to 100 ids")
    fields = request.query.get("tweet.fields", "").split(",")
    posts = {post_id: world.store.find_post(NETWORK, post_id) for post_id in ids}
    found = [as_tweet(post, fields, world.now()) for post in posts.values() if post]
    missing = [
        {
            "resource_type": "tweet",
            "value": post_id,
            "title": "Not Found Error",
            "type": "https://api.twitter.com/2/problems/resource-not-found",
        }
        for post_id, post in posts.items()
        if not post
    ]
    parts = {"data": found, "errors": missing}
    return as_json({name: part for name, part in parts.items() if part})


def _invalid(said: str) -> Response:
    kind = "https://api.twitter.com/2/problems/invalid-request"
    title = "Invalid Request"
    detail = "One or more parameters to your request was invalid."
    data = {
        "errors": [{"message": said}],
        "title": title,
        "detail": detail,
        "type": kind,
    }
    return as_json(data, 400)


ROUTES: dict[str, Handler] = {
    **x_tokens.ROUTES,
    "POST /api.x.com/2/tweets": create_post,
    "GET /api.x.com/2/tweets": lookup,
    "GET /api.x.com/2/users/me": me,
    "GET /api.x.com/2/users/{id}/tweets": timeline,
}
