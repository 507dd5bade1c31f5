"""Fence the rollups; make the click table in monthly partitions, fenced as well.

The application's role owns nothing, so partitions are made by a function that runs
as its owner. Rows outside every month land in the default partition, never nowhere.
"""

from django.db import migrations

from tenants.rls import FenceTable, policies

CLICKS = """
CREATE TABLE analytics_click (
    tenant_id uuid NOT NULL REFERENCES tenants_tenant (id) DEFERRABLE INITIALLY DEFERRED,
    clicked_at timestamptz NOT NULL,
    id uuid NOT NULL,
    link_id uuid NOT NULL,
    item_id uuid NOT NULL,
    team_id uuid,
    network varchar(32) NOT NULL,
    tier varchar(8) NOT NULL,
    reason varchar(20) NOT NULL,
    visitor bytea NOT NULL,
    PRIMARY KEY (tenant_id, clicked_at, id),
    CONSTRAINT click_link_same_tenant FOREIGN KEY (tenant_id, link_id)
        REFERENCES sharing_trackedlink (tenant_id, id) DEFERRABLE INITIALLY DEFERRED
) PARTITION BY RANGE (clicked_at);
CREATE INDEX click_visitor ON analytics_click (tenant_id, link_id, visitor, clicked_at);
CREATE TABLE analytics_click_default PARTITION OF analytics_click DEFAULT;
"""

PARTITIONS = """
CREATE FUNCTION analytics_make_click_partition(day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    first date := date_trunc('month', day);
    name text := 'analytics_click_' || to_char(first, 'YYYYMM');
BEGIN
    IF to_regclass(name) IS NULL THEN
        EXECUTE format(
            'CREATE TABLE %I PARTITION OF analytics_click FOR VALUES FROM (%L) TO (%L)',
            name, first::timestamp AT TIME ZONE 'UTC',
            (first + interval '1 month')::timestamp AT TIME ZONE 'UTC'
        );
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    END IF;
END $$;
ALTER TABLE analytics_click_default ENABLE ROW LEVEL SECURITY;
ALTER TABLE analytics_click_default FORCE ROW LEVEL SECURITY;
"""

UNDO = """
DROP FUNCTION analytics_make_click_partition(date);
DROP TABLE analytics_click;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0001_initial"),
        ("sharing", "0002_fence"),
    ]

    operations = [
        FenceTable("dailyrollup"),
        FenceTable("sharerrollup"),
        migrations.RunSQL(CLICKS, UNDO),
        migrations.RunSQL(policies("analytics_click", glance=False), migrations.RunSQL.noop),
        migrations.RunSQL(PARTITIONS, migrations.RunSQL.noop),
    ]
