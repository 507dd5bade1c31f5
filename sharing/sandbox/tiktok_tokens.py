"""TikTok's consent and its tokens: a day long, renewed with another refresh token."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from sharing.sandbox import tiktok_events
from sharing.sandbox.consent import Rules, authorize
from sharing.sandbox.messages import Request, Response, as_json
from sharing.sandbox.people import named
from sharing.sandbox.store import Grant
from sharing.sandbox.tiktok_shapes import NETWORK, STOPPED, log_id, open_id
from sharing.sandbox.world import Handler, World

DAY = 24 * 3600
YEAR = 365 * DAY

RULES = Rules(
    network=NETWORK,
    label="TikTok",
    scopes={
        "user.info.basic": "Read your profile info (avatar, display name)",
        "user.info.profile": "Read your additional profile info (user name, bio)",
        "user.info.stats": "Read your profile engagement statistics",
        "video.list": "Read your public videos on TikTok",
        "video.publish": "Post content to TikTok",
        "video.upload": "Upload draft content to TikTok",
    },
    code_seconds=5 * 60,
    denied="access_denied",
    bad_scope="invalid_scope",
    client_id_param="client_key",
    scope_separator=",",
    unticks=True,
    more_people=tuple(STOPPED),
)


def consent(world: World, request: Request, _path: Mapping[str, str]) -> Response:
    return authorize(world, request, RULES)


def token(world: World, request: Request, _path: Mapping[str, str]) -> Response:
    form = request.form
    if not is_known_app(world, form):
        said = "Client key or secret is incorrect."
        return error(world, 401, "invalid_client", said)
    if form.get("grant_type") == "authorization_code":
        return exchange(world, form)
    if form.get("grant_type") == "refresh_token":
        return refresh(world, form)
    return error(world, 400, "unsupported_grant_type", "Unknown grant type.")


def is_known_app(world: World, form: Mapping[str, str]) -> bool:
    secret = world.settings.clients.get(form.get("client_key", ""))
    return secret is not None and secret == form.get("client_secret")


def exchange(world: World, form: Mapping[str, str]) -> Response:
    code = world.store.take_code(form.get("code", ""))
    if not code or code.network != NETWORK or code.client_id != form["client_key"]:
        return error(world, 400, "invalid_grant", "Authorization code is expired.")
    if code.redirect_uri != form.get("redirect_uri"):
        said = "Redirect_uri is not matched with the uri when requesting code."
        return error(world, 400, "invalid_request", said)
    return answer(new_grant(world, code.client_id, code.person, code.scopes))


def refresh(world: World, form: Mapping[str, str]) -> Response:
    grant = world.store.by_refresh(form.get("refresh_token", ""))
    bad = error(world, 400, "invalid_grant", "Refresh token is invalid or expired.")
    if not grant or grant.network != NETWORK or grant.client_id != form["client_key"]:
        return bad
    with world.store.lock:
        if grant.spent:
            world.store.revoke_family(grant.family)
            return bad
        if grant.revoked or grant.refresh_expires <= world.now():
            return bad
        world.store.spend(grant)
    who, scopes = grant.person, grant.scopes
    return answer(new_grant(world, grant.client_id, who, scopes, grant.family))


def new_grant(
    world: World,
    client_id: str,
    person: str,
    scopes: tuple[str, ...],
    family: str = "",
) -> Grant:
    return world.store.add_grant(
        Grant(
            network=NETWORK,
            client_id=client_id,
            person=person,
            scopes=scopes,
            access=f"act.{secrets.token_urlsafe(48)}!{secrets.randbelow(9999)}.e1",
            expires=world.now() + DAY,
            family=family or secrets.token_hex(8),
            refresh=f"rft.{secrets.token_urlsafe(48)}!{secrets.randbelow(9999)}.e1",
            refresh_expires=world.now() + YEAR,
        )
    )


def answer(grant: Grant) -> Response:
    data = {
        "access_token": grant.access,
        "expires_in": DAY,
        "open_id": open_id(named(grant.person), grant.client_id),
        "refresh_expires_in": YEAR,
        "refresh_token": grant.refresh,
        "scope": ",".join(grant.scopes),
        "token_type": "Bearer",
    }
    return as_json(data, Cache_Control="no-cache")


def revoke(world: World, request: Request, _path: Mapping[str, str]) -> Response:
    if not is_known_app(world, request.form):
        said = "Client key or secret is incorrect."
        return error(world, 401, "invalid_client", said)
    grant = world.store.by_access(request.form.get("token", ""))
    if grant is None or grant.network != NETWORK:
        return error(world, 400, "invalid_request", "The token is invalid.")
    world.store.revoke_family(grant.family)
    tiktok_events.removed(world, grant, reason=5)
    return Response(200)


def error(world: World, status: int, code: str, said: str) -> Response:
    told = {"error": code, "error_description": said, "log_id": log_id(world)}
    return as_json(told, status)


ROUTES: dict[str, Handler] = {
    "GET /www.tiktok.com/v2/auth/authorize/": consent,
    "POST /www.tiktok.com/v2/auth/authorize/": consent,
    "POST /open.tiktokapis.com/v2/oauth/token/": token,
    "POST /open.tiktokapis.com/v2/oauth/revoke/": revoke,
}
