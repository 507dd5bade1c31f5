"""X as an app sees it: consent with PKCE, rotating tokens, posts and timelines."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sharing.sandbox import x_media, x_shown, x_tokens
from sharing.sandbox.messages import Request, Response, as_json
from sharing.sandbox.people import named
from sharing.sandbox.store import Grant, StoredPost
from sharing.sandbox.world import Handler, World
from sharing.sandbox.x_body import problem_with
from sharing.sandbox.x_shapes import (
    Names,
    as_tweet,
    as_user,
    invalid,
    missing,
    problem,
    withheld,
)
from sharing.sandbox.x_tokens import with_token

NETWORK = "x"
QUARTER_HOUR = 900
DAY = 24 * 3600
DEDUPE_SECONDS = 24 * 3600
OWN_SECONDS = 30 * 24 * 3600  # so long the author sees more than everybody


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
        return invalid("Content-Type must be application/json")
    body = request.json
    said = problem_with(body)
    if said:
        return invalid(said)
    refusal = "media" in body and x_shown.problem_with_media(
        world, grant, body["media"]
    )
    return refusal or _store(world, grant, body.get("text", "").strip(), body)


def _store(world: World, grant: Grant, text: str, body: dict[str, Any]) -> Response:
    same = " ".join(unicodedata.normalize("NFC", text).split())
    media = body.get("media", {})
    known = repr((same, media.get("media_ids"))) if media else same
    fingerprint = hashlib.sha256(known.encode()).hexdigest()
    with world.store.lock:
        if world.store.twin(NETWORK, grant.person, fingerprint, DEDUPE_SECONDS):
            said = "You are not allowed to create a Tweet with duplicate content."
            return problem(403, "Forbidden", said)
        post = world.store.add_post(
            StoredPost(
                network=NETWORK,
                id=world.store.new_snowflake(),
                person=grant.person,
                author=named(grant.person).number(NETWORK),
                text=text,
                at=world.now(),
                fingerprint=fingerprint,
                media=x_shown.shown(world, media),
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
        return invalid("[max_results] is not between 5 and 100")
    names = Names.asked(request.query)
    since = request.query.get("start_time", "")
    found = [
        as_tweet(post, names, world.now())
        for post in reversed(world.store.posts)
        if post.network == NETWORK
        and post.author == path["id"]
        and datetime.fromtimestamp(post.at, UTC).isoformat() >= since
    ][: int(most)]
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
        return invalid("[ids] holds 1 to 100 ids")
    names = Names.asked(request.query)
    found: list[dict[str, Any]] = []
    problems: list[dict[str, Any]] = []
    for post_id in ids:
        post = world.store.find_post(NETWORK, post_id)
        mine = post is not None and post.person == grant.person
        if post is None:
            problems.append(missing(post_id))
        elif names.own and (not mine or world.now() - post.at > OWN_SECONDS):
            problems += [withheld(post_id, name) for name in names.own]
        else:
            found.append(as_tweet(post, names, world.now()))
    parts = {"data": found, "errors": problems}
    return as_json({name: part for name, part in parts.items() if part})


@with_token("tweet.read", "users.read")
def one(
    world: World, request: Request, path: Mapping[str, str], grant: Grant
) -> Response:
    post = world.store.find_post(NETWORK, path["id"])
    if post is None:
        return as_json({"errors": [missing(path["id"], "id")]})
    return as_json({"data": as_tweet(post, Names.asked(request.query), world.now())})


@with_token("tweet.read", "tweet.write", "users.read")
def remove(
    world: World, _request: Request, path: Mapping[str, str], grant: Grant
) -> Response:
    post = world.store.find_post(NETWORK, path["id"])
    if post and post.person != grant.person:
        said = "You are not authorized to delete this Tweet."
        return problem(403, "Forbidden", said)
    if post:
        world.store.remove_post(post)
    return as_json({"data": {"deleted": True}})


ROUTES: dict[str, Handler] = {
    **x_tokens.ROUTES,
    **x_media.ROUTES,
    "POST /api.x.com/2/tweets": create_post,
    "GET /api.x.com/2/tweets": lookup,
    "GET /api.x.com/2/tweets/{id}": one,
    "DELETE /api.x.com/2/tweets/{id}": remove,
    "GET /api.x.com/2/users/me": me,
    "GET /api.x.com/2/users/{id}/tweets": timeline,
}
# Clients of an earlier day call the same by the name it had then.
ROUTES |= {
    route.replace("/api.x.com/", "/api.twitter.com/"): handler
    for route, handler in ROUTES.items()
}
