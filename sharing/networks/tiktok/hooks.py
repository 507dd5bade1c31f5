"""What TikTok tells of its own accord, and how it proves that it is TikTok."""

from __future__ import annotations

import hashlib
import hmac
import time

from sharing.connectors.base import OAuth2Connector

OLDEST = 10 * 60  # seconds; a copy of an old message is no news


class Hooks(OAuth2Connector):
    """Messages signed with the app's secret."""

    def is_signed(self, header: str, body: bytes, now: float | None = None) -> bool:
        """Whether ``TikTok-Signature: t=<seconds>,s=<hex>`` fits the body, and is new."""
        parts = dict(
            part.strip().partition("=")[::2] for part in header.split(",", 8) if part
        )
        moment, signature = parts.get("t", ""), parts.get("s", "")
        if not (moment.isascii() and moment.isdecimal() and len(moment) < 12):
            return False
        age = (time.time() if now is None else now) - int(moment)
        secret = self.credentials.client_secret.encode()
        expected = hmac.new(secret, moment.encode() + b"." + body, hashlib.sha256)
        fits = hmac.compare_digest(expected.hexdigest().encode(), signature.encode())
        return fits and bool(secret) and abs(age) <= OLDEST
