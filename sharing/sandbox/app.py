"""Which path is answered by whom: the networks, the pages and the control API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from sharing.sandbox import (
    bluesky,
    bluesky_lists,
    files,
    instagram,
    instagram_shapes,
    instagram_tokens,
    linkedin,
    mastodon,
    pages,
    tiktok,
    tiktok_shapes,
    tiktok_tokens,
    x,
    x_tokens,
)
from sharing.sandbox.messages import Request, Response, as_json, redirect
from sharing.sandbox.people import named
from sharing.sandbox.store import Grant, StoredPost
from sharing.sandbox.world import Handler, World

_STYLE = Path(__file__).with_name("style.css")
_RARE = re.compile("email|^r_")  # scopes that hardly any app has
_GIVERS = {
    "linkedin": (linkedin.new_grant, linkedin.RULES),
    "x": (x_tokens.new_grant, x_tokens.RULES),
    "tiktok": (tiktok_tokens.new_grant, tiktok_tokens.RULES),
    "instagram": (instagram_tokens.new_grant, instagram_tokens.RULES),
}


def answer(world: World, request: Request) -> Response:
    """The answer to any request, without its faults."""
    for method, pattern, handler in _TABLE:
        match = pattern.fullmatch(request.path)
        if match and method == request.method:
            found = {name: unquote(part) for name, part in match.groupdict().items()}
            return handler(world, request, found)
    said = "There is nothing at this address."
    return as_json({"status": 404, "code": "NOT_FOUND", "message": said}, 404)


def home(world: World, request: Request, _path: Mapping[str, str]) -> Response:
    return pages.posts(world.store.posts, request.query.get("network", ""))


def style(_world: World, _request: Request, _path: Mapping[str, str]) -> Response:
    return Response(200, _STYLE.read_bytes(), {"Content-Type": "text/css"})


def file(world: World, _request: Request, path: Mapping[str, str]) -> Response:
    return files.shown(world.store.files.get(path["name"]))


def linkedin_post(world: World, _request: Request, path: Mapping[str, str]) -> Response:
    return pages.one_post(world.store.find_post("linkedin", path["id"]))


def x_post(world: World, _request: Request, path: Mapping[str, str]) -> Response:
    return pages.one_post(world.store.find_post("x", path["id"]))


def health(_world: World, _request: Request, _path: Mapping[str, str]) -> Response:
    return as_json({"ok": True})


def list_posts(world: World, request: Request, _path: Mapping[str, str]) -> Response:
    return as_json(
        [as_record(post) for post in posts_of(world, request.query.get("network"))]
    )


def posts_of(world: World, network: str | None) -> list[StoredPost]:
    """In the order they arrived."""
    return [post for post in world.store.posts if network in (None, "", post.network)]


def as_record(post: StoredPost) -> dict[str, Any]:
    record = asdict(post)
    record["handle"] = named(post.person).handle
    record["at"] = datetime.fromtimestamp(post.at, UTC).isoformat()
    return record


def list_requests(
    world: World, _request: Request, _path: Mapping[str, str]
) -> Response:
    return as_json(list(world.requests))


def reset(world: World, request: Request, _path: Mapping[str, str]) -> Response:
    world.store.reset()
    world.faults.clear()
    world.requests.clear()
    if request.content_type == "application/x-www-form-urlencoded":
        return redirect("/")
    return as_json({"ok": True})


def add_fault(world: World, request: Request, _path: Mapping[str, str]) -> Response:
    try:
        fault = world.faults.add(request.json)
    except (TypeError, ValueError) as error:
        return as_json({"error": str(error)}, 400)
    return as_json(asdict(fault), 201)


def list_faults(world: World, _request: Request, _path: Mapping[str, str]) -> Response:
    return as_json(world.faults.listed())


def clear_faults(world: World, _request: Request, _path: Mapping[str, str]) -> Response:
    world.faults.clear()
    return Response(204)


def push_clock(world: World, request: Request, _path: Mapping[str, str]) -> Response:
    """{"advance": seconds}: let codes, tokens and quotas age without waiting."""
    wish = request.json
    seconds = wish.get("advance") if isinstance(wish, dict) else None
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        return as_json({"error": "advance is a number of seconds"}, 400)
    world.store.clock.ahead += seconds
    return as_json({"ahead": world.store.clock.ahead})


def set_limits(world: World, request: Request, _path: Mapping[str, str]) -> Response:
    """{"x_per_quarter_hour": 2}: let a quota be used up without hundreds of calls."""
    try:
        world.settings.limit(request.json)
    except ValueError as error:
        return as_json({"error": str(error)}, 400)
    return as_json(request.json)


def give_tokens(world: World, request: Request, _path: Mapping[str, str]) -> Response:
    """Tokens without the dance, for seeds: {"network", "person"[, "client_id"]}."""
    wish = request.json
    if not isinstance(wish, dict) or wish.get("network") not in _GIVERS:
        return as_json({"error": f"network is one of {sorted(_GIVERS)}"}, 400)
    give, rules = _GIVERS[wish["network"]]
    client_id = str(wish.get("client_id") or next(iter(world.settings.clients)))
    person = named(str(wish.get("person", "")))
    scopes = wish.get("scopes") or [s for s in rules.scopes if not _RARE.search(s)]
    grant = give(world, client_id, person.name, tuple(map(str, scopes)))
    return as_json(_grant_record(grant, client_id), 201)


def _grant_record(grant: Grant, client_id: str) -> dict[str, Any]:
    person = named(grant.person)
    ids = {
        "linkedin": f"urn:li:person:{person.subject(client_id)}",
        "tiktok": tiktok_shapes.open_id(person, client_id),
        "instagram": instagram_shapes.user_id(person),
    }
    return {
        "network": grant.network,
        "access_token": grant.access,
        "refresh_token": grant.refresh or None,
        "expires_at": datetime.fromtimestamp(grant.expires, UTC).isoformat(),
        "scopes": list(grant.scopes),
        "remote_id": ids.get(grant.network) or person.number(grant.network),
        "handle": "" if grant.network == "linkedin" else person.handle,
        "name": person.name,
    }


def end_tokens(world: World, request: Request, path: Mapping[str, str]) -> Response:
    """Every access token expires, or every consent is revoked: {"network"} narrows."""
    wish = request.json
    network = wish.get("network") if isinstance(wish, dict) else None
    with world.store.lock:
        grants = [g for g in world.store.grants if network in (None, g.network)]
        for grant in grants:
            if path["how"] == "revoke":
                world.store.revoke_family(grant.family)
            grant.expires = min(grant.expires, world.now())
    return as_json({"ended": len(grants)})


_ROUTES: dict[str, Handler] = {
    **linkedin.ROUTES,
    **x.ROUTES,
    **tiktok.ROUTES,
    **instagram.ROUTES,
    **mastodon.ROUTES,
    **bluesky.ROUTES,
    **bluesky_lists.ROUTES,
    "GET /": home,
    "GET /_sandbox/style.css": style,
    "GET /_sandbox/files/{name}": file,
    "GET /www.linkedin.com/feed/update/{id}/": linkedin_post,
    "GET /www.linkedin.com/feed/update/{id}": linkedin_post,
    "GET /x.com/{handle}/status/{id}": x_post,
    "GET /x.com/i/web/status/{id}": x_post,
    "GET /_sandbox/health": health,
    "GET /_sandbox/posts": list_posts,
    "GET /_sandbox/requests": list_requests,
    "POST /_sandbox/reset": reset,
    "POST /_sandbox/faults": add_fault,
    "GET /_sandbox/faults": list_faults,
    "DELETE /_sandbox/faults": clear_faults,
    "POST /_sandbox/clock": push_clock,
    "POST /_sandbox/limits": set_limits,
    "POST /_sandbox/tokens": give_tokens,
    "POST /_sandbox/tokens/{how}": end_tokens,
}


def _compiled(
    routes: Mapping[str, Handler],
) -> list[tuple[str, re.Pattern[str], Handler]]:
    table = []
    for route, handler in routes.items():
        method, _, path = route.partition(" ")
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(path))
        table.append((method, re.compile(pattern), handler))
    return table


_TABLE = _compiled(_ROUTES)
