"""Fence the new tables; clicks go with their link; old partitions can be dropped."""

from django.db import migrations

from tenants.rls import FenceTable

CLICKS_GO_WITH_THEIR_LINK = """
ALTER TABLE analytics_click DROP CONSTRAINT click_link_same_tenant;
ALTER TABLE analytics_click ADD CONSTRAINT click_link_same_tenant
    FOREIGN KEY (tenant_id, link_id) REFERENCES sharing_trackedlink (tenant_id, id)
    ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;
"""
CLICKS_KEEP_THEIR_LINK = CLICKS_GO_WITH_THEIR_LINK.replace("ON DELETE CASCADE", "")

# Only months that end before ``day``; never the default partition.
DROP_PARTITIONS = """
CREATE FUNCTION analytics_drop_click_partitions(day date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    name text;
    dropped integer := 0;
BEGIN
    FOR name IN
        SELECT relname FROM pg_class JOIN pg_inherits ON inhrelid = pg_class.oid
        WHERE inhparent = 'analytics_click'::regclass
        AND relname ~ '^analytics_click_[0-9]{6}$'
        AND to_date(right(relname, 6), 'YYYYMM') + interval '1 month' <= day
    LOOP
        EXECUTE format('DROP TABLE %I', name);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0003_link_rollup"),
    ]

    operations = [
        FenceTable("linkrollup"),
        FenceTable("rollupmark"),
        migrations.RunSQL(CLICKS_GO_WITH_THEIR_LINK, CLICKS_KEEP_THEIR_LINK),
        migrations.RunSQL(
            DROP_PARTITIONS, "DROP FUNCTION analytics_drop_click_partitions(date)"
        ),
    ]
