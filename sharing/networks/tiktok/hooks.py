"""What TikTok tells of its own accord, and how it proves that it is TikTok.

https://developers.tiktok.com/doc/webhooks-verification (read 2026-08)
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from sharing.connectors.base import OAuth2Connector
from sharing.connectors.events import Event, PublishChanged, Removed

OLDEST = 10 * 60  # seconds; a copy of an old message is no news
EVENTS = "events"


class Hooks(OAuth2Connector):
    """Messages signed with the app's secret."""

    callbacks: ClassVar[frozenset[str]] = frozenset({EVENTS})

    def verify_callback(
        self, kind: str, headers: Mapping[str, str], body: bytes
    ) -> Event | None:
        """What a message tells; what it says of a post is asked for again."""
        if not self.is_signed(headers.get("TikTok-Signature", ""), body):
            return None
        message = as_object(body)
        if message.get("client_key") != self.credentials.client_id:
            return None
        said, who = str(message.get("event", "")), message.get("user_openid")
        content = as_object(message.get("content"))
        if said == "authorization.removed" and isinstance(who, str) and who:
            return Removed(who, moment(message.get("create_time")))
        publish_id = content.get("publish_id")
        is_ours = said.startswith("post.publish.") and isinstance(publish_id, str)
        if is_ours and publish_id:
            return PublishChanged({"publish_id": publish_id})
        return Event()

    def is_signed(self, header: str, body: bytes, now: float | None = None) -> bool:
        """Whether ``TikTok-Signature: t=<seconds>,s=<hex>`` fits the body, and is new."""
        parts = dict(
            part.strip().partition("=")[::2] for part in header.split(",", 8) if part
        )
        said, signature = parts.get("t", ""), parts.get("s", "")
        if not (said.isascii() and said.isdecimal() and len(said) < 12):
            return False
        age = (time.time() if now is None else now) - int(said)
        secret = self.credentials.client_secret.encode()
        expected = hmac.new(secret, said.encode() + b"." + body, hashlib.sha256)
        fits = hmac.compare_digest(
            expected.hexdigest().encode(), signature.encode("utf-8", "replace")
        )
        return fits and bool(secret) and abs(age) <= OLDEST


def as_object(text: object) -> dict[str, Any]:
    if not isinstance(text, (str, bytes)):
        return {}
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def moment(seconds: object) -> datetime | None:
    if not isinstance(seconds, int) or isinstance(seconds, bool):
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
