"""Tell members something: one INSERT, inside the transaction of what happened."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models.functions import Now

from notifications.models import Notice

LONGEST_KEY = 160


def notify(
    *,
    tenant_id: UUID,
    members: Iterable[UUID],
    key: str,
    message: Mapping[str, Any],
    kind: str = Notice.Kind.TO_KNOW,
    page: str = "",
    args: Sequence[object] = (),
    about: UUID | None = None,
) -> None:
    """Tell each of the members (ids) once per ``key``; harmless when done again.

    ``message`` is {"msgid", "values"}. ``page`` and ``args`` name the page of the tenant
    that opens; whoever sees the page of ``about`` has seen the notice.
    """
    opens = {"page": page, "args": [str(arg) for arg in args]} if page else {}
    notices = [
        Notice(
            tenant_id=tenant_id,
            membership_id=member,
            kind=kind,
            key=key[:LONGEST_KEY],
            message=dict(message),
            opens=opens,
            about=about,
        )
        for member in members
    ]
    Notice.objects.bulk_create(notices, ignore_conflicts=True)


def see(*, tenant_id: UUID, member: UUID, **which: Any) -> int:
    """The member has seen these (``pk`` or ``about``; all of theirs when none is named)."""
    unseen = Notice.objects.for_tenant(tenant_id).filter(
        membership=member, seen_at=None
    )
    return unseen.filter(**which).update(seen_at=Now())
