"""What a member has not seen yet."""

from collections.abc import Sequence
from dataclasses import dataclass

from notifications.models import Notice
from tenants.models import Membership

SHOWN = 20


@dataclass(frozen=True)
class Shown:
    """One notice as it stands on a page."""

    notice: Notice
    address: str

    @property
    def tone(self) -> str:
        return "warn" if self.notice.kind == Notice.Kind.TO_DO else "info"


@dataclass(frozen=True)
class Unseen:
    """One in sight, the others a press away: a page is for what its member came for."""

    shown: Sequence[Shown]
    count: int

    @property
    def first(self) -> Shown | None:
        return self.shown[0] if self.shown else None

    @property
    def rest(self) -> Sequence[Shown]:
        return self.shown[1:]

    @property
    def more(self) -> int:
        return self.count - 1


def unseen(membership: Membership) -> Unseen:
    """Read the member's own notices in one query; what waits for them comes first."""
    rows = Notice.objects.for_tenant(membership.tenant_id).filter(
        membership=membership, seen_at=None
    )
    notices = list(rows.order_by("-created_at", "-pk")[:100])
    notices.sort(key=lambda notice: notice.kind != Notice.Kind.TO_DO)
    slug = membership.tenant.slug
    shown = [Shown(notice, notice.address(slug)) for notice in notices[:SHOWN]]
    return Unseen(shown, len(notices))
