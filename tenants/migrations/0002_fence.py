"""Fence every tenant-owned table, and let the audit log only grow."""

from django.db import migrations

from tenants.rls import FenceTable

APPEND_ONLY = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
CREATE TRIGGER tenants_auditentry_append_only BEFORE UPDATE ON tenants_auditentry
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0001_initial"),
    ]

    operations = [
        FenceTable("team", glance=True),
        FenceTable("membership", glance=True),
        FenceTable("invitation", glance=True),
        FenceTable("apitoken", glance=True),
        FenceTable("auditentry"),
        migrations.RunSQL(APPEND_ONLY, "DROP TRIGGER tenants_auditentry_append_only ON tenants_auditentry; DROP FUNCTION refuse_change()"),
    ]
