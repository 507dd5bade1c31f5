"""LinkedIn as an app sees it: consent, token, userinfo, posts."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

from sharing.sandbox import (
    linkedin_media,
    linkedin_numbers,
    linkedin_posts,
    linkedin_shown,
    little_text,
)
from sharing.sandbox.consent import Rules, authorize
from sharing.sandbox.linkedin_body import problem_with
from sharing.sandbox.linkedin_said import (
    NETWORK,
    acting,
    author_of,
    error,
    headers_problem,
    throttled,
)
from sharing.sandbox.messages import Request, Response, as_json
from sharing.sandbox.people import named
from sharing.sandbox.store import Grant, StoredPost
from sharing.sandbox.world import Handler, World

SIXTY_DAYS = 60 * 86400
DEDUPE_SECONDS = 24 * 3600

RULES = Rules(
    network=NETWORK,
    label="LinkedIn",
    scopes={
        "openid": "Use your name and photo",
        "profile": "Use your name and photo",
        "email": "Use the primary email address of your account",
        "w_member_social": "Create, modify and delete posts on your behalf",
        "r_member_postAnalytics": "See how your posts do",
    },
    code_seconds=30 * 60,
    denied="user_cancelled_authorize",
    bad_scope="unauthorized_scope_error",
)


def consent(world: World, request: Request, _path: Mapping[str, str]) -> Response:
    return authorize(world, request, RULES)


def token(world: World, request: Request, _path: Mapping[str, str]) -> Response:
    form = request.form
    if not _known_app(world, form):
        return _oauth(401, "invalid_client", "Client authentication failed")
    if form.get("grant_type") != "authorization_code":
        # Self-serve apps are not given refresh tokens.
        return _oauth(400, "invalid_request", "The grant type is not supported")
    code = world.store.take_code(form.get("code", ""))
    if not code or code.network != NETWORK or code.client_id != form["client_id"]:
        said = "Unable to retrieve access token: authorization code not found"
        return _oauth(400, "invalid_request", said)
    if code.redirect_uri != form.get("redirect_uri"):
        return _oauth(400, "invalid_redirect_uri", "The redirect_uri does not match")
    _end_other_scopes(world, code.client_id, code.person, code.scopes)
    grant = new_grant(world, code.client_id, code.person, code.scopes)
    return as_json(
        {
            "access_token": grant.access,
            "expires_in": SIXTY_DAYS - 1,
            "scope": ",".join(grant.scopes),
            "token_type": "Bearer",
        }
    )


def new_grant(
    world: World, client_id: str, person: str, scopes: tuple[str, ...]
) -> Grant:
    return world.store.add_grant(
        Grant(
            network=NETWORK,
            client_id=client_id,
            person=person,
            scopes=scopes,
            access="AQ" + secrets.token_urlsafe(48),
            expires=world.now() + SIXTY_DAYS,
            family=secrets.token_hex(8),
        )
    )


def _end_other_scopes(
    world: World, client_id: str, person: str, scopes: tuple[str, ...]
) -> None:
    """Asking for another set of scopes ends the member's earlier tokens."""
    for grant in list(world.store.grants):
        same = (grant.network, grant.client_id, grant.person)
        if same == (NETWORK, client_id, person) and set(grant.scopes) != set(scopes):
            world.store.revoke_family(grant.family)


def revoke(world: World, request: Request, _path: Mapping[str, str]) -> Response:
    if not _known_app(world, request.form):
        return _oauth(401, "invalid_client", "Client authentication failed")
    grant = world.store.by_access(request.form.get("token", ""))
    if grant and grant.network == NETWORK:
        world.store.revoke_family(grant.family)
    return Response(200)


def introspect(world: World, request: Request, _path: Mapping[str, str]) -> Response:
    form = request.form
    if not _known_app(world, form):
        return _oauth(401, "invalid_client", "Client authentication failed")
    grant = world.store.by_access(form.get("token", ""))
    if not grant or (grant.network, grant.client_id) != (NETWORK, form["client_id"]):
        return as_json({"active": False})
    ended = "expired" if grant.expires <= world.now() else "active"
    status = "revoked" if grant.revoked else ended
    begun = int(grant.expires - SIXTY_DAYS)
    return as_json(
        {
            "active": status == "active",
            "client_id": grant.client_id,
            "authorized_at": begun,
            "created_at": begun,
            "status": status,
            "expires_at": int(grant.expires),
            "scope": ",".join(grant.scopes),
            "auth_type": "3L",
        }
    )


