"""How long raw clicks are kept, and the monthly partitions they lie in."""

import logging
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import DatabaseError, connection, transaction

from analytics.models import Click
from tenants.models import Tenant
from tenants.scoping import acting_for

logger = logging.getLogger(__name__)

DAYS_KEPT = 30
VISITORS_KEPT = timedelta(hours=48)


def local_day(tenant: Tenant, moment: datetime) -> date:
    return moment.astimezone(ZoneInfo(tenant.time_zone)).date()


def start_of(tenant: Tenant, day: date) -> datetime:
    return datetime.combine(day, time.min, ZoneInfo(tenant.time_zone))


def first_day_kept(tenant: Tenant, now: datetime) -> date:
    """Return the first day of which all raw clicks are still there."""
    return local_day(tenant, now) - timedelta(days=DAYS_KEPT)


def kept_from(tenant: Tenant, now: datetime) -> datetime:
    return start_of(tenant, first_day_kept(tenant, now))


def forget(tenant: Tenant, now: datetime) -> int:
    """Drop the tenant's old clicks, and who came from those that stay."""
    with acting_for(tenant):
        clicks = Click.objects.for_tenant(tenant)
        dropped, _ = clicks.filter(clicked_at__lt=kept_from(tenant, now)).delete()
        clicks.filter(clicked_at__lt=now - VISITORS_KEPT).exclude(visitor=b"").update(
            visitor=b""
        )
    return dropped


def make_partitions(days: Iterable[date]) -> None:
    """Make the monthly tables for these days before a row needs them."""
    for month in {day.replace(day=1) for day in days}:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT analytics_make_click_partition(%s)", [month])
        except DatabaseError as error:
            # Rows of that month lie in the default partition, or another worker made it.
            logger.info("no partition for %s: %s", month, error)


def renew_partitions(now: datetime) -> None:
    """Make this and the next month's tables, drop those that nothing can be in."""
    this_month = now.astimezone(UTC).date().replace(day=1)
    make_partitions([this_month, this_month + timedelta(days=32)])
    oldest = now.astimezone(UTC).date() - timedelta(days=DAYS_KEPT + 2)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT analytics_drop_click_partitions(%s)", [oldest])
