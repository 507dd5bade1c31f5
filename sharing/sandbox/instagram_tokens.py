"""Instagram Login: consent, a token of an hour, one of sixty days; and taking it back."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import secrets
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from sharing.sandbox.consent import Rules, authorize
from sharing.sandbox.instagram_shapes import (
    BASIC,
    DAY,
    HOST,
    HOUR,
    INSIGHTS,
    NETWORK,
    PERSONAL,
    PUBLISH,
    SHORT,
    error,
    fields_of,
    living,
    scoped_id,
)
from sharing.sandbox.messages import Request, Response, as_json
from sharing.sandbox.people import named
from sharing.sandbox.store import Grant
from sharing.sandbox.world import Handler, World

log = logging.getLogger("sharing.sandbox")

SIXTY_DAYS = 60 * DAY

RULES = Rules(
    network=NETWORK,
    label="Instagram",
    scopes={
        BASIC: "View your profile and media",
        PUBLISH: "Create posts, reels and stories",
        INSIGHTS: "View the insights of your account and posts",
        "instagram_business_manage_comments": "View and answer comments",
    },
    code_seconds=HOUR,
    denied="access_denied",
    bad_scope="invalid_scope",
    scope_separator=",",
    unticks=True,
    more_people=PERSONAL,
)


def consent(world: World, request: Request, _path: Mapping[str, str]) -> Response:
    """As everywhere; what comes back has two things more, here as there."""
    answer = authorize(world, request, RULES)
    address = answer.headers.get("Location", "")
    if f"error={RULES.denied}" in address:
        answer.headers["Location"] = f"{address}&error_reason=user_denied"
    elif "code=" in urlsplit(address).query:
        answer.headers["Location"] = f"{address}#_"
    return answer


# -- Tokens -------------------------------------------------------------------------------


def short(world: World, request: Request, _path: Mapping[str, str]) -> Response:
    form = fields_of(request)
    app = form.get("client_id", "")
    if app not in world.settings.clients:
        return refused("Invalid platform app")
    if world.settings.clients[app] != form.get("client_secret"):
        return refused("Error validating client secret.")
    if form.get("grant_type") != "authorization_code":
        return refused("Invalid grant_type: must be authorization_code")
    code = world.store.take_code(form.get("code", "").removesuffix("#_"))
    if not code or code.network != NETWORK or code.client_id != app:
        return refused("Matching code was not found or was already used")
    if code.redirect_uri != form.get("redirect_uri"):
        return refused(
            "Error validating verification code. Please make sure your redirect_uri is"
            " identical to the one you used in the OAuth dialog request"
        )
    grant = add(world, app, code.person, code.scopes, HOUR, SHORT)
    told = {
        "access_token": grant.access,
        "user_id": int(scoped_id(named(grant.person), app)),
        "permissions": list(grant.scopes),
    }
    return as_json(told)


def refused(said: str) -> Response:
    told = {"error_type": "OAuthException", "code": 400, "error_message": said}
    return as_json(told, 400)


def long(world: World, request: Request, _path: Mapping[str, str]) -> Response:
    asked = request.query
    if asked.get("grant_type") != "ig_exchange_token":
        return error(100, "Unsupported grant_type")
    grant = living(world, asked.get("access_token", ""))
    if isinstance(grant, Response):
        return grant
    if world.settings.clients.get(grant.client_id) != asked.get("client_secret"):
        return error(1, "Error validating client secret.")
    if not grant.access.startswith(SHORT):
        return error(452, "Session key invalid: this token is long-lived already")
    return answer(new_grant(world, grant.client_id, grant.person, grant.scopes,
                            grant.family))  # fmt: skip


def refresh(world: World, request: Request, _path: Mapping[str, str]) -> Response:
    """For a token that lives and is a day old; none of an hour, none that ended."""
    asked = request.query
    if asked.get("grant_type") != "ig_refresh_token":
        return error(100, "Unsupported grant_type")
    grant = living(world, asked.get("access_token", ""))
    if isinstance(grant, Response):
        return grant
    age = world.now() - (grant.expires - SIXTY_DAYS)
    if grant.access.startswith(SHORT) or age < DAY or BASIC not in grant.scopes:
        return error(100, "The token cannot be refreshed: it must be a day old")
    fresh = new_grant(world, grant.client_id, grant.person, grant.scopes, grant.family)
    return answer(fresh, permissions=",".join(grant.scopes))


def answer(grant: Grant, **more: str) -> Response:
    told = {"access_token": grant.access, "token_type": "bearer"}
    return as_json(told | {"expires_in": SIXTY_DAYS - 57} | more)


def new_grant(
    world: World,
    client_id: str,
    person: str,
    scopes: tuple[str, ...],
    family: str = "",
) -> Grant:
    """A token of sixty days."""
    return add(world, client_id, person, scopes, SIXTY_DAYS, "IGL", family)


def add(
    world: World,
    client_id: str,
    person: str,
    scopes: tuple[str, ...],
    seconds: float,
    prefix: str,
    family: str = "",
) -> Grant:
    return world.store.add_grant(
        Grant(
            network=NETWORK,
            client_id=client_id,
            person=person,
            scopes=scopes,
            access=f"{prefix}AA{secrets.token_hex(60)}ZDZD",
            expires=world.now() + seconds,
            family=family or secrets.token_hex(8),
        )
    )


# -- Taken back ---------------------------------------------------------------------------


def take_back(world: World, person: str, kind: str) -> int:
    """The person removes the apps on Instagram's page; each app is called by ``kind``."""
    name = named(person).name
    apps = set()
    for grant in list(world.store.grants):
        if (grant.network, grant.person) == (NETWORK, name) and not grant.revoked:
            world.store.revoke_family(grant.family)
            apps.add(grant.client_id)
    for app in apps:
        call(world, app, name, kind)
    return len(apps)


def call(world: World, app: str, person: str, kind: str) -> None:
    """Tell the app, signed with its secret; nobody waits for what it says."""
    url = world.settings.instagram_callback(kind)
    if not url:
        return
    told = {
        "user_id": scoped_id(named(person), app),
        "algorithm": "HMAC-SHA256",
        "issued_at": int(world.now()),
    }
    payload = _encoded(json.dumps(told).encode())
    secret = world.settings.clients.get(app, "").encode()
    proof = _encoded(hmac.new(secret, payload.encode(), hashlib.sha256).digest())
    form = urlencode({"signed_request": f"{proof}.{payload}"}).encode()
    threading.Thread(target=_post, args=(url, form), daemon=True).start()


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _post(url: str, form: bytes) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, form, timeout=10):
            pass
    except (OSError, urllib.error.URLError) as problem:
        log.warning("the app at %s was not told: %s", url, problem)


ROUTES: dict[str, Handler] = {
    "GET /www.instagram.com/oauth/authorize": consent,
    "POST /www.instagram.com/oauth/authorize": consent,
    "POST /api.instagram.com/oauth/access_token": short,
    f"GET {HOST}/access_token": long,
    f"GET {HOST}/refresh_access_token": refresh,
}
