"""Doorbells. The rows are the queue: a bell rung twice or never changes nothing."""

import logging
from functools import partial
from uuid import UUID

from celery import shared_task
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

from sharing import publishing, settling, sweeping
from sharing.models import Publication

log = logging.getLogger(__name__)


@shared_task(name="sharing.publish")
def publish(tenant_id: str, publication_id: str, **_later: object) -> None:
    publishing.publish(tenant_id, publication_id)
    if waiting := sweeping.next_in_lane(tenant_id, publication_id):
        ring(publish, tenant_id, waiting)


@shared_task(name="sharing.settle")
def settle(tenant_id: str, publication_id: str, **_later: object) -> None:
    settling.settle(tenant_id, publication_id)


@shared_task(name="sharing.sweep", expires=settings.PUBLISHING_SWEEP_SECONDS * 2)
def sweep(**_later: object) -> None:
    sweeping.reap_expired()
    sweeping.withdraw_of_leavers()
    for tenant_id, publication_id in sweeping.due():
        ring(publish, tenant_id, publication_id)
    for tenant_id, publication_id in sweeping.unsettled():
        ring(settle, tenant_id, publication_id)


def ring_on_commit(publication: Publication) -> None:
    """Ring once the row can be seen; a lost bell costs one sweep, never a post."""
    transaction.on_commit(
        partial(ring, publish, publication.tenant_id, publication.pk), robust=True
    )


def ring(task: object, tenant_id: UUID | str, publication_id: UUID | str) -> None:
    """Ring, and carry on when the broker is away."""
    try:
        task.delay(str(tenant_id), str(publication_id))  # type: ignore[attr-defined]
    except OperationalError:
        log.warning(
            "the broker is away; the sweep will find publication %s", publication_id
        )
