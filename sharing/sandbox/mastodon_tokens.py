"""Apps that register themselves at a server, its consent page, tokens without an end."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

from sharing.sandbox.consent import Rules, authorize
from sharing.sandbox.mastodon_shapes import problem
from sharing.sandbox.messages import Request, Response, as_json
from sharing.sandbox.store import Code, Grant
from sharing.sandbox.world import Handler, World

NETWORK = "mastodon"
CENTURY = 100 * 365 * 86400

RULES = Rules(
    network=NETWORK,
    label="Mastodon",
    scopes={
        "profile": "Read your name and handle",
        "read": "Read all of your account's data",
        "read:accounts": "See account information",
        "read:statuses": "See all posts",
        "write": "Modify all of your account's data",
        "write:statuses": "Publish posts",
        "write:media": "Upload media files",
    },
    code_seconds=600,
    denied="access_denied",
    bad_scope="invalid_scope",
)


def fields(request: Request) -> dict[str, Any]:
    """A wish in any of the three forms that a server understands."""
    if request.content_type == "application/json":
        return request.json if isinstance(request.json, dict) else {}
    if request.parts:
        return {name: part.text for name, part in request.parts.items()}
    several = request.fields("media_ids[]")
    return request.form | ({"media_ids": several} if several else {})


def register(world: World, request: Request, path: Mapping[str, str]) -> Response:
    wish = fields(request)
    name, addresses = wish.get("client_name"), wish.get("redirect_uris")
    if isinstance(addresses, list):
        addresses = "\n".join(map(str, addresses))
    if not isinstance(name, str) or not name.strip():
        return problem(422, "Validation failed: Application name can't be blank")
    if not isinstance(addresses, str) or not addresses.strip():
        return problem(422, "Validation failed: Redirect URI can't be blank")
    scopes = str(wish.get("scopes") or "read").split()
    if not set(scopes) <= set(RULES.scopes):
        return problem(
            422, "Validation failed: Scopes doesn't match configured on the server."
        )
    client_id, secret = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    app = {
        "host": path["host"],
        "secret": secret,
        "redirect_uris": addresses.split(),
        "scopes": scopes,
    }
    world.store.note(f"app/{client_id}", app)
    return as_json(
        {
            "id": world.store.new_id(),
            "name": name,
            "website": wish.get("website"),
            "scopes": scopes,
            "redirect_uri": addresses,
            "redirect_uris": addresses.split(),
            "client_id": client_id,
            "client_secret": secret,
            "client_secret_expires_at": 0,
            "vapid_key": secrets.token_urlsafe(32),
        }
    )


def consent(world: World, request: Request, path: Mapping[str, str]) -> Response:
    app = world.store.notes.get(f"app/{request.query.get('client_id', '')}")
    if not app or app["host"] != path["host"]:
        said = "Client authentication failed due to unknown client."
        return problem(401, said)
    if request.query.get("redirect_uri") not in app["redirect_uris"]:
        return problem(400, "The requested redirect uri is malformed or doesn't match.")
    if not set(request.query.get("scope", "read").split()) <= set(app["scopes"]):
        return problem(400, "The requested scope is invalid, unknown, or malformed.")
    return authorize(world, request, RULES)


def token(world: World, request: Request, path: Mapping[str, str]) -> Response:
    wish = fields(request)
    pair = request.basic or (wish.get("client_id", ""), wish.get("client_secret", ""))
    app = app_of(world, path["host"], *map(str, pair))
    if app is None:
        said = "Client authentication failed due to unknown client."
        return _error(401, "invalid_client", said)
    if wish.get("grant_type") != "authorization_code":
        said = "The authorization grant type is not supported."
        return _error(400, "unsupported_grant_type", said)
    code = world.store.take_code(str(wish.get("code", "")))
    if (
        not code
        or (code.network, code.client_id) != (NETWORK, str(pair[0]))
        or code.redirect_uri != wish.get("redirect_uri")
        or not _proven(code, str(wish.get("code_verifier", "")))
    ):
        said = "The provided authorization grant is invalid, expired, or revoked."
        return _error(400, "invalid_grant", said)
    grant = new_grant(world, code.client_id, code.person, code.scopes)
    return as_json(
        {
            "access_token": grant.access,
            "token_type": "Bearer",
            "scope": " ".join(grant.scopes),
            "created_at": int(world.now()),
        }
    )


def app_of(
    world: World, host: str, client_id: str, secret: str
) -> dict[str, Any] | None:
    app: dict[str, Any] | None = world.store.notes.get(f"app/{client_id}")
    known = app and app["host"] == host and app["secret"] == secret
    return app if known else None


def _proven(code: Code, verifier: str) -> bool:
    """PKCE is for who wants it."""
    if not code.challenge:
        return True
    digest = hashlib.sha256(verifier.encode()).digest()
    answer = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return secrets.compare_digest(answer, code.challenge)


def new_grant(
    world: World, client_id: str, person: str, scopes: tuple[str, ...]
) -> Grant:
    return world.store.add_grant(
        Grant(
            network=NETWORK,
            client_id=client_id,
            person=person,
            scopes=scopes,
            access=secrets.token_urlsafe(32),
            expires=world.now() + CENTURY,
            family=secrets.token_hex(8),
        )
    )


def revoke(world: World, request: Request, path: Mapping[str, str]) -> Response:
    wish = fields(request)
    pair = request.basic or (wish.get("client_id", ""), wish.get("client_secret", ""))
    grant = world.store.by_access(str(wish.get("token", "")))
    app = app_of(world, path["host"], *map(str, pair))
    if app is None or (grant and grant.client_id != pair[0]):
        said = "You are not authorized to revoke this token"
        return _error(403, "unauthorized_client", said)
    if grant and grant.network == NETWORK:
        world.store.revoke_family(grant.family)
    return as_json({})


def _error(status: int, code: str, said: str) -> Response:
    return as_json({"error": code, "error_description": said}, status)


ROUTES: dict[str, Handler] = {
    "POST /{host}/api/v1/apps": register,
    "GET /{host}/oauth/authorize": consent,
    "POST /{host}/oauth/authorize": consent,
    "POST /{host}/oauth/token": token,
    "POST /{host}/oauth/revoke": revoke,
}
