"""SQL for the one busy table: fragments with their values, and rows as models.

Written by hand because each publication passes here three times, in a single message
to the database each; composing a statement from a queryset costs more than running it.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection, models
from psycopg2.extras import Json

Row = TypeVar("Row", bound=models.Model)


@dataclass(frozen=True)
class Sql:
    """A piece of SQL and the values of its placeholders."""

    text: str
    values: tuple[object, ...] = ()


NOW = Sql("statement_timestamp()")
GATE_IS_OPEN = Sql("NOT EXISTS (SELECT FROM sharing_publishinggate WHERE NOT is_open)")

# Every transition's event, in the statement of the transition: its id, the state before.
NOTED = """noted AS (
    INSERT INTO sharing_publicationevent
        (id, tenant_id, publication_id, from_state, to_state, token, reason, details, at)
    SELECT %s, tenant_id, id, %s, state, token, reason, '{}', clock_timestamp()
    FROM moved
)"""


def after(wait: timedelta) -> Sql:
    """Return the moment so long after the database's now."""
    return Sql("statement_timestamp() + %s", (wait,))


def assignment(column: str, value: object) -> Sql:
    """Return ``column = value`` for an UPDATE; a mapping is stored as JSON."""
    if isinstance(value, Sql):
        return Sql(f"{column} = {value.text}", value.values)
    if isinstance(value, dict):
        value = Json(value)
    return Sql(f"{column} = %s", (value,))


def joined(pieces: Sequence[Sql], by: str) -> Sql:
    """Return the pieces as one."""
    text = by.join(piece.text for piece in pieces)
    return Sql(text, tuple(value for piece in pieces for value in piece.values))


def columns(model: type[models.Model], table: str) -> str:
    """Return the model's columns as a list to select from ``table``."""
    return ", ".join(f"{table}.{field.column}" for field in model._meta.local_fields)


def count(model: type[models.Model]) -> int:
    return len(model._meta.local_fields)


def from_row(model: type[Row], values: Sequence[Any]) -> Row:
    """Return a row selected with ``columns`` as a model instance."""
    fields = model._meta.local_fields
    read = [
        json.loads(value)
        if isinstance(field, models.JSONField) and value is not None
        else value
        for field, value in zip(fields, values, strict=True)
    ]
    return model.from_db(connection.alias, [field.attname for field in fields], read)


# -- Conditions that other apps define ------------------------------------------------

TENANT, ONE = UUID(int=1), UUID(int=2)


@dataclass(frozen=True)
class Exists:
    """Whether a queryset finds a row; composed once, asked many times.

    The queryset is made with ``TENANT`` and ``ONE`` in place of a tenant's and a row's
    id.
    """

    text: str
    values: tuple[object, ...]

    @classmethod
    def of(cls, rows: models.QuerySet[Any]) -> "Exists":
        text, values = rows.order_by().values("pk").query.sql_with_params()
        return cls(f"EXISTS ({text})", tuple(values))

    def asked(self, tenant_id: UUID, row_id: UUID) -> Sql:
        """Return the condition for this row."""
        places = {TENANT: tenant_id, ONE: row_id}
        return Sql(
            self.text,
            tuple(
                places.get(value, value) if isinstance(value, UUID) else value
                for value in self.values
            ),
        )
