"""Doorbells. The rows are the queue: a bell rung twice or never changes nothing."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any
from uuid import UUID

from celery import current_app, shared_task
from django.conf import settings
from django.core.cache import caches
from django.db import transaction
from django.utils import timezone
from redis.exceptions import RedisError

from sharing import (
    budgets,
    ending,
    failpoints,
    media,
    publishing,
    renewing,
    settling,
    sweeping,
    tokens,
    withdrawing,
)
from sharing.models import Publication
from sharing.publishing.seats import seats

log = logging.getLogger(__name__)

SILENCE = 5.0  # seconds
LONGEST_ROUND = 10.0  # seconds; a worker that is asked to stop must come to an end
QUICK = 2.0  # seconds: a broker that takes calls and does not answer is away too
HEARD_WITHIN = 60  # seconds, as a rule; then the sweep rings once more


class Broker:
    """Remembers that the broker was away: neither press nor sweep waits for it twice."""

    silent_until = 0.0

    @classmethod
    def is_away(cls) -> bool:
        return time.monotonic() < cls.silent_until

    @classmethod
    def failed(cls) -> None:
        cls.silent_until = time.monotonic() + SILENCE


@shared_task(name="sharing.publish")
def publish(tenant_id: str, publication_id: str, **_later: object) -> None:
    forget_bell(publish, publication_id)
    until = time.monotonic() + LONGEST_ROUND
    sent = publishing.publish_next(tenant_id, publication_id)
    while sent:
        # Only who held the lane rings: two waiting rows would ring each other for ever.
        if sent.behind:
            ring(publish, sent.tenant_id, sent.behind)
        if time.monotonic() > until:
            if seats.passed_over:  # more wait for a seat: the next round is theirs
                ring(publish, tenant_id, publication_id)
            return
        sent = publishing.publish_passed_over()


@shared_task(name="sharing.settle")
def settle(tenant_id: str, publication_id: str, **_later: object) -> None:
    forget_bell(settle, publication_id)
    settling.settle(tenant_id, publication_id)


@shared_task(name="sharing.forget_media", expires=3600)
def forget_media(**_later: object) -> None:
    media.forget_media(timezone.now())


@shared_task(name="sharing.renew")
def renew(tenant_id: str, account_id: str, **_later: object) -> None:
    forget_bell(renew, account_id)
    renewing.renew(tenant_id, account_id)


@shared_task(
    name="sharing.sweep", expires=max(10, settings.PUBLISHING_SWEEP_SECONDS * 2)
)
def sweep(**_later: object) -> None:
    """Each part is done whatever becomes of the others."""
    attempt(sweeping.reap_expired)
    attempt(partial(ring_for, settle, sweeping.unsettled))
    attempt(partial(ring_for, publish, sweeping.due))
    attempt(withdrawing.withdraw)
    attempt(sweeping.forget_attempts)
    attempt(budgets.forget)
    attempt(tokens.forget_previous)
    attempt(partial(ring_for, renew, renewing.due))
    attempt(ending.tell_in_time)


def attempt(part: Callable[[], object]) -> None:
    try:
        part()
    except Exception:
        log.exception("a part of the sweep broke; the next one tries again")


def ring_for(task: object, find: Callable[[], list[sweeping.Ids]]) -> None:
    """Ring for what is found; while workers are behind, not twice for the same row.

    With no bell waiting in the broker, whatever is found has lost its own.
    """
    waiting = bells_waiting()
    for tenant_id, publication_id in find()[: max(0, sweeping.BATCH - waiting)]:
        if not waiting:
            forget_bell(task, publication_id)
        ring(task, tenant_id, publication_id)


def bells_waiting() -> int:
    """Return how many bells nobody has heard yet; as good as many when it cannot be told."""
    try:
        return count_bells()
    except Exception as error:
        log.warning("the broker is away: %r", error)
        return sweeping.BATCH


def broker_answers() -> bool:
    """Ask the broker; a worker does without while it is away (``without_broker``)."""
    try:
        count_bells()
    except Exception as error:
        log.warning("the broker is away: %r", error)
        return False
    return True


def count_bells() -> int:
    quickly = {"socket_timeout": QUICK}
    with current_app.connection_for_write(transport_options=quickly) as broker:
        queue: Any = broker.default_channel
        return int(queue.client.llen(current_app.conf.task_default_queue))


def ring_on_commit(*publications: Publication) -> None:
    """Ring once the rows can be seen; a lost bell costs one sweep, never a post."""
    ids = [(one.tenant_id, one.pk) for one in publications]
    transaction.on_commit(partial(ring_first, ids), robust=True)


def ring_first(ids: Sequence[tuple[UUID, UUID]]) -> None:
    """Ring for rows that were just made, or freed by their member, in few messages."""
    if Broker.is_away():
        return
    failpoints.at("before_ring")
    bells = {bell(publish, publication_id): 1 for _tenant_id, publication_id in ids}
    with carrying_on(ids):
        caches["bells"].set_many(bells, HEARD_WITHIN)
        with current_app.producer_or_acquire() as producer:
            for tenant_id, publication_id in ids:
                words = (str(tenant_id), str(publication_id))
                publish.apply_async(words, producer=producer)


def ring_to_settle(publication: Publication) -> None:
    """Ring once it can be seen that the row may be asked about."""
    transaction.on_commit(
        partial(ring, settle, publication.tenant_id, publication.pk), robust=True
    )


def ring(task: object, tenant_id: UUID | str, publication_id: UUID | str) -> None:
    """Ring, but not twice for the same row while nobody has heard it."""
    if Broker.is_away():
        return
    failpoints.at("before_ring")
    with carrying_on(publication_id):
        if not caches["bells"].add(bell(task, publication_id), 1, HEARD_WITHIN):
            return
        task.delay(str(tenant_id), str(publication_id))  # type: ignore[attr-defined]


@contextmanager
def carrying_on(what: object) -> Iterator[None]:
    """Carry on when the broker is away: the sweep will find the row."""
    try:
        yield
    except Exception as error:
        Broker.failed()
        log.warning("no bell for %s, the broker is away: %r", what, error)


def bell(task: object, publication_id: UUID | str) -> str:
    """Return the key under which a bell that waits is remembered, beside the bells."""
    return f"bell:{task.name}:{publication_id}"  # type: ignore[attr-defined]


def forget_bell(task: object, publication_id: UUID | str) -> None:
    """It is being heard, or was lost: the next one is no echo."""
    with suppress(RedisError):
        caches["bells"].delete(bell(task, publication_id))
