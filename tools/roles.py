"""The two database roles: one owns the tables, the other is the application.

The application role owns nothing and bypasses nothing, so row-level security binds it.
"""

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT

from tools.terminal import Problem

OWNER, APP, DATABASE = "advocacy_owner", "advocacy_app", "advocacy"


class NotYet(Exception):
    """The server is not ready to answer."""


def prepare_embedded(host: str, admin: str) -> dict[str, str]:
    """Make both roles and the database in our own server, once."""
    with session(host=host, user=admin, dbname="postgres") as run:
        if not run("SELECT 1 FROM pg_roles WHERE rolname = %s", [OWNER]):
            run(f"CREATE ROLE {OWNER} LOGIN CREATEDB NOSUPERUSER NOBYPASSRLS")
        if not run("SELECT 1 FROM pg_roles WHERE rolname = %s", [APP]):
            run(f"CREATE ROLE {APP} LOGIN NOCREATEDB NOSUPERUSER NOBYPASSRLS")
        if not run("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]):
            run(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
    return {
        "DATABASE_URL": f"postgresql://{APP}@/{DATABASE}?host={host}",
        "DATABASE_OWNER_URL": f"postgresql://{OWNER}@/{DATABASE}?host={host}",
    }


def provision(url: str, keep: Path) -> dict[str, str]:
    """Make an application role beside the given one, where that one may; else share it."""
    given = {"DATABASE_URL": url, "DATABASE_OWNER_URL": url}
    with session(url) as run:
        rights = run(
            "SELECT rolsuper OR rolcreaterole, rolsuper FROM pg_roles WHERE rolname = current_user"
        )
        allowed, superuser = rights[0]
        if not allowed:
            return given
        password = kept_password(keep, url)
        exists = run("SELECT 1 FROM pg_roles WHERE rolname = %s", [APP])
        verb = "ALTER" if exists else "CREATE"
        try:
            run(f"{verb} ROLE {APP} LOGIN PASSWORD %s", [password])
            if superuser:
                run(f"ALTER ROLE {APP} NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE")
        except psycopg2.errors.InsufficientPrivilege:
            return given
    return given | {"DATABASE_URL": with_user(url, APP, password)}


def kept_password(keep: Path, url: str) -> str:
    """One password per server, so that a second run does not lock out the first."""
    parts = urlsplit(url)
    server = f"{parts.hostname or ''}:{parts.port or ''}?{parts.query}"
    known = json.loads(keep.read_text()) if keep.exists() else {}
    if server not in known:
        known[server] = secrets.token_urlsafe(24)
        keep.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(
            os.open(keep, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w"
        ) as file:
            json.dump(known, file)
    return str(known[server])


def with_user(url: str, user: str, password: str) -> str:
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(
        parts._replace(netloc=f"{user}:{quote(password, safe='')}@{place}")
    )


@contextmanager
def session(url: str = "", **where: str) -> Iterator[Any]:
    """Give a function that runs one statement and returns its rows."""
    try:
        connection = psycopg2.connect(url, connect_timeout=10, **where)
    except psycopg2.OperationalError as error:
        if where:
            raise NotYet(str(error).strip()) from None
        raise Problem(
            f"DATABASE_URL does not let us in: {str(error).strip()}"
        ) from None
    connection.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)

    def run(statement: str, values: list[Any] | None = None) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL(statement), values)
            return cursor.fetchall() if cursor.description else []

    try:
        yield run
    finally:
        connection.close()
