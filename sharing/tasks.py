"""Doorbells. The rows are the queue: a bell rung twice or never changes nothing."""

import logging
import time
from collections.abc import Callable
from functools import partial
from uuid import UUID

from celery import current_app, shared_task
from django.conf import settings
from django.db import transaction

from sharing import failpoints, publishing, settling, sweeping
from sharing.models import Publication

log = logging.getLogger(__name__)

SILENCE = 5.0  # seconds


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
    if not publishing.publish(tenant_id, publication_id):
        # Not its turn. Whoever holds the lane rings; two waiting rows would ring each
        # other for ever.
        return
    if waiting := sweeping.next_in_lane(tenant_id, publication_id):
        ring(publish, tenant_id, waiting)


@shared_task(name="sharing.settle")
def settle(tenant_id: str, publication_id: str, **_later: object) -> None:
    settling.settle(tenant_id, publication_id)


@shared_task(name="sharing.sweep", expires=settings.PUBLISHING_SWEEP_SECONDS * 2)
def sweep(**_later: object) -> None:
    """Each part is done whatever becomes of the others."""
    attempt(sweeping.reap_expired)
    attempt(partial(ring_for, settle, sweeping.unsettled))
    attempt(partial(ring_for, publish, sweeping.due))
    attempt(sweeping.withdraw_of_leavers)


def attempt(part: Callable[[], object]) -> None:
    try:
        part()
    except Exception:
        log.exception("a part of the sweep broke; the next one tries again")


def ring_for(task: object, find: Callable[[], list[sweeping.Ids]]) -> None:
    """Ring for what is found, as long as the bells before are being heard."""
    room = sweeping.BATCH - bells_waiting()
    if room > 0:
        for tenant_id, publication_id in find()[:room]:
            ring(task, tenant_id, publication_id)


def bells_waiting() -> int:
    """Return how many bells nobody has heard yet; as good as many when it cannot be told."""
    try:
        with current_app.connection_for_write() as broker:
            queue = broker.default_channel.client
            return int(queue.llen(current_app.conf.task_default_queue))
    except Exception as error:
        log.warning("the broker is away: %r", error)
        return sweeping.BATCH


def ring_on_commit(publication: Publication) -> None:
    """Ring once the row can be seen; a lost bell costs one sweep, never a post."""
    transaction.on_commit(
        partial(ring, publish, publication.tenant_id, publication.pk), robust=True
    )


def ring(task: object, tenant_id: UUID | str, publication_id: UUID | str) -> None:
    """Ring, and carry on when the broker is away: the sweep will find the row."""
    if Broker.is_away():
        return
    failpoints.at("before_ring")
    try:
        task.delay(str(tenant_id), str(publication_id))  # type: ignore[attr-defined]
    except Exception as error:
        Broker.failed()
        log.warning(
            "no bell for publication %s, the broker is away: %r", publication_id, error
        )
