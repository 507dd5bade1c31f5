"""Rows of several tables, written in one message to the database."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.models.constants import OnConflict
from django.db.models.sql import InsertQuery


class Written(NamedTuple):
    """A statement that writes, and its values."""

    sql: str
    values: tuple[Any, ...] = ()


def inserted(rows: Sequence[models.Model], *, unless_there: bool = False) -> Written:
    """Return the statement that inserts the rows, all of one table, as ``bulk_create``.

    Fields that fill themselves are filled now. ``unless_there`` passes over a row that
    a unique constraint already has; what another transaction is writing is waited for.
    """
    model = type(rows[0])
    query = InsertQuery(model, on_conflict=OnConflict.IGNORE if unless_there else None)
    query.insert_values(model._meta.concrete_fields, list(rows))
    ((sql, values),) = query.get_compiler(DEFAULT_DB_ALIAS).as_sql()
    for row in rows:
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS
    return Written(sql, tuple(values))


def send(*statements: Written) -> int:
    """Run the statements in order, in the open transaction; count the rows of the last."""
    connection = connections[DEFAULT_DB_ALIAS]
    assert connection.in_atomic_block  # noqa: S101
    with connection.cursor() as cursor:
        cursor.execute(
            ";".join(one.sql for one in statements),
            [value for one in statements for value in one.values],
        )
        return int(cursor.rowcount)
