"""Write the audit log. Entries are part of the transaction they speak of."""

from typing import Any

from django.db import models

from tenants.models import AuditEntry, Membership


def record(
    action: str, row: models.Model, *, by: Membership | None = None, **details: Any
) -> AuditEntry:
    """Note that ``by`` did ``action`` to a ``row`` of the tenant, or to the tenant itself.

    ``details`` are plain JSON.
    """
    made = entry(action, row, by=by, **details)
    made.save(force_insert=True)
    return made


def entry(
    action: str, row: models.Model, *, by: Membership | None = None, **details: Any
) -> AuditEntry:
    """Return the entry, for who writes it together with other rows."""
    return AuditEntry(
        tenant_id=getattr(row, "tenant_id", row.pk),
        actor=by,
        action=action,
        object_kind=row._meta.model_name or "",
        object_id=str(row.pk),
        details=details,
    )
