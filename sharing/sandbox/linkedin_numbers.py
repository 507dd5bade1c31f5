"""What LinkedIn tells a member's app of their own posts, where it lets the app see it."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sharing.sandbox.linkedin_said import NETWORK, acting, error, headers_problem
from sharing.sandbox.messages import Request, Response, as_json
from sharing.sandbox.store import Grant, StoredPost
from sharing.sandbox.world import Handler, World

SCOPE = "r_member_postAnalytics"
FIRST, MORE, PLAIN = "202506", "202604", "202605"  # the versions from which on
# How many people it takes to see a post until one does this.
_EVERY = {
    "IMPRESSION": 1.0,
    "MEMBERS_REACHED": 1.4,
    "REACTION": 35.0,
    "COMMENT": 180.0,
    "RESHARE": 240.0,
    "POST_SAVE": 300.0,
    "POST_SEND": 400.0,
    "LINK_CLICKS": 60.0,
    "PREMIUM_CTA_CLICKS": 2000.0,
    "FOLLOWER_GAINED_FROM_CONTENT": 900.0,
    "PROFILE_VIEW_FROM_CONTENT": 120.0,
}
_AT_FIRST = ("IMPRESSION", "MEMBERS_REACHED", "RESHARE", "REACTION", "COMMENT")
_WRAPPER = (
    "com.linkedin.adsexternalapi.memberanalytics.v1.CreatorPostAnalyticsMetricTypeV1"
)
# The URN is encoded, the signs of the record around it are not.
_ENTITY = re.compile(
    r"(?:^|&)entity=\((share|ugc):(urn%3[Aa]li%3[Aa]\w+%3[Aa][0-9]+)\)"
)
# (start:(year:2026,month:11,day:1),end:(…)), in any order.
_ENDS = re.compile(r"(start|end):\(((?:(?:year|month|day):\d{1,4},?){3})\)")


def analytics(world: World, request: Request, _path: Mapping[str, str]) -> Response:
    grant = acting(world, request)
    if isinstance(grant, Response):
        return grant
    refusal = headers_problem(world, request)
    if refusal:
        return refusal
    if SCOPE not in grant.scopes:
        said = "Not enough permissions to access: memberCreatorPostAnalytics"
        return error(403, "ACCESS_DENIED", said)
    version = request.headers["linkedin-version"]
    if version < FIRST:
        return error(404, "RESOURCE_NOT_FOUND", "No such resource in this version")
    posts = _posts(world, request, grant)
    if isinstance(posts, Response):
        return posts
    return _elements(world, request, posts, version)


def _posts(world: World, request: Request, grant: Grant) -> list[StoredPost] | Response:
    mine = [
        post
        for post in world.store.posts
        if (post.network, post.person) == (NETWORK, grant.person)
    ]
    if request.query.get("q") == "me":
        return mine
    found = _ENTITY.search(request.query_string)
    if request.query.get("q") != "entity" or not found:
        return error(400, "ILLEGAL_ARGUMENT", "q is me, or entity with an entity")
    urn = found[2].replace("%3A", ":").replace("%3a", ":")
    wanted = [post for post in mine if post.id == urn]
    if not wanted or ("ugc" in urn) != (found[1] == "ugc"):
        return error(404, "NOT_FOUND", f"No post {urn} of this member")
    return wanted


def _elements(
    world: World, request: Request, posts: list[StoredPost], version: str
) -> Response:
    kind = request.query.get("queryType", "")
    known = tuple(_EVERY) if version >= MORE else _AT_FIRST
    if kind not in known:
        return error(
            400, "INVALID_VALUE", f"/queryType :: is one of {', '.join(known)}"
        )
    by_day = request.query.get("aggregation", "TOTAL")
    if by_day not in ("TOTAL", "DAILY") or (by_day, kind) == (
        "DAILY",
        "MEMBERS_REACHED",
    ):
        return error(400, "INVALID_VALUE", "/aggregation :: is not possible here")
    metric = kind if version >= PLAIN else {_WRAPPER: kind}
    if by_day == "TOTAL":
        count = sum(_count(post, kind, world.now()) for post in posts)
        elements: list[dict[str, Any]] = [{"count": count, "metricType": metric}]
    else:
        elements = [
            {
                "count": sum(_on(post, kind, day, world.now()) for post in posts),
                "metricType": metric,
                "dateRange": {
                    "start": _said(day),
                    "end": _said(day + timedelta(days=1)),
                },
            }
            for day in _days(world, request)
        ]
    if request.query.get("q") == "entity":
        name = "ugc" if "ugc" in posts[0].id else "share"
        for element in elements:
            element["targetEntity"] = {name: posts[0].id}
    paging = {"start": 0, "count": 10, "links": []}
    return as_json({"paging": paging, "elements": elements})


def _days(world: World, request: Request) -> Iterator[date]:
    """The days asked for, the end not included; without a range the last seven."""
    today = datetime.fromtimestamp(world.now(), UTC).date()
    start, end = today - timedelta(days=6), today + timedelta(days=1)
    for which, said in _ENDS.findall(request.query.get("dateRange", "")):
        day = date(**{name: int(n) for name, n in re.findall(r"(\w+):(\d+)", said)})
        start, end = (day, end) if which == "start" else (start, day)
    for number in range(min((end - start).days, 400)):
        yield start + timedelta(days=number)


def _said(day: date) -> dict[str, int]:
    return {"year": day.year, "month": day.month, "day": day.day}


def _on(post: StoredPost, kind: str, day: date, now: float) -> int:
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
    until = min(now, midnight + 86400)
    return max(0, _count(post, kind, until) - _count(post, kind, min(now, midnight)))


def _count(post: StoredPost, kind: str, now: float) -> int:
    """Plausible, growing, and the same whenever asked at the same age."""
    liked = int(hashlib.sha256(post.id.encode()).hexdigest()[:4], 16) / 65535
    hours = max(0.0, now - post.at) / 3600
    seen = (60 + 1500 * liked) * (1 - math.exp(-hours / 30))
    return int(seen / _EVERY[kind])


ROUTES: dict[str, Handler] = {
    "GET /api.linkedin.com/rest/memberCreatorPostAnalytics": analytics,
}
