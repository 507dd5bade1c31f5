"""Whether the process lives, and whether it can do its work."""

import base64
from functools import cache
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@never_cache
@require_safe
def livez(request: HttpRequest) -> JsonResponse:
    """The process answers; it asks nobody."""
    return JsonResponse({"alive": True})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Each thing that work needs, true or false; 503 when one is missing."""
    checks = {
        "database": False,
        "fenced": False,
        "migrations": False,
        "token_key": token_key(),
    }
    try:
        checks["database"] = writable()
        checks["fenced"] = bound_by_policies(connection)
        checks["migrations"] = migrated()
    except DatabaseError:
        pass
    ready = all(checks.values())
    return JsonResponse(checks | {"ready": ready}, status=200 if ready else 503)


def writable() -> bool:
    """A replica, or a server in recovery, reads but takes nothing."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_read_only")
        return cursor.fetchone() == ("off",)


def bound_by_policies(connection: Any) -> bool:
    """Row-level security binds this role: it is no superuser and may not bypass."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT NOT (rolsuper OR rolbypassrls) FROM pg_roles"
            " WHERE rolname = current_user"
        )
        return bool(cursor.fetchone()[0])


def migrated() -> bool:
    try:
        require_migrations()
    except NotMigrated:
        return False
    return True


class NotMigrated(Exception):
    """The code is ahead of the database."""


@cache
def require_migrations() -> None:
    """Raise until the database is at the head; then this process need not ask again."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise NotMigrated


def token_key() -> bool:
    """The first key, which seals new tokens, is 32 bytes."""
    _, _, key = settings.TOKEN_KEYS.split(",")[0].partition(":")
    try:
        return len(base64.b64decode(key, validate=True)) == 32
    except ValueError:
        return False
