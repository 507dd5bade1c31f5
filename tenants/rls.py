"""The database's own fence around a tenant-owned table, as a migration operation.

The policies raise when the transaction named no tenant (``''`` is no UUID), so a
forgotten ``acting_for`` is a loud error, never an empty or a full page.
"""

from typing import Any

from django.db import models
from django.db.migrations.operations.base import Operation

from tenants.scoping import TenantForeignKey, TenantOneToOne

MINE = "tenant_id = (SELECT current_setting('app.tenant')::uuid)"
GLANCE = "(SELECT current_setting('app.across')) <> ''"


class FenceTable(Operation):
    """Fence one tenant-owned table.

    Adds ``UNIQUE (tenant_id, id)``, a composite foreign key for every reference
    inside the tenant, ``FORCE ROW LEVEL SECURITY`` and the policy. With
    ``glance=True`` the table may also be *read* inside ``across_tenants(reason)``.
    """

    reversible = True

    def __init__(self, model_name: str, glance: bool = False) -> None:
        self.model_name = model_name
        self.glance = glance

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Change nothing that Django's model state knows of."""

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        table = model._meta.db_table
        schema_editor.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT {table}_tenant_row UNIQUE (tenant_id, id)"
        )
        for field in references(model):
            schema_editor.execute(composite_key(table, field))
        for statement in policies(table, self.glance):
            schema_editor.execute(statement)

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        model = from_state.apps.get_model(app_label, self.model_name)
        table = model._meta.db_table
        for name in (f"{table}_mine", f"{table}_glance"):
            schema_editor.execute(f"DROP POLICY IF EXISTS {name} ON {table}")
        schema_editor.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
        for field in references(model):
            schema_editor.execute(
                f"ALTER TABLE {table} DROP CONSTRAINT {table}_{field.column}_same_tenant"
            )
        schema_editor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_tenant_row")

    def describe(self) -> str:
        return f"Fence {self.model_name} by tenant"

    @property
    def migration_name_fragment(self) -> str:
        return f"fence_{self.model_name.lower()}"


def references(model: type[models.Model]) -> list[Any]:
    """Return the model's references inside its tenant."""
    kinds = (TenantForeignKey, TenantOneToOne)
    return [field for field in model._meta.local_fields if isinstance(field, kinds)]


def composite_key(table: str, field: Any) -> str:
    """Return the statement that ties a reference to the same tenant."""
    parent = field.related_model._meta.db_table
    return (
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_{field.column}_same_tenant "
        f"FOREIGN KEY (tenant_id, {field.column}) REFERENCES {parent} (tenant_id, id) "
        "DEFERRABLE INITIALLY DEFERRED"
    )


def policies(table: str, glance: bool) -> list[str]:
    """Return the statements that bind every role, the owner included, to one tenant."""
    statements = [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY {table}_mine ON {table} USING ({MINE}) WITH CHECK ({MINE})",
    ]
    if glance:
        statements.append(
            f"CREATE POLICY {table}_glance ON {table} FOR SELECT USING ({GLANCE})"
        )
    return statements
