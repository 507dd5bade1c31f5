"""Tenant fences in the ORM: closed querysets and the tenant of a transaction.

Two fences stand here, independent of each other. A queryset of a tenant-owned
table refuses to reach the database until it names its tenant. And the
transaction itself names one, for PostgreSQL's row-level security (``rls.py``).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Self, TypeVar
from uuid import UUID

from django.db import connection, models, transaction

from common.ids import uuid7

if TYPE_CHECKING:
    from tenants.models import Tenant

Row = TypeVar("Row", bound=models.Model)

NOBODY = UUID(int=0)
_acting: ContextVar[tuple[str, str]] = ContextVar("acting", default=("", ""))


class UnscopedQuery(RuntimeError):
    """A tenant-owned table was read or written without naming the tenant."""


# -- The tenant of the transaction ------------------------------------------------


@contextmanager
def acting_for(tenant: "Tenant | UUID | str") -> Iterator[None]:
    """Open a transaction in which the database shows and takes only this tenant's rows."""
    with _settings(str(getattr(tenant, "pk", tenant)), ""):
        yield


@contextmanager
def across_tenants(*, reason: str) -> Iterator[None]:
    """Open a transaction that may *read* the tables with a policy for it, of all tenants.

    ``reason`` is for the reviewer; it stands in the database's own setting.
    """
    if not reason:
        raise ValueError("say why this crosses tenants")
    with _settings(str(NOBODY), reason):
        yield


@contextmanager
def _settings(tenant: str, reason: str) -> Iterator[None]:
    before, nested = _acting.get(), connection.in_atomic_block
    with transaction.atomic():
        _set_local(tenant, reason)
        mark = _acting.set((tenant, reason))
        try:
            yield
        finally:
            _acting.reset(mark)
        # The end of a transaction, or a failed savepoint, gives the setting back by
        # itself; a savepoint that went well keeps it.
        if nested:
            _set_local(*before)


def one_statement(
    tenant: UUID | str, statement: str, values: Sequence[Any]
) -> list[tuple[Any, ...]]:
    """Run one SQL statement for a tenant and return its rows.

    A transaction of its own in a single message to the server; a part of the open
    transaction where there is one.
    """
    if connection.in_atomic_block and _acting.get()[0] != str(tenant):
        with acting_for(tenant):
            return one_statement(tenant, statement, values)
    with connection.cursor() as cursor:
        if connection.in_atomic_block:
            cursor.execute(statement, values)
        else:
            # PostgreSQL runs the statements of one message as one transaction.
            cursor.execute(f"{_SET_LOCAL};{statement}", [str(tenant), "", *values])
        return cursor.fetchall()


_SET_LOCAL = (
    "SELECT set_config('app.tenant', %s, true), set_config('app.across', %s, true)"
)


def _set_local(tenant: str, reason: str) -> None:
    if connection.needs_rollback:
        return
    with connection.cursor() as cursor:
        cursor.execute(_SET_LOCAL, [tenant, reason])


# -- The closed queryset --------------------------------------------------------------


class TenantQuerySet(models.QuerySet[Row]):
    """A queryset that refuses to reach the database until a tenant is named."""

    _scoped = False
    _hints: dict[str, Any]

    def for_tenant(self, tenant: "Tenant | UUID") -> Self:
        """Return only rows owned by ``tenant``."""
        return self._open(self.filter(tenant_id=getattr(tenant, "pk", tenant)))

    def across_tenants(self, *, reason: str) -> Self:
        """Return rows of every tenant; ``reason`` is for the reviewer."""
        if not reason:
            raise ValueError("say why this query crosses tenants")
        return self._open(self.all())

    @staticmethod
    def _open(queryset: Any) -> Any:
        queryset._scoped = True
        return queryset

    def _clone(self) -> Self:
        clone = super()._clone()  # type: ignore[misc]
        clone._scoped = self._scoped
        return clone

    def _filter_or_exclude(self, negate: bool, args: Any, kwargs: Any) -> Self:
        filtered = super()._filter_or_exclude(negate, args, kwargs)  # type: ignore[misc]
        if not negate and ("tenant" in kwargs or "tenant_id" in kwargs):
            filtered._scoped = True
        return filtered

    def _combinator_query(
        self,
        combinator: str,
        *others: Any,
        all: bool = False,  # noqa: A002  Django's name
    ) -> Self:
        # A union reads every side, so every side names its tenant.
        for side in (self, *others):
            side._require_scope()
        return super()._combinator_query(combinator, *others, all=all)  # type: ignore[misc]

    def _require_scope(self) -> None:
        # "instance" is Django's own hint for rows reached through a row at hand.
        if not (self._scoped or "instance" in self._hints or self.query.is_empty()):
            raise UnscopedQuery(
                f"{self.model.__name__}: name the tenant, .for_tenant(t)"
            )

    def _fetch_all(self) -> None:
        if self._result_cache is None:
            self._require_scope()
        super()._fetch_all()


def _guarded(name: str) -> Any:
    original = getattr(models.QuerySet, name)

    def method(self: TenantQuerySet[Any], *args: Any, **kwargs: Any) -> Any:
        self._require_scope()
        return original(self, *args, **kwargs)

    method.__name__ = name
    return method


for _name in (
    "aggregate",
    "count",
    "exists",
    "explain",
    "iterator",
    "update",
    "_update",
    "delete",
    "_raw_delete",
):
    setattr(TenantQuerySet, _name, _guarded(_name))


class TenantModel(models.Model):
    """A row that belongs to one tenant."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", models.CASCADE, related_name="+")

    objects = TenantQuerySet.as_manager()

    class Meta:
        abstract = True


class TenantForeignKey(models.ForeignKey):
    """A reference inside one tenant: ``(tenant_id, parent_id)`` is the database's constraint.

    The composite constraint is added by ``rls.FenceTable``.
    """

    def __init__(self, to: Any, on_delete: Any, **kwargs: Any) -> None:
        kwargs["db_constraint"] = False
        super().__init__(to, on_delete, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("db_constraint", None)
        return name, path, args, kwargs


class TenantOneToOne(models.OneToOneField):
    """As ``TenantForeignKey``, for one row each."""

    def __init__(self, to: Any, on_delete: Any, **kwargs: Any) -> None:
        kwargs["db_constraint"] = False
        super().__init__(to, on_delete, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("db_constraint", None)
        return name, path, args, kwargs
