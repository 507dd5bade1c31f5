"""What TikTok tells an app of its own accord: signed, to one address, after a while."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any

from sharing.sandbox.people import named
from sharing.sandbox.store import Grant
from sharing.sandbox.tiktok_shapes import open_id
from sharing.sandbox.world import World


def removed(world: World, grant: Grant, reason: int) -> None:
    tell(
        world,
        grant.client_id,
        grant.person,
        "authorization.removed",
        {"reason": reason},
    )


def tell(
    world: World,
    client_id: str,
    person: str,
    event: str,
    content: Mapping[str, Any],
) -> None:
    """Send one message in the background; nobody hears it without an address."""
    address = world.settings.tiktok_webhook
    if not address:
        return
    message = {
        "client_key": client_id,
        "event": event,
        "create_time": int(world.now()),
        "user_openid": open_id(named(person), client_id),
        "content": json.dumps(dict(content)),
    }
    body = json.dumps(message).encode()
    secret = world.settings.clients.get(client_id, "")
    after(0, lambda: send(address, body, secret))


def send(address: str, body: bytes, secret: str) -> None:
    headers = {
        "Content-Type": "application/json",
        "TikTok-Signature": signature(body, secret, int(time.time())),
    }
    wish = urllib.request.Request(address, body, headers, method="POST")  # noqa: S310
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with contextlib.suppress(OSError), opener.open(wish, timeout=10):
        pass


def signature(body: bytes, secret: str, moment: int) -> str:
    said = f"{moment}.".encode() + body
    digest = hmac.new(secret.encode(), said, hashlib.sha256).hexdigest()
    return f"t={moment},s={digest}"


def after(seconds: float, do: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, do)
    timer.daemon = True
    timer.start()
