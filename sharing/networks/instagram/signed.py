"""A ``signed_request``: how Meta tells that a person removed the app, or wants to be forgotten.

https://developers.facebook.com/docs/development/create-an-app/app-dashboard/data-deletion-callback
(read 2026-08). Which of the two secrets signs it is not documented for Instagram Login.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from sharing.networks.instagram.graph import id_of


@dataclass(frozen=True)
class Signed:
    """Who it is about, by the id that this app knows them by, and when it was said."""

    user_id: str
    at: datetime | None


def read(body: bytes, secrets: Iterable[str]) -> Signed | None:
    """What the form says, or None when nobody proves that it comes from Meta."""
    form = parse_qs(body.decode("utf-8", "replace"))
    [request] = form.get("signed_request", [""])[:1]
    signature, dot, payload = request.partition(".")
    if not dot or not any(
        is_signed(payload, _decoded(signature), secret) for secret in secrets if secret
    ):
        return None
    told = _json(payload)
    if str(told.get("algorithm", "")).upper() != "HMAC-SHA256":
        return None
    user_id = id_of(told, "user_id")
    return Signed(user_id, _moment(told.get("issued_at"))) if user_id else None


def is_signed(payload: str, signature: bytes, secret: str) -> bool:
    """The signature is of the payload as it travels, not of what it says."""
    expected = hmac.new(secret.encode(), payload.encode(), hashlib.sha256).digest()
    return hmac.compare_digest(expected, signature)


def _decoded(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return b""


def _json(payload: str) -> dict[str, Any]:
    try:
        told = json.loads(_decoded(payload))
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _moment(seconds: object) -> datetime | None:
    if not isinstance(seconds, int) or isinstance(seconds, bool):
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
