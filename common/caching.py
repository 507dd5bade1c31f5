"""A cache that pages can do without: while Redis is away, the process remembers by itself.

Limits on guessing ask the cache. One that answered "nothing" and took nothing would
either let everybody guess or, as allauth holds a lock in it, let nobody in. So the memory
of each process stands in: counted there, a limit is as many times as wide as there are
processes, and people sign in. docs/adr/0014-sign-in-without-redis.md
"""

import logging
import time
from collections.abc import Callable
from typing import Any, ClassVar

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

SILENCE = 5.0  # seconds; then Redis is asked again
STAND_IN = {"OPTIONS": {"MAX_ENTRIES": 20_000}}
METHODS = ("add", "get", "set", "touch", "delete", "get_many", "has_key", "incr",
           "set_many", "delete_many", "clear")  # fmt: skip


class ForgivingCache(RedisCache):
    """Redis, or this process's own memory for as long as Redis is away."""

    # Of all threads: each has a cache object of its own.
    silent_until: ClassVar[dict[str, float]] = {}

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self.place = str(server)
        self.memory = LocMemCache(f"instead of {server}", STAND_IN)

    def is_silent(self) -> bool:
        return time.monotonic() < self.silent_until.get(self.place, 0)

    def is_away(self, error: RedisError) -> None:
        """Ask nobody for a while: a page must not wait for each of its keys."""
        if self.place not in self.silent_until:
            log.warning("the cache is away, each process counts by itself: %r", error)
        self.silent_until[self.place] = time.monotonic() + SILENCE

    def is_back(self) -> None:
        if self.silent_until.pop(self.place, None) is not None:
            log.warning("the cache is back")


def forgiving(name: str) -> Callable[..., Any]:
    """Return the method of that name, which asks the memory when Redis cannot be asked."""

    def method(self: ForgivingCache, *args: Any, **kwargs: Any) -> Any:
        if not self.is_silent():
            try:
                found = getattr(RedisCache, name)(self, *args, **kwargs)
            except RedisError as error:
                self.is_away(error)
            else:
                self.is_back()
                return found
        return getattr(self.memory, name)(*args, **kwargs)

    method.__name__ = name
    return method


for _name in METHODS:
    setattr(ForgivingCache, _name, forgiving(_name))
