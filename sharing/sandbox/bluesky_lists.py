"""A person's records in a row, and one taken away: what other programs ask of Bluesky."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sharing.sandbox.bluesky import cid_of, post_view
from sharing.sandbox.bluesky_record import POST
from sharing.sandbox.bluesky_sessions import (
    NETWORK,
    did_of,
    handle_of,
    person_at,
    problem,
    signed_in,
)
from sharing.sandbox.messages import Request, Response, as_json
from sharing.sandbox.people import named
from sharing.sandbox.store import Grant, StoredPost
from sharing.sandbox.world import Handler, World

MOST = 100


@signed_in
def delete_record(world: World, request: Request, grant: Grant) -> Response:
    """What is not there is gone already: no error, as the real one says."""
    wish = request.json if isinstance(request.json, dict) else {}
    person = named(grant.person)
    if wish.get("repo") not in (did_of(person), handle_of(person)):
        return problem(400, "InvalidRequest", "Could not find repo")
    uri = f"at://{did_of(person)}/{wish.get('collection')}/{wish.get('rkey')}"
    with world.store.lock:
        post = world.store.find_post(NETWORK, uri)
        if post is None:
            return as_json({})
        world.store.remove_post(post)
    return as_json({"commit": {"cid": cid_of(uri), "rev": uri.rpartition("/")[2]}})


@signed_in
def list_records(world: World, request: Request, _grant: Grant) -> Response:
    asked = request.query
    if not {"repo", "collection"} <= set(asked):
        return problem(400, "InvalidRequest", "Params must have repo, collection")
    known = _of(world, asked["repo"]) if asked["collection"] == POST else ()
    page, more = _page(list(known), request)
    told = [{"uri": one.id, "cid": one.fingerprint, "value": one.sent} for one in page]
    return as_json({"records": told} | more)


@signed_in
def author_feed(world: World, request: Request, _grant: Grant) -> Response:
    actor = request.query.get("actor", "")
    if not actor:
        return problem(400, "InvalidRequest", "Params must have the property actor")
    page, more = _page(list(_of(world, actor)), request)
    return as_json(
        {"feed": [{"post": post_view(one, world.now())} for one in page]} | more
    )


def _of(world: World, who: str) -> Iterator[StoredPost]:
    """The newest first."""
    did = who if who.startswith("did:") else did_of(person_at(world, who))
    posts = [one for one in world.store.posts if one.network == NETWORK]
    return (one for one in reversed(posts) if one.author == did)


def _page(
    posts: list[StoredPost], request: Request
) -> tuple[list[StoredPost], dict[str, Any]]:
    limit, start = request.query.get("limit", "50"), request.query.get("cursor", "0")
    size = min(max(int(limit), 1), MOST) if limit.isdecimal() else 50
    first = int(start) if start.isdecimal() else 0
    end = first + size
    return posts[first:end], {"cursor": str(end)} if end < len(posts) else {}


ROUTES: dict[str, Handler] = {
    "POST /{host}/xrpc/com.atproto.repo.deleteRecord": delete_record,
    "GET /{host}/xrpc/com.atproto.repo.listRecords": list_records,
    "GET /{host}/xrpc/app.bsky.feed.getAuthorFeed": author_feed,
}
