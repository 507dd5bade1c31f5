"""Find publications that nobody rang for. Reads across tenants, writes inside each."""

from uuid import UUID

from django.db.models import F, Window
from django.db.models.functions import Now, RowNumber

from sharing import publishing
from sharing.models import Publication, Reason, State
from tenants.scoping import across_tenants, acting_for

BATCH = 500
Ids = tuple[UUID, UUID]


def due() -> list[Ids]:
    """Return (tenant, publication) of what may be sent now, the tenants taking turns."""
    with across_tenants(reason="one sweep for all queues"):
        turn = Window(
            RowNumber(), partition_by=F("tenant_id"), order_by=F("not_before").asc()
        )
        rows = (
            everybodys()
            .filter(state=State.READY, not_before__lte=Now())
            .exclude(publishing.busy_lane())
            .annotate(turn=turn)
            .order_by("turn", "not_before")
        )
        return list(rows.values_list("tenant_id", "pk")[:BATCH])


def unsettled() -> list[Ids]:
    """Return what is UNKNOWN and may be looked at again."""
    with across_tenants(reason="one sweep for all queues"):
        rows = everybodys().filter(state=State.UNKNOWN, not_before__lte=Now())
        return list(rows.order_by("not_before").values_list("tenant_id", "pk")[:BATCH])


def reap_expired() -> int:
    """Free what stopped workers hold; return how many rows."""
    held = [State.CLAIMED, State.SENDING]
    with across_tenants(reason="one reaper for all queues"):
        rows = everybodys().filter(state__in=held, lease_until__lt=Now())
        expired = list(rows.order_by("lease_until")[:BATCH])
    return sum(publishing.reap(publication) for publication in expired)


def withdraw_of_leavers() -> int:
    """Cancel what members who were deactivated still had waiting; return how many rows."""
    with across_tenants(reason="one sweep for all queues"):
        rows = everybodys().filter(state__in=[State.READY, State.NEEDS_USER])
        left = list(rows.exclude(membership__deactivated_at=None)[:BATCH])
    return publishing.cancel_all(left, reason=Reason.MEMBER_LEFT)


def next_in_lane(tenant_id: UUID | str, publication_id: UUID | str) -> UUID | None:
    """Return what waits behind this publication on the same account."""
    with acting_for(tenant_id):
        mine = Publication.objects.filter(tenant_id=tenant_id)
        lane = mine.filter(pk=publication_id).values("account_id")
        waiting = mine.filter(
            account_id__in=lane, state=State.READY, not_before__lte=Now()
        )
        waiting = waiting.exclude(pk=publication_id).order_by("not_before", "pk")
        return waiting.values_list("pk", flat=True).first()


def everybodys():  # type: ignore[no-untyped-def]
    return Publication.objects.across_tenants(
        reason="a sweep; each row is written in its tenant"
    )
