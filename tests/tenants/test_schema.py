"""The database's own shape: no tenant table without its fences, whoever made it.

It asks PostgreSQL's catalogue, so a table made by hand is judged like any other.
"""

from typing import Any

import pytest
from django.db import connections, transaction

from tenants.rls import MINE

pytestmark = pytest.mark.django_db(databases=["default", "owner"])

# Tables that belong to no tenant, and why.
GLOBAL = {
    "sharing_budget": "networks count the calls of an app or an account, not a tenant's",
    "sharing_circuit": "a network answers everybody or nobody",
    "sharing_publishinggate": "one switch for all: nothing goes out after a restore",
    "tenants_tenant": "the tenants themselves",
    "accounts_user": "a person may belong to several tenants",
    "accounts_magiclink": "sign-in comes before the tenant",
    "account_emailaddress": "allauth: sign-in",
    "account_emailconfirmation": "allauth: sign-in",
    "auth_group": "Django: unused",
    "auth_group_permissions": "Django: unused",
    "auth_permission": "Django: unused",
    "django_content_type": "Django: names of models",
    "django_migrations": "Django: the schema's history",
    "django_session": "Django: sessions, a signed-in person's",
}
# Tables that a sweep or a secret may look into across tenants, reading only.
GLANCED_AT = {
    "notifications_notice": "mails that are due",
    "sharing_connectattempt": "the network's answer names its tenant by the state",
    "sharing_publication": "the sweep looks for work of all tenants",
    "sharing_trackedlink": "a short link names its tenant by the code",
    "tenants_apitoken": "a bearer token names its tenant",
    "tenants_invitation": "an invitation's link names its tenant; mails that are due",
    "tenants_membership": "a person's own workplaces",
    "tenants_team": "shown with the person a token speaks for",
}
# Unique without the tenant, because random: a collision tells nothing.
RANDOM = {"token_hash", "state_hash", "code"}

COLUMNS = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')
"""
TABLES = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')
"""
SECURITY = """
SELECT relrowsecurity, relforcerowsecurity, relispartition, attnotnull
FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attname = 'tenant_id'
WHERE pg_class.oid = %s::regclass
"""
POLICIES = """
SELECT polname, polcmd, polpermissive, polroles = '{0}', pg_get_expr(polqual, polrelid),
       pg_get_expr(polwithcheck, polrelid)
FROM pg_policy WHERE polrelid = %s::regclass
"""
UNIQUES = """
SELECT c.relname, i.indisprimary,
       ARRAY(SELECT COALESCE(a.attname, '(expression)') FROM unnest(i.indkey) WITH ORDINALITY AS k(n, o)
             LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.n AND k.n > 0
             ORDER BY k.o)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = %s::regclass AND i.indisunique
"""
REFERENCES = """
SELECT k.conname, k.confrelid::regclass::text,
       ARRAY(SELECT attname FROM unnest(k.conkey) WITH ORDINALITY AS u(n, o)
             JOIN pg_attribute ON attrelid = k.conrelid AND attnum = n ORDER BY o),
       ARRAY(SELECT attname FROM unnest(k.confkey) WITH ORDINALITY AS u(n, o)
             JOIN pg_attribute ON attrelid = k.confrelid AND attnum = n ORDER BY o)
FROM pg_constraint k WHERE k.conrelid = %s::regclass AND k.contype = 'f'
"""
VIEWS = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND (c.relkind = 'm' OR c.relkind = 'v'
  AND NOT COALESCE(c.reloptions @> ARRAY['security_invoker=true'], false))
"""
LOOSE_REFERENCES = """
SELECT a.attname FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = %s::regclass AND t.typname = 'uuid' AND a.attnum > 0
  AND a.attname LIKE '%%\\_id' AND a.attname <> 'tenant_id' AND NOT a.attisdropped
"""
# Ids that are kept when what they name is gone: history outlives items and teams.
HISTORY = {
    "analytics_click": {"item_id", "team_id"},
    "analytics_dailyrollup": {"item_id", "team_id"},
    "analytics_linkrollup": {"item_id", "team_id"},
    "analytics_sharerrollup": {"team_id"},
}


def ask(sql: str, *values: Any) -> list[Any]:
    """Ask as the owner, who may also make a table to be judged."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def tenant_tables() -> set[str]:
    return {name for (name,) in ask(COLUMNS)}


def faults(table: str) -> list[str]:
    """Return what a tenant's table lacks."""
    [(enabled, forced, partition, required)] = ask(SECURITY, table)
    found = [] if enabled and forced else [f"{table}: row-level security is not forced"]
    found += [] if required else [f"{table}: tenant_id may be null"]
    if partition:  # its parent's policies and keys bind it; alone it shows nothing
        return found
    return found + policy_faults(table) + unique_faults(table) + reference_faults(table)


def policy_faults(table: str) -> list[str]:
    policies = {row[0]: row[1:] for row in ask(POLICIES, table)}
    found = []
    mine = policies.pop(f"{table}_mine", None)
    if mine is None or mine != ("*", True, True, normal(), normal()):
        found.append(f"{table}: no policy that binds reads and writes to the tenant")
    glance = policies.pop(f"{table}_glance", None)
    if glance is not None and (table not in GLANCED_AT or glance[0] != "r"):
        found.append(f"{table}: may be read across tenants, and nobody said why")
    return found + [f"{table}: unknown policy {name}" for name in policies]


