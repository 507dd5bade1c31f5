"""The Redis stream between web processes and the worker: its names and its client."""

from functools import cache

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

STREAM = "clicks"
GROUP = "ingest"
FIELD = b"e"


@cache
def client() -> Redis:
    """Return a client that gives up at once: a reader of a link waits for nobody."""
    return Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=0.5,
        socket_connect_timeout=0.3,
        retry=Retry(NoBackoff(), 0),
    )


@cache
def patient_client() -> Redis:
    """Return a client for work off the request path."""
    return Redis.from_url(
        settings.REDIS_URL, socket_timeout=10, socket_connect_timeout=2
    )