def userinfo(world: World, request: Request, _path: Mapping[str, str]) -> Response:
    grant = acting(world, request)
    if isinstance(grant, Response):
        return grant
    if "openid" not in grant.scopes:
        return error(403, "ACCESS_DENIED", "Not enough permissions to access: userinfo")
    person = named(grant.person)
    said: dict[str, Any] = {"sub": person.subject(grant.client_id)}
    if "profile" in grant.scopes:
        given, _, family = person.name.rpartition(" ")
        said |= {
            "name": person.name,
            "given_name": given or person.name,
            "family_name": family,
            "locale": {"country": "DK", "language": "en"},
        }
    if "email" in grant.scopes:
        said |= {"email": f"{person.key}@example.com", "email_verified": True}
    return as_json(said)


def create_post(world: World, request: Request, _path: Mapping[str, str]) -> Response:
    grant = acting(world, request)
    if isinstance(grant, Response):
        return grant
    refusal = headers_problem(world, request) or throttled(world, grant)
    if refusal:
        return refusal
    if "w_member_social" not in grant.scopes:
        return error(403, "ACCESS_DENIED", "Not enough permissions to access: posts")
    body = request.json
    problem = problem_with(body)
    if problem:
        return error(400, *problem)
    if body["author"] != author_of(grant):
        said = "Field Value validation failed in REQUEST_BODY: /author"
        return error(403, "ACCESS_DENIED", said)
    unready = linkedin_shown.problem_with_media(world, grant, body)
    if unready:
        return error(*unready)
    return _store(world, grant, body)


def _store(world: World, grant: Grant, body: dict[str, Any]) -> Response:
    fingerprint = hashlib.sha256(repr(_content(body)).encode()).hexdigest()
    with world.store.lock:
        twin = world.store.twin(NETWORK, grant.person, fingerprint, DEDUPE_SECONDS)
        if twin:
            said = f"Content is a duplicate of {twin.id}"
            return error(422, "DUPLICATE_POST", said)
        post = world.store.add_post(
            StoredPost(
                network=NETWORK,
                id=f"urn:li:{_kind_of(body)}:{world.store.new_id()}",
                person=grant.person,
                author=body["author"],
                text=little_text.read(body.get("commentary", "")),
                at=world.now(),
                fingerprint=fingerprint,
                card=(body.get("content") or {}).get("article") or {},
                media=linkedin_shown.shown(world, body),
                sent=body,
            )
        )
    return Response(
        201, b"", {"x-restli-id": post.id, "x-restli-protocol-version": "2.0.0"}
    )


def _kind_of(body: dict[str, Any]) -> str:
    """Videos and several pictures come into being as another kind of post."""
    named = linkedin_shown.named_in(body)
    return (
        "ugcPost" if len(named) > 1 or any(n[0] == "video" for n in named) else "share"
    )


def _content(body: dict[str, Any]) -> list[tuple[str, str]]:
    return sorted((key, repr(body.get(key))) for key in ("commentary", "content"))


def _known_app(world: World, form: Mapping[str, str]) -> bool:
    secret = world.settings.clients.get(form.get("client_id", ""))
    return secret is not None and secret == form.get("client_secret")


def _oauth(status: int, code: str, said: str) -> Response:
    return as_json({"error": code, "error_description": said}, status)


ROUTES: dict[str, Handler] = {
    "GET /www.linkedin.com/oauth/v2/authorization": consent,
    "POST /www.linkedin.com/oauth/v2/authorization": consent,
    "POST /www.linkedin.com/oauth/v2/accessToken": token,
    "POST /www.linkedin.com/oauth/v2/revoke": revoke,
    "GET /api.linkedin.com/v2/userinfo": userinfo,
    "POST /api.linkedin.com/rest/posts": create_post,
    "POST /www.linkedin.com/oauth/v2/introspectToken": introspect,
    **linkedin_media.ROUTES,
    **linkedin_posts.ROUTES,
    **linkedin_numbers.ROUTES,
}
