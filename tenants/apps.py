"""Rights of the application's role, renewed after each migration."""

from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.db import connections
from django.db.models.signals import post_migrate

from tenants import checks  # noqa: F401  registers itself

APPEND_ONLY = ("tenants_auditentry", "sharing_publicationevent")


def grant_application_role(using: str, **kwargs: Any) -> None:
    """Let the application's role use every table, and change no append-only one."""
    role = settings.DATABASES["default"]["USER"]
    if using != "owner" or role == settings.DATABASES["owner"]["USER"]:
        return
    with connections[using].cursor() as cursor:
        cursor.execute(
            f'GRANT USAGE ON SCHEMA public TO "{role}";'
            f'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO "{role}";'
            f'GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO "{role}"'
        )
        for table in APPEND_ONLY:
            cursor.execute(
                "SELECT to_regclass(%s)",
                [table],
            )
            if cursor.fetchone()[0]:
                cursor.execute(f'REVOKE UPDATE, DELETE ON {table} FROM "{role}"')


class TenantsConfig(AppConfig):
    name = "tenants"

    def ready(self) -> None:
        post_migrate.connect(grant_application_role, sender=self)
