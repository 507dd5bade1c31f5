"""Count attempts in the cache, so that guessing and flooding stay slow."""

from django.core.cache import cache

from common.secret_links import digest


def allow(action: str, key: str, *, limit: int, seconds: int) -> bool:
    """Count one attempt; return False once there were more than ``limit`` in that time.

    A lost counter locks nobody out: then the attempt is allowed.
    """
    name = f"throttle:{action}:{digest(key)}"
    try:
        cache.add(name, 0, seconds)
        return cache.incr(name) <= limit
    except ValueError:  # it ran out between the two calls
        return True
