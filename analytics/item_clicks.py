"""How often the links of items were followed. Reads rollups only."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Sum

from analytics.models import DailyRollup
from tenants.models import Tenant


@dataclass(frozen=True)
class Clicks:
    """Four tiers, never added together. ``confirmed`` None: not measured, which is not 0."""

    raw: int = 0
    machine: int = 0
    human: int = 0
    confirmed: int | None = None


def clicks_of(tenant: Tenant, items: Iterable[UUID]) -> dict[UUID, Clicks]:
    """Return the clicks of each item that has any, in one query."""
    days = DailyRollup.objects.for_tenant(tenant).filter(item_id__in=list(items))
    sums = days.values("item_id").annotate(
        raw=Sum("clicks_raw"),
        machine=Sum("clicks_machine"),
        human=Sum("clicks_human"),
        confirmed=Sum("clicks_confirmed"),
    )
    return {
        row["item_id"]: Clicks(
            row["raw"], row["machine"], row["human"], row["confirmed"]
        )
        for row in sums
    }
