"""Start-up check: row-level security binds the application's database role."""

from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

from common.health import bound_by_policies


@register(Tags.database)
def application_role_is_bound(
    databases: Any = None, **kwargs: Any
) -> list[CheckMessage]:
    """Refuse a superuser: PostgreSQL would show it every tenant's rows."""
    if "default" not in (databases or ()) or bound_by_policies(connections["default"]):
        return []
    return [
        Error(
            "The role of DATABASE_URL may bypass row-level security.",
            hint="Use a role with neither SUPERUSER nor BYPASSRLS.",
            id="tenants.E001",
        )
    ]
