"""X's consent and its tokens, which live two hours and rotate."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable, Mapping

from sharing.sandbox.consent import Rules, authorize
from sharing.sandbox.messages import Request, Response, as_json
from sharing.sandbox.store import Code, Grant
from sharing.sandbox.world import Handler, World
from sharing.sandbox.x_shapes import problem

NETWORK = "x"
TWO_HOURS = 7200
SIX_MONTHS = 182 * 86400

RULES = Rules(
    network=NETWORK,
    label="X",
    scopes={
        "tweet.read": "See posts you can see",
        "tweet.write": "Post for you",
        "users.read": "See your profile",
        "media.write": "Upload media for you",
        "users.email": "See your e-mail address",
        "offline.access": "Stay connected until you end it",
    },
    code_seconds=30,
    denied="access_denied",
    bad_scope="invalid_scope",
    pkce=True,
    state_max=500,
    needs_state=True,
)


def consent(world: World, request: Request, _path: Mapping[str, str]) -> Response:
    return authorize(world, request, RULES)


def token(world: World, request: Request, _path: Mapping[str, str]) -> Response:
    client_id = _client(world, request)
    if client_id is None:
        said = "Missing valid authorization header"
        return _error(401, "unauthorized_client", said)
    kind = request.form.get("grant_type")
    if kind == "authorization_code":
        return _exchange(world, request.form, client_id)
    if kind == "refresh_token":
        return _refresh(world, request.form, client_id)
    return _error(400, "unsupported_grant_type", "The grant type is not supported")


def _client(world: World, request: Request) -> str | None:
    """The app, proven by its secret in the header; a public app only names itself."""
    basic = request.basic
    if basic:
        return basic[0] if world.settings.clients.get(basic[0]) == basic[1] else None
    named = request.form.get("client_id", "")
    return named if world.settings.clients.get(named) == "" else None


def _exchange(world: World, form: Mapping[str, str], client_id: str) -> Response:
    code = world.store.take_code(form.get("code", ""))
    if not code or code.network != NETWORK or code.client_id != client_id:
        said = "Value passed for the authorization code was invalid."
        return _error(400, "invalid_request", said)
    if code.redirect_uri != form.get("redirect_uri"):
        said = "Value passed for the redirect uri did not match the uri of the code."
        return _error(400, "invalid_request", said)
    if not _proven(code, form.get("code_verifier", "")):
        said = "Value passed for the code verifier did not match the code challenge."
        return _error(400, "invalid_request", said)
    return _answer(new_grant(world, client_id, code.person, code.scopes))


def _proven(code: Code, verifier: str) -> bool:
    if not 43 <= len(verifier) <= 128:
        return False
    if code.challenge_method == "S256":
        digest = hashlib.sha256(verifier.encode()).digest()
        verifier = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return secrets.compare_digest(verifier.encode(), code.challenge.encode())


def _refresh(world: World, form: Mapping[str, str], client_id: str) -> Response:
    grant = world.store.by_refresh(form.get("refresh_token", ""))
    bad = _error(400, "invalid_request", "Value passed for the token was invalid.")
    if not grant or grant.network != NETWORK or grant.client_id != client_id:
        return bad
    with world.store.lock:
        if grant.spent:
            # Somebody has the old token: end everything that grew from this consent.
            world.store.revoke_family(grant.family)
            return bad
        if grant.revoked or grant.refresh_expires <= world.now():
            return bad
        world.store.spend(grant)
    person, scopes = grant.person, grant.scopes
    return _answer(new_grant(world, client_id, person, scopes, grant.family))


def new_grant(
    world: World,
    client_id: str,
    person: str,
    scopes: tuple[str, ...],
    family: str = "",
) -> Grant:
    offline = "offline.access" in scopes
    return world.store.add_grant(
        Grant(
            network=NETWORK,
            client_id=client_id,
            person=person,
            scopes=scopes,
            access=secrets.token_urlsafe(60),
            expires=world.now() + TWO_HOURS,
            family=family or secrets.token_hex(8),
            refresh=secrets.token_urlsafe(60) if offline else "",
            refresh_expires=world.now() + SIX_MONTHS,
        )
    )


def _answer(grant: Grant) -> Response:
    data = {
        "token_type": "bearer",
        "expires_in": TWO_HOURS,
        "access_token": grant.access,
        "scope": " ".join(grant.scopes),
    }
    if grant.refresh:
        data["refresh_token"] = grant.refresh
    return as_json(data)


def revoke(world: World, request: Request, _path: Mapping[str, str]) -> Response:
    if _client(world, request) is None:
        said = "Missing valid authorization header"
        return _error(401, "unauthorized_client", said)
    value = request.form.get("token", "")
    if not value:
        return _error(400, "invalid_request", "Missing required parameter [token].")
    grant = world.store.by_access(value) or world.store.by_refresh(value)
    if grant and grant.network == NETWORK:
        world.store.revoke_family(grant.family)
    return as_json({"revoked": True})


def _error(status: int, code: str, said: str) -> Response:
    return as_json({"error": code, "error_description": said}, status)


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


ROUTES: dict[str, Handler] = {
    "GET /x.com/i/oauth2/authorize": consent,
    "POST /x.com/i/oauth2/authorize": consent,
    "POST /api.x.com/2/oauth2/token": token,
    "POST /api.x.com/2/oauth2/revoke": revoke,
}
