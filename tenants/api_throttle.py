"""How often one token may ask. Apart from ``api.py``: settings name it."""

import time
from typing import Any

from django.conf import settings
from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

MINUTE = 60


class PerToken(BaseThrottle):
    """Counts a token's requests in each minute; without Redis, each process its own."""

    def allow_request(self, request: Request, view: Any) -> bool:
        if request.auth is None:
            return True
        key = f"api:{request.auth.pk}:{int(time.time() // MINUTE)}"
        try:
            cache.add(key, 0, timeout=2 * MINUTE)
            return cache.incr(key) <= settings.API_REQUESTS_PER_MINUTE
        except ValueError:  # emptied between the two
            return True

    def wait(self) -> float:
        return MINUTE - time.time() % MINUTE
