"""Sweeps of the worker: each may run late, twice or not at all without harm."""

import logging
from collections.abc import Iterator

from celery import shared_task
from django.conf import settings
from django.db import Error
from django.utils import timezone
from redis import RedisError

from analytics import retention, rollups
from analytics.ingest import ingest
from analytics.shipping import Shipper
from analytics.spool import Spool
from analytics.stream import patient_client
from tenants.models import Tenant

logger = logging.getLogger(__name__)


@shared_task(name="analytics.ingest_clicks", expires=10)
def ingest_clicks(**_later: object) -> None:
    try:
        ingest(patient_client(), timezone.now())
    except RedisError as error:
        logger.warning("Redis is away, clicks wait: %s", error)


@shared_task(name="analytics.roll_up", expires=60)
def roll_up(**_later: object) -> None:
    for tenant in tenants():
        try:
            rollups.catch_up(tenant, timezone.now())
        except Error:
            logger.exception("the rollups of %s wait for the next run", tenant.slug)


@shared_task(name="analytics.keep_house", expires=3600)
def keep_house(**_later: object) -> None:
    retention.renew_partitions(timezone.now())
    # Closed tenants as well: what visitors were promised does not end with a contract.
    for tenant in Tenant.objects.order_by("pk").iterator():
        retention.forget(tenant, timezone.now())


@shared_task(name="analytics.ship_orphans", expires=30)
def ship_orphans(**_later: object) -> None:
    """Ship what dead web processes left, where this worker can see their disk."""
    spool = Spool(settings.SPOOL_DIR)
    shipper = Shipper(spool, patient_client())
    try:
        shipper.cycle()
        if spool.segments():
            ingest(patient_client(), timezone.now())
            shipper.cycle()
    except RedisError as error:
        logger.warning("Redis is away, clicks wait on disk: %s", error)
    finally:
        spool.release()


def tenants() -> Iterator[Tenant]:
    return Tenant.objects.filter(is_active=True).order_by("pk").iterator()
