"""Count attempts in the cache, so that guessing and flooding stay slow."""

import logging

from django.core.cache import cache
from redis.exceptions import RedisError

from common.secret_links import digest

logger = logging.getLogger(__name__)


def allow(action: str, key: str, *, limit: int, seconds: int) -> bool:
    """Count one attempt; return False once there were more than ``limit`` in that time.

    Without the cache everything is allowed: a lost counter must not lock people out.
    """
    name = f"throttle:{action}:{digest(key)}"
    try:
        cache.add(name, 0, seconds)
        return cache.incr(name) <= limit
    except ValueError:  # it ran out between the two calls
        return True
    except RedisError as error:
        logger.warning("no throttle for %s: %s", action, error)
        return True
