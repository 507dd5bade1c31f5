"""Two tenants filled alike: a canary in every text of every tenant-owned table.

Models are filled by looking at their fields, so a new one is filled by itself.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from graphlib import TopologicalSorter
from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from accounts.models import User
from common.ids import random_code, uuid7
from tenants.models import ApiToken, AuditEntry, Membership, Role, Team, Tenant
from tenants.rls import references
from tenants.scoping import TenantModel, acting_for
from tenants.tokens import create_api_token

# Beyond "some text": how a row looks when it is in use.
IN_USE: dict[str, dict[str, Any]] = {
    "Item": {"state": "approved", "approved_at": lambda twin: timezone.now()},
    "GuidelineVersion": {"published_at": lambda twin: timezone.now()},
    "Notice": {"message": lambda twin: {"msgid": twin.canary, "values": {}}},
    "Publication": {"message": lambda twin: {"msgid": twin.canary, "values": {}}},
}
FIXED = {
    "network": "linkedin",
    "roles": [Role.EMPLOYEE],
    "language": "en",
    "scheduled_zone": "",
}


@dataclass
class Twin:
    """One of the two tenants, its people by role and its rows by model."""

    tenant: Tenant
    canary: str
    members: dict[str, Membership] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    rows: dict[str, list[Any]] = field(default_factory=dict)

    def ids(self) -> list[str]:
        return [str(row.pk) for rows in self.rows.values() for row in rows]


def make_twin(slug: str) -> Twin:
    """Return a tenant with a member of each role and two rows of everything."""
    canary = f"zq{slug}"
    tenant = Tenant.objects.create(
        slug=slug,
        name=f"{canary} Ltd",
        help_name=canary,
        help_email=f"{canary}@example.com",
    )
    twin = Twin(tenant, canary)
    with acting_for(tenant):
        for role in Role.values:
            twin.members[role] = make_member(twin, role)
            twin.tokens[role] = create_api_token(
                membership=twin.members[role], name=canary
            )
        for member in (twin.members[Role.EMPLOYEE], twin.members[Role.ADMIN]):
            made: dict[type[models.Model], Any] = {Membership: member}
            for model in in_order():
                rows = twin.rows.setdefault(model.__name__, [])
                made[model] = made.get(model) or another(model, twin, made, rows)
                rows.append(made[model])
        put_in_use(twin)
    return twin


def make_member(twin: Twin, role: str) -> Membership:
    email = f"{role}-{twin.canary}@example.com"
    user = User.objects.create_user(email, name=f"{twin.canary} {role}")
    team = Team.objects.create(tenant=twin.tenant, name=f"{twin.canary} of {role}")
    return Membership.objects.create(
        tenant=twin.tenant, user=user, roles=[role], team=team
    )


def tenant_models() -> list[type[models.Model]]:
    """Return every table that belongs to tenants, the partitioned one included."""
    return [
        model
        for model in apps.get_models()
        if issubclass(model, TenantModel) or model.__name__ == "Click"
    ]


def in_order() -> list[type[models.Model]]:
    """Return the models so that each comes after those it refers to or names by id."""
    every = tenant_models()
    firm = {model for model in every if not names_rows_loosely(model)}
    graph = {
        model: {f.related_model for f in references(model)}
        | (set() if model in firm else firm)
        for model in every
    }
    return list(TopologicalSorter(graph).static_order())  # type: ignore[arg-type]


def names_rows_loosely(model: type[models.Model]) -> bool:
    return any(
        isinstance(f, models.UUIDField) and f.name.endswith("_id")
        for f in model._meta.concrete_fields
    )


def another(
    model: type[models.Model], twin: Twin, made: dict[Any, Any], there: list[Any]
) -> Any:
    """Return a new row, or the one at hand where a tenant may have only one."""
    try:
        with transaction.atomic():
            return make_row(model, twin, made)
    except IntegrityError:
        if not there:
            raise
        return there[0]


def make_row(model: type[models.Model], twin: Twin, made: dict[Any, Any]) -> Any:
    values = {f.name: value_for(f, twin, made) for f in model._meta.concrete_fields}
    values = {name: value for name, value in values.items() if value is not ...}
    row = model._default_manager.create(tenant=twin.tenant, **values)
    row.refresh_from_db(from_queryset=model._default_manager.filter(tenant=twin.tenant))
    return row


def put_in_use(twin: Twin) -> None:
    """Approve, publish: once a row has all its children."""
    for name, changes in IN_USE.items():
        for row in twin.rows[name]:
            for field_name, make in changes.items():
                setattr(row, field_name, make(twin) if callable(make) else make)
            row.save(update_fields=list(changes))


def value_for(f: Any, twin: Twin, made: dict[Any, Any]) -> Any:
    """Return a fitting value with the canary in it, or ``...`` for the field's default."""
    if f.primary_key or f.name == "tenant" or f.choices or f.name.startswith("pk"):
        return f.choices[0][0] if f.choices and not f.has_default() else ...
    if f.name in FIXED:
        return FIXED[f.name]
    if isinstance(f, models.ForeignKey):
        return made.get(f.related_model, ...)
    if isinstance(f, models.UUIDField):
        return named_row(f.name, made) if f.name.endswith("_id") else uuid7()
    for kind, make in MAKERS:
        if isinstance(f, kind):
            return make(f, twin)
    return ...


def named_row(name: str, made: dict[Any, Any]) -> Any:
    """``link_id`` without a foreign key is the id of the TrackedLink at hand."""
    wanted = name.removesuffix("_id")
    for model, row in made.items():
        if model.__name__.lower().endswith(wanted):
            return row.pk
    raise LookupError(f"tests/twins.py cannot tell which row {name} names")


def text(f: Any, twin: Twin) -> str:
    tail = random_code(8) if f.unique or (f.max_length or 99) >= 20 else ""
    return f"{twin.canary}{tail}"


def moment(f: Any, twin: Twin) -> Any:
    if f.null or f.auto_now or f.auto_now_add:
        return ...
    return timezone.now() + timedelta(days=7 if f.name == "expires_at" else 0)


MAKERS: list[tuple[Any, Any]] = [
    (models.FileField, lambda f, twin: ...),
    (models.EmailField, lambda f, twin: f"{text(f, twin)}@example.com"),
    (
        models.URLField,
        lambda f, twin: f"https://{twin.canary}.example/{random_code(6)}",
    ),
    (models.CharField, text),
    (models.TextField, text),
    (models.JSONField, lambda f, twin: {"": text(f, twin)}),
    (ArrayField, lambda f, twin: [twin.canary]),
    (models.DateTimeField, moment),
    (models.DateField, lambda f, twin: timezone.now().date()),
    (models.BooleanField, lambda f, twin: ...),
    (models.BinaryField, lambda f, twin: ... if f.has_default() else b"x"),
    (models.IntegerField, lambda f, twin: ... if f.has_default() or f.null else 1),
]

__all__ = ["ApiToken", "AuditEntry", "Twin", "make_twin", "tenant_models"]
