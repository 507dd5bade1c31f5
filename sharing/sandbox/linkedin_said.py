"""LinkedIn's ways that all its calls share: whose token, which version, what is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sharing.sandbox.messages import Request, Response, as_json
from sharing.sandbox.people import named
from sharing.sandbox.store import Grant
from sharing.sandbox.world import World

NETWORK = "linkedin"
Problem = tuple[str, str]


def error(status: int, code: str, said: str, service: int | None = None) -> Response:
    data: dict[str, Any] = {"status": status, "code": code, "message": said}
    if service:
        data["serviceErrorCode"] = service
    return as_json(data, status)


def acting(world: World, request: Request) -> Grant | Response:
    """Whose token this is, or why it is nobody's."""
    grant = world.store.by_access(request.bearer)
    if not request.bearer:
        return error(401, "EMPTY_ACCESS_TOKEN", "Empty oauth2 access token", 65604)
    if not grant or grant.network != NETWORK:
        return error(401, "INVALID_ACCESS_TOKEN", "Invalid access token", 65600)
    if grant.revoked:
        said = "The token used in the request has been revoked by the user"
        return error(401, "REVOKED_ACCESS_TOKEN", said, 65601)
    if grant.expires <= world.now():
        said = "The token used in the request has expired"
        return error(401, "EXPIRED_ACCESS_TOKEN", said, 65602)
    return grant


def author_of(grant: Grant) -> str:
    return f"urn:li:person:{named(grant.person).subject(grant.client_id)}"


def headers_problem(world: World, request: Request) -> Response | None:
    version = request.headers.get("linkedin-version", "")
    if not version:
        return error(400, "VERSION_MISSING", "A version must be present")
    if not re.fullmatch(r"20[0-9]{2}(0[1-9]|1[0-2])(\.[0-9]{2})?", version):
        return error(400, "INVALID_VERSION", f"Invalid version {version[:20]!r}")
    if version < world.settings.linkedin_oldest_version:
        said = f"Requested version {version[:6]}01 is not active"
        return error(426, "NONEXISTENT_VERSION", said)
    if request.headers.get("x-restli-protocol-version") != "2.0.0":
        return error(400, "INVALID_PROTOCOL", "X-Restli-Protocol-Version must be 2.0.0")
    if request.method == "POST" and request.content_type != "application/json":
        return error(415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type is not supported")
    return None


def throttled(world: World, grant: Grant) -> Response | None:
    """Two quotas, both of a day that ends at midnight UTC; no header tells of them."""
    now, most = world.now(), world.settings
    for whose, name, calls in (
        ("APPLICATION", f"linkedin/{grant.client_id}", most.linkedin_app_per_day),
        (
            "APPLICATION_AND_MEMBER",
            f"linkedin/{grant.client_id}/{grant.person}",
            most.linkedin_per_day,
        ),
    ):
        allowed, _left = world.quota(name, calls, now - now % 86400)
        if not allowed:
            said = f"Resource level throttle {whose} DAY limit is reached"
            return error(429, "TOO_MANY_REQUESTS", said, 101)
    return None


def shape_problem(
    data: Any, fields: Mapping[str, type], required: tuple[str, ...], where: str
) -> Problem | None:
    """The first field that is missing, unknown or of another type."""
    if not isinstance(data, dict):
        return "INVALID_VALUE", f"{where or 'The body'} is not a record"
    for name in required:
        if name not in data:
            return "MISSING_FIELD", f"{where}/{name} :: field is required but not found"
    for name, value in data.items():
        if name not in fields:
            return "UNPERMITTED_FIELD", f"{where}/{name} :: unrecognized field found"
        odd = isinstance(value, bool) and fields[name] is not bool
        if odd or not isinstance(value, fields[name]):
            return (
                "INVALID_VALUE",
                f"{where}/{name} :: is not a {fields[name].__name__}",
            )
    return None
