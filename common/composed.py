"""Querysets whose SQL is composed once per process, for what every request asks.

Composing a statement from a queryset costs several times what running it does.

    @composed
    def memberships_of(tenant_id: UUID, user_id: UUID) -> QuerySet[Membership]:
        return Membership.objects.for_tenant(tenant_id).filter(user=user_id)

    memberships_of(tenant.pk, user.pk)  # a list of rows, one query

The function is asked for a queryset once, with stand-ins for its arguments; each call
then puts its own values in their place. So the shape of the statement must not depend on
them: they are UUIDs, texts and moments, compared as they are, and never None.

``first`` is run before it in the same message: a lock, after which it reads anew.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any, Generic, TypeVar
from uuid import UUID, uuid4

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import query

from common.inserting import Written

Row = TypeVar("Row", bound=models.Model)
Value = UUID | str | datetime


def composed(
    build: Callable[..., models.QuerySet[Row]],
) -> Callable[..., list[Row]]:
    """Turn what makes a queryset into what returns its rows."""
    statements: list[Statement[Row]] = []

    @wraps(build)
    def rows(*values: Value, first: Written | None = None) -> list[Row]:
        if not statements:
            statements.append(Statement.of(build, values))
        return statements[0].run(values, first or Written("", ()))

    return rows


@dataclass(frozen=True)
class Statement(Generic[Row]):
    """A composed queryset, and how its rows become models."""

    sql: str
    values: Sequence[object]
    stand_ins: Sequence[Value]
    model: type[Row]
    columns: slice
    names: Sequence[str]
    related: Sequence[Any]
    annotations: dict[str, int]
    converters: Sequence[tuple[int, Any]]

    @classmethod
    def of(
        cls, build: Callable[..., models.QuerySet[Row]], values: Sequence[Value]
    ) -> "Statement[Row]":
        stand_ins = [stand_in(value, place) for place, value in enumerate(values)]
        queryset = build(*stand_ins)
        refuse_what_is_lost(queryset)
        compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        sql, given = compiler.as_sql()
        if not all(one in given for one in stand_ins):
            raise TypeError("a value does not stand in the statement as it is")
        select, info = compiler.select, compiler.klass_info
        columns = info["select_fields"]
        return cls(
            sql=sql,
            values=given,
            stand_ins=stand_ins,
            model=info["model"],
            columns=slice(columns[0], columns[-1] + 1),
            names=[select[place][0].target.attname for place in columns],
            related=populators(info, select, DEFAULT_DB_ALIAS),
            annotations=compiler.annotation_col_map or {},
            converters=list(
                compiler.get_converters([column for column, *_ in select]).items()
            ),
        )

    def run(self, values: Sequence[Value], first: Written) -> list[Row]:
        connection = connections[DEFAULT_DB_ALIAS]
        with connection.cursor() as cursor:
            sql = f"{first.sql};{self.sql}" if first.sql else self.sql
            given: list[Any] = [*first.values, *self.filled(values)]
            cursor.execute(sql, given)
            found = cursor.fetchall()
        return [self.row(list(read), connection) for read in found]

    def filled(self, values: Sequence[Value]) -> list[object]:
        """Return the statement's values, with those of this call."""
        place = dict(zip(self.stand_ins, values, strict=True))
        if not all(isinstance(value, Value) for value in values):
            raise TypeError(f"not all of {values!r} fit into a composed statement")
        return [
            place.get(value, value) if isinstance(value, Value) else value
            for value in self.values
        ]

    def row(self, read: list[Any], connection: BaseDatabaseWrapper) -> Row:
        for place, (converters, expression) in self.converters:
            for convert in converters:
                read[place] = convert(read[place], expression, connection)
        row = self.model.from_db(DEFAULT_DB_ALIAS, self.names, read[self.columns])
        for related in self.related:
            related.populate(read, row)
        for name, place in self.annotations.items():
            setattr(row, name, read[place])
        return row


# The stubs know it by a later Django's signature.
populators: Any = query.get_related_populators


def stand_in(value: Value, place: int) -> Value:
    """Return a value of the same kind that occurs nowhere else."""
    if isinstance(value, UUID):
        return uuid4()
    if isinstance(value, datetime):
        return datetime(1971, 1, 1, tzinfo=UTC) + timedelta(microseconds=place)
    if isinstance(value, str):
        return str(uuid4())
    raise TypeError(f"{value!r} cannot be put into a composed statement")


def refuse_what_is_lost(queryset: Any) -> None:
    """A closed queryset names its tenant here too; what a plain row is not is not made."""
    if hasattr(queryset, "_require_scope"):
        queryset._require_scope()
    if queryset._prefetch_related_lookups or queryset._fields is not None:
        raise TypeError("only plain rows can be composed")
