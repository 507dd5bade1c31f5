"""What is kept of notices, and for how long."""

from datetime import timedelta
from itertools import groupby

from django.db.models import Q
from django.db.models.functions import Now

from notifications.models import Notice
from tenants.scoping import across_tenants, acting_for

AFTER_SEEN = timedelta(days=30)
AT_MOST = timedelta(days=180)
BATCH = 5000


def forget_old() -> int:
    """Delete what was seen a month ago, and what nobody came to see for half a year."""
    reason = "one broom for all tenants"
    is_old = Q(seen_at__lt=Now() - AFTER_SEEN) | Q(created_at__lt=Now() - AT_MOST)
    with across_tenants(reason=reason):
        old = Notice.objects.across_tenants(reason=reason).filter(is_old)
        found = list(old.order_by("tenant_id").values_list("tenant_id", "pk")[:BATCH])
    for tenant_id, pairs in groupby(found, key=lambda pair: pair[0]):
        with acting_for(tenant_id):
            mine = Notice.objects.for_tenant(tenant_id)
            mine.filter(pk__in=[pk for _tenant, pk in pairs]).delete()
    return len(found)
