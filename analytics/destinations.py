"""Where a short link leads: from memory, else from Redis, else from PostgreSQL.

Each store may be away. What was known once is better than an error, so memory and
Redis keep more than they trust: an answer older than ``TRUSTED`` is used only when
nobody can be asked. A revoked link is dead everywhere after twice that time.
"""

import json
import logging
import re
import threading
import time
from collections import OrderedDict
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

from django.db import Error, close_old_connections, connection
from django.utils.encoding import iri_to_uri
from redis import Redis, RedisError

from sharing.models import TrackedLink
from tenants.scoping import across_tenants

logger = logging.getLogger(__name__)

CODE = re.compile(r"[0-9A-Za-z]{6,16}")
TRUSTED = 60.0
UNKNOWN_TRUSTED = 10.0
KEPT_IN_REDIS = 7 * 86_400
MOST_KNOWN = 50_000
MOST_UNKNOWN = 10_000
AWAY = 5.0
REASON = "a reader of a link knows only its code"


class Unreachable(Exception):
    """No store could say whether the code exists."""


@dataclass(frozen=True, slots=True)
class Destination:
    """What a code stands for."""

    url: str
    link: str
    tenant: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A destination, or None for a code that is not (or no longer) one."""

    destination: Destination | None
    checked_at: float

    def is_trusted(self, now: float) -> bool:
        age = now - self.checked_at
        return age < (TRUSTED if self.destination else UNKNOWN_TRUSTED)


class Destinations:
    """Looks codes up; one per process."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self._known: OrderedDict[str, Answer] = OrderedDict()
        self._unknown: OrderedDict[str, Answer] = OrderedDict()
        self._changing = threading.Lock()
        self._redis_away_until = 0.0

    def in_memory(self, code: str) -> Destination | None:
        """Return a destination that this process may use without asking anyone."""
        answer = self._known.get(code)
        if answer and time.time() - answer.checked_at < TRUSTED:
            return answer.destination
        return None

    def find(self, code: str) -> Destination | None:
        """Return where the code leads, or None; raise ``Unreachable`` if nobody knows."""
        now = time.time()
        remembered = self._known.get(code) or self._unknown.get(code)
        if remembered and remembered.is_trusted(now):
            return remembered.destination
        shared = self._from_redis(code)
        if shared and shared.is_trusted(now):
            return self._remember(code, shared)
        try:
            fresh = Answer(from_database(code), now)
        except Error as error:
            logger.warning("the database cannot say where a link leads: %s", error)
            return self._best_guess(shared, remembered)
        self._to_redis(code, fresh)
        return self._remember(code, fresh)

    def _best_guess(self, *stale: Answer | None) -> Destination | None:
        for answer in stale:
            if answer and answer.destination:
                return answer.destination
        raise Unreachable

    def _remember(self, code: str, answer: Answer) -> Destination | None:
        known = answer.destination is not None
        store, most = (
            (self._known, MOST_KNOWN) if known else (self._unknown, MOST_UNKNOWN)
        )
        with self._changing:
            (self._unknown if known else self._known).pop(code, None)
            store[code] = answer
            while len(store) > most:
                store.popitem(last=False)
        return answer.destination

    def _from_redis(self, code: str) -> Answer | None:
        if time.monotonic() < self._redis_away_until:
            return None
        try:
            stored = self.redis.get(f"clicks:link:{code}")
        except RedisError:
            self._redis_away_until = time.monotonic() + AWAY
            return None
        if stored is None:
            return None
        fields = json.loads(stored)
        checked_at = fields.pop("checked_at")
        return Answer(Destination(**fields), checked_at)

    def _to_redis(self, code: str, answer: Answer) -> None:
        if time.monotonic() < self._redis_away_until:
            return
        key = f"clicks:link:{code}"
        try:
            if answer.destination is None:
                self.redis.delete(key)
                return
            fields = asdict(answer.destination) | {"checked_at": answer.checked_at}
            self.redis.set(key, json.dumps(fields), ex=KEPT_IN_REDIS)
        except RedisError:
            self._redis_away_until = time.monotonic() + AWAY


def from_database(code: str) -> Destination | None:
    """Ask PostgreSQL; a revoked link and a closed tenant's are unknown."""
    renew_connection()
    try:
        with across_tenants(reason=REASON):
            row = (
                TrackedLink.objects.across_tenants(reason=REASON)
                .filter(code=code, revoked_at=None, tenant__is_active=True)
                .values_list("target_url", "id", "tenant_id")
                .first()
            )
    finally:
        renew_connection()
    if row is None or not (url := location(row[0])):
        return None
    return Destination(url, str(row[1]), str(row[2]))


def renew_connection() -> None:
    """Do around a look-up what Django does around a request."""
    if not connection.in_atomic_block:
        close_old_connections()


def location(target: str) -> str:
    """Return the address as a header may carry it, or "" when a browser must not follow."""
    try:
        parts = urlsplit(target)
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return ""
    address = iri_to_uri(target) or ""
    return "" if re.search(r"[\x00-\x20\x7f]", address) else address
