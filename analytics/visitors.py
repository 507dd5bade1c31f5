"""Who clicked, as a number that nobody can turn back: an HMAC under the day's key.

The key is random, the same for all processes of a day, and gone when Redis forgets
it. Without Redis a process uses one of its own: the count of firsts may then be a
little high, privacy is the same.
"""

import hmac
import secrets
import threading
import time
from typing import Any

from redis import Redis, RedisError

RETRY_AFTER = 5.0
DAY = 86_400
SLACK = 3600


class DayKeys:
    """The key of today (UTC)."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self._lock = threading.Lock()
        self._day = 0
        self._key = b""
        self._retry_at = float("inf")

    def current(self, now: float) -> bytes:
        """Return the day's key; ask Redis once a day, or again after it was away."""
        day = int(now // DAY)
        if day == self._day and time.monotonic() < self._retry_at:
            return self._key
        with self._lock:
            if day != self._day or time.monotonic() >= self._retry_at:
                self._renew(day, now)
            return self._key

    def _renew(self, day: int, now: float) -> None:
        try:
            self._key, self._retry_at = self._shared(day, now), float("inf")
        except RedisError:
            if day != self._day:
                self._key = secrets.token_bytes(32)
            self._retry_at = time.monotonic() + RETRY_AFTER
        self._day = day

    def _shared(self, day: int, now: float) -> bytes:
        name = f"clicks:key:{day}"
        left = DAY - int(now) % DAY + SLACK
        fresh = secrets.token_hex(32)
        former: Any = self.redis.set(name, fresh, nx=True, ex=left, get=True)
        return bytes.fromhex(former.decode() if former else fresh)


def visitor_of(key: bytes, link: str, address: str, user_agent: str) -> str:
    """Return 128 bits that tell two visitors of one link on one day apart."""
    message = f"{link}|{address}|{user_agent}".encode(errors="replace")
    return hmac.digest(key, message, "sha256")[:16].hex()
