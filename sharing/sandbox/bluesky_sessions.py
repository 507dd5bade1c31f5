"""Signing in with a password, sessions that end and renew, in the words of atproto."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from sharing.sandbox.messages import Request, Response, as_json
from sharing.sandbox.people import Person, named
from sharing.sandbox.store import Grant
from sharing.sandbox.world import Handler, World

NETWORK = "bluesky"
TWO_HOURS, NINETY_DAYS = 7200, 90 * 86400
PDS = "pds.bsky.network"  # where the sandbox's people live, behind bsky.social
APP_SCOPE, OWN_SCOPE = "com.atproto.appPass", "com.atproto.access"
_APP_PASSWORD = re.compile(r"[a-z2-7]{4}(-[a-z2-7]{4}){3}|[a-z0-9]{4}(-[a-z0-9]{4}){3}")

Authorised = Callable[[World, Request, Grant], Response]


def problem(status: int, name: str, said: str, **headers: str) -> Response:
    return as_json({"error": name, "message": said}, status, **headers)


# -- People -----------------------------------------------------------------------------


def did_of(person: Person) -> str:
    digest = hashlib.sha256(f"{NETWORK}/{person.key}".encode()).digest()
    return "did:plc:" + base64.b32encode(digest[:15]).decode().lower()


def handle_of(person: Person) -> str:
    return f"{person.key[:18].strip('-')}.bsky.social"


def person_at(world: World, who: str) -> Person:
    """By handle, DID or mail address; a DID is known once somebody has signed in."""
    known = world.store.notes.get(f"did/{who}")
    name = known or who.partition("@")[0].partition(".")[0].replace("-", " ")
    return named(str(name).title())


# -- Sessions ---------------------------------------------------------------------------


def create_session(world: World, request: Request, path: Mapping[str, str]) -> Response:
    wish = request.json if isinstance(request.json, dict) else {}
    who, password = wish.get("identifier"), wish.get("password")
    if not isinstance(who, str) or not isinstance(password, str):
        return problem(400, "InvalidRequest", "Input must have the property identifier")
    if not who.strip() or not password or password.startswith("wrong"):
        said = "Invalid identifier or password"
        return problem(401, "AuthenticationRequired", said)
    if password.startswith("code") and not wish.get("authFactorToken"):
        said = "A sign in code has been sent to your email address"
        return problem(401, "AuthFactorTokenRequired", said)
    person = person_at(world, who.strip().lower())
    scope = APP_SCOPE if _APP_PASSWORD.fullmatch(password) else OWN_SCOPE
    world.store.note(f"did/{did_of(person)}", person.name)
    grant = new_grant(world, "", person.name, (scope,))
    return as_json(_told(request, grant, person))


def new_grant(
    world: World,
    client_id: str,
    person: str,
    scopes: tuple[str, ...],
    family: str = "",
) -> Grant:
    did, now = did_of(named(person)), int(world.now())
    claims = {"sub": did, "iat": now, "aud": f"did:web:{PDS}"}
    access = {**claims, "scope": scopes[0], "exp": now + TWO_HOURS}
    refresh = {**claims, "scope": "com.atproto.refresh", "exp": now + NINETY_DAYS}
    return world.store.add_grant(
        Grant(
            network=NETWORK,
            client_id=client_id,
            person=person,
            scopes=scopes,
            access=_jwt(access),
            expires=now + TWO_HOURS,
            family=family or secrets.token_hex(8),
            refresh=_jwt({**refresh, "jti": secrets.token_urlsafe(24)}),
            refresh_expires=now + NINETY_DAYS,
        )
    )


def _jwt(claims: Mapping[str, Any]) -> str:
    def part(data: Mapping[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")

    head = part({"typ": "at+jwt", "alg": "ES256K"})
    return f"{head}.{part(claims)}.{secrets.token_urlsafe(48)}"


def _told(request: Request, grant: Grant, person: Person) -> dict[str, Any]:
    return {
        "accessJwt": grant.access,
        "refreshJwt": grant.refresh,
        **account_of(request, person),
    }


def account_of(request: Request, person: Person) -> dict[str, Any]:
    """The account lives on another server, at an address that leads here again."""
    did = did_of(person)
    service = {
        "id": "#atproto_pds",
        "type": "AtprotoPersonalDataServer",
        "serviceEndpoint": f"{request.base}/{PDS}",
    }
    document = {
        "@context": ["https://www.w3.org/ns/did/v1"],
        "id": did,
        "alsoKnownAs": [f"at://{handle_of(person)}"],
        "service": [service],
    }
    return {
        "handle": handle_of(person),
        "did": did,
        "didDoc": document,
        "emailConfirmed": True,
        "emailAuthFactor": False,
        "active": True,
    }


def refresh_session(
    world: World, request: Request, _path: Mapping[str, str]
) -> Response:
    """A new pair; the old refresh token works for two more hours."""
    grant = world.store.by_refresh(request.bearer)
    if not grant or grant.network != NETWORK:
        return problem(400, "InvalidToken", "Token could not be verified")
    spent = world.store.notes.get(f"spent/{_name(grant)}")
    ends = min(grant.refresh_expires, (spent or world.now()) + TWO_HOURS)
    if grant.revoked or ends <= world.now():
        return problem(400, "ExpiredToken", "Token has been revoked")
    if spent is None:
        world.store.note(f"spent/{_name(grant)}", world.now())
    person = named(grant.person)
    fresh = new_grant(world, "", person.name, grant.scopes, grant.family)
    return as_json(_told(request, fresh, person))


def _name(grant: Grant) -> str:
    return hashlib.sha256(grant.refresh.encode()).hexdigest()


def delete_session(
    world: World, request: Request, _path: Mapping[str, str]
) -> Response:
    grant = world.store.by_refresh(request.bearer)
    if not grant or grant.network != NETWORK:
        return problem(400, "InvalidToken", "Token could not be verified")
    world.store.revoke_family(grant.family)
    return Response(200)


def signed_in(handler: Authorised) -> Handler:
    """Only with an access token that lives."""

    def checked(world: World, request: Request, _path: Mapping[str, str]) -> Response:
        if not request.bearer:
            return problem(401, "AuthMissing", "Authentication Required")
        grant = world.store.by_access(request.bearer)
        if not grant or grant.network != NETWORK:
            return problem(400, "InvalidToken", "Token could not be verified")
        if grant.revoked or grant.expires <= world.now():
            return problem(400, "ExpiredToken", "Token has expired")
        return handler(world, request, grant)

    return checked


@signed_in
def get_session(_world: World, request: Request, grant: Grant) -> Response:
    return as_json(account_of(request, named(grant.person)))


ROUTES: dict[str, Handler] = {
    "POST /{host}/xrpc/com.atproto.server.createSession": create_session,
    "POST /{host}/xrpc/com.atproto.server.refreshSession": refresh_session,
    "POST /{host}/xrpc/com.atproto.server.deleteSession": delete_session,
    "GET /{host}/xrpc/com.atproto.server.getSession": get_session,
}
