"""What a tenant's rules say about a member's next share, as the rows are now."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from common.composed import composed
from common.inserting import Written, send
from content_library.models import Item
from sharing import publishing
from sharing.models import Publication, Reason, Share, SharingRules, State
from sharing.scheduling import (
    DAY,
    FURTHEST,
    LATEST_SPREAD,
    MORNING,
    after_quiet,
    choose,
    day_of,
    move_apart,
)
from tenants import audit
from tenants.models import Membership
from tenants.people import require_admin

FOR_LATER = (Reason.SCHEDULED, Reason.QUIET_HOURS)


def find_rules(tenant_id: UUID) -> SharingRules:
    """Return the tenant's rules; where none were made, those that limit nothing."""
    found = rules_of(tenant_id)
    return found[0] if found else SharingRules(tenant_id=tenant_id)


@composed
def rules_of(tenant_id: UUID) -> QuerySet[SharingRules]:
    return SharingRules.objects.for_tenant(tenant_id)


@transaction.atomic
def change_rules(*, rules: SharingRules, by: Membership, fields: list[str]) -> None:
    """Save what an admin changed. What waits already keeps its time."""
    require_admin(by)
    if fields:
        rules.save()
        audit.record("sharing_rules.changed", rules, by=by, fields=fields)


def wait_while_quiet(publication: Publication, by: Membership) -> bool:
    """Let what may go out again wait for the end of quiet hours; true when it has to."""
    due = max(publication.not_before, timezone.now())
    loud = after_quiet(find_rules(by.tenant_id), due, by.tenant.time_zone)
    return loud > due and publishing.reschedule(
        publication, to=loud, reason=Reason.QUIET_HOURS
    )


# -- One after the other ------------------------------------------------------------------


def hold_member(by: Membership) -> None:
    """Let a member's presses be counted one after the other, until the transaction ends."""
    send(holding(by))


def holding(by: Membership) -> Written:
    """Return the statement that does, for who reads at once what the other one left."""
    return Written(HOLD_MEMBER, (by.tenant_id, by.pk))


HOLD_MEMBER = """
SELECT FROM tenants_membership WHERE tenant_id = %s AND id = %s FOR NO KEY UPDATE
"""


def hold_item(item: Item) -> None:
    """Let times for an item be taken one after the other, until the transaction ends."""
    rows = Item.objects.for_tenant(item.tenant_id).select_for_update(no_key=True)
    list(rows.filter(pk=item.pk).values("pk"))


# -- Spread -------------------------------------------------------------------------------


def apart_from_colleagues(
    rules: SharingRules, by: Membership, item: Item, network: str, wanted: datetime
) -> datetime:
    """Return when this may go out, so that colleagues' posts do not stand in a row.

    Call ``hold_item`` first: two who choose the same minute at once must see each other.
    """
    reach = timedelta(minutes=rules.spread_minutes)
    waiting = Publication.objects.for_tenant(by.tenant_id).filter(
        item=item,
        network=network,
        state=State.READY,
        reason__in=FOR_LATER,
        not_before__range=(wanted - reach, wanted + LATEST_SPREAD + reach),
    )
    taken = waiting.exclude(membership=by).values_list("not_before", flat=True)
    return move_apart(
        rules, wanted, list(taken), zone=by.tenant.time_zone, ends_at=item.ends_at
    )


# -- Caps ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pace:
    """How often a member shares, day by day in the tenant's zone."""

    rules: SharingRules
    by: Membership
    now: datetime
    besides: Share | None = None  # a share that is being moved

    @property
    def zone(self) -> str:
        return self.by.tenant.time_zone

    @property
    def latest(self) -> datetime:
        """Nothing is planned further ahead."""
        return self.now + FURTHEST

    @cached_property
    def days(self) -> "Counter[date]":
        """Return how many shares go out, or went out, on each day that matters."""
        mine = Share.objects.for_tenant(self.by.tenant_id).filter(membership=self.by)
        stands = Publication.objects.for_tenant(self.by.tenant_id).exclude(
            state__in=[State.CANCELLED, State.FAILED]
        )
        mine = mine.filter(Exists(stands.filter(share=OuterRef("pk"))))
        if self.besides is not None:
            mine = mine.exclude(pk=self.besides.pk)
        since = self.now - 8 * DAY
        late = Q(created_at__gte=since) | Q(scheduled_at__gte=since)
        moments: Iterable[datetime] = mine.filter(late).values_list(
            Coalesce("scheduled_at", "created_at"), flat=True
        )
        return Counter(day_of(moment, self.zone) for moment in moments)

    def is_free(self, day: date) -> bool:
        """Tell whether one more share fits into the day, and into its week."""
        if not self.rules.has_cap:
            return True
        monday = day - day.weekday() * DAY
        week = sum(self.days[monday + number * DAY] for number in range(7))
        return fits(self.days[day], self.rules.most_per_day) and fits(
            week, self.rules.most_per_week
        )

    def next_free(self, after: datetime, item: Item) -> datetime | None:
        """Return a good time on the next free day, if there is one in the item's window."""
        today = day_of(after, self.zone)
        for number in range(1, FURTHEST.days):
            day = today + number * DAY
            at = choose(datetime.combine(day, MORNING), self.zone).at
            at = after_quiet(self.rules, at, self.zone)
            if at > self.latest or (item.ends_at is not None and at >= item.ends_at):
                return None
            if day_of(at, self.zone) == day and self.is_free(day):
                return at
        return None


def fits(count: int, most: int | None) -> bool:
    return most is None or count < most