def normal() -> str:
    """Return the policy's condition as PostgreSQL prints it."""
    [(condition,)] = ask(
        "SELECT pg_get_expr(polqual, polrelid) FROM pg_policy WHERE polname = 'tenants_team_mine'"
    )
    assert "app.tenant" in condition
    assert "app.tenant" in MINE
    return str(condition)


def unique_faults(table: str) -> list[str]:
    return [
        f"{table}: {name} does not begin with tenant_id"
        for name, primary, columns in ask(UNIQUES, table)
        if columns[0] != "tenant_id"
        and not (primary and columns == ["id"])
        and not (len(columns) == 1 and columns[0] in RANDOM)
        and not one_to_one(table, columns)
    ]


def one_to_one(table: str, columns: list[str]) -> bool:
    """A column that is a composite reference as well: its value is a row of the tenant."""
    composite = [mine for _, _, mine, _ in ask(REFERENCES, table)]
    return len(columns) == 1 and ["tenant_id", columns[0]] in composite


def reference_faults(table: str) -> list[str]:
    tables, found, covered = tenant_tables(), [], set(HISTORY.get(table, ()))
    for name, parent, mine, theirs in ask(REFERENCES, table):
        covered |= set(mine)
        if parent in tables and (mine[0], theirs[0]) != ("tenant_id", "tenant_id"):
            found.append(f"{table}: {name} may point into another tenant")
    loose = {column for (column,) in ask(LOOSE_REFERENCES, table)} - covered
    return found + [f"{table}: {column} points anywhere" for column in sorted(loose)]


def test_every_tenant_table_has_its_fences() -> None:
    tables = tenant_tables()

    assert len(tables) > 20
    assert "analytics_click" in tables
    assert [fault for table in sorted(tables) for fault in faults(table)] == []


def test_every_other_table_is_known_to_be_global() -> None:
    every = {name for (name,) in ask(TABLES)}

    assert every - tenant_tables() == set(GLOBAL)


def test_the_allow_lists_name_what_exists() -> None:
    glanced = {
        table
        for table in tenant_tables()
        if any(row[0] == f"{table}_glance" for row in ask(POLICIES, table))
    }

    assert glanced == set(GLANCED_AT)
    assert set(HISTORY) <= tenant_tables()


def test_no_view_shows_what_its_reader_may_not_see() -> None:
    assert ask(VIEWS) == []


def test_the_application_owns_nothing() -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole"
        )
        assert cursor.fetchone() == (0,)


# -- The judge itself: a table made on the fly, one fence missing at a time -----------------

WELL = {
    "table": "CREATE TABLE fly (id uuid PRIMARY KEY, tenant_id uuid NOT NULL, team_id uuid,"
    " name text)",
    "row": "ALTER TABLE fly ADD UNIQUE (tenant_id, id)",
    "unique": "ALTER TABLE fly ADD UNIQUE (tenant_id, name)",
    "reference": "ALTER TABLE fly ADD FOREIGN KEY (tenant_id, team_id)"
    " REFERENCES tenants_team (tenant_id, id)",
    "enable": "ALTER TABLE fly ENABLE ROW LEVEL SECURITY",
    "force": "ALTER TABLE fly FORCE ROW LEVEL SECURITY",
    "policy": f"CREATE POLICY fly_mine ON fly USING ({MINE}) WITH CHECK ({MINE})",
}
ILL = {
    "no policy": ("policy", "", "no policy"),
    "policy for reading only": (
        "policy",
        f"CREATE POLICY fly_mine ON fly FOR SELECT USING ({MINE})",
        "no policy",
    ),
    "policy that lets everything be written": (
        "policy",
        f"CREATE POLICY fly_mine ON fly USING ({MINE}) WITH CHECK (true)",
        "no policy",
    ),
    "a second, open policy": (
        "policy",
        WELL["policy"] + "; CREATE POLICY fly_open ON fly USING (true)",
        "unknown policy",
    ),
    "a glance that nobody allowed": (
        "policy",
        WELL["policy"] + "; CREATE POLICY fly_glance ON fly FOR SELECT USING (true)",
        "nobody said why",
    ),
    "not forced": ("force", "", "not forced"),
    "not enabled": ("enable", "", "not forced"),
    "tenant may be null": (
        "table",
        WELL["table"].replace("tenant_id uuid NOT NULL", "tenant_id uuid"),
        "may be null",
    ),
    "unique across tenants": (
        "unique",
        "ALTER TABLE fly ADD UNIQUE (name)",
        "does not begin with tenant_id",
    ),
    "unique index across tenants": (
        "unique",
        "CREATE UNIQUE INDEX ON fly (lower(name))",
        "does not begin with tenant_id",
    ),
    "simple reference": (
        "reference",
        "ALTER TABLE fly ADD FOREIGN KEY (team_id) REFERENCES tenants_team (id)",
        "another tenant",
    ),
    "no reference at all": ("reference", "", "points anywhere"),
}


def judged(statements: dict[str, str]) -> list[str]:
    with transaction.atomic(using="owner"):
        with connections["owner"].cursor() as cursor:
            for statement in filter(None, statements.values()):
                cursor.execute(statement)
        found = faults("fly")
        transaction.set_rollback(True, using="owner")
    return found


def test_a_table_with_all_fences_is_let_pass() -> None:
    assert judged(WELL) == []


@pytest.mark.parametrize("fault", ILL)
def test_a_table_made_on_the_fly_without_one_fence_is_caught(
    fault: str,
) -> None:
    part, statement, sentence = ILL[fault]

    found = judged(WELL | {part: statement})

    assert any(sentence in line for line in found), found
