"""Let the functions that run as the owner do no more than the sweeps need.

Whoever speaks to the database as the application must not be able to empty every
tenant's recent clicks by one call, nor to slip in a table of their own by its name.
"""

from django.db import migrations

MAKE = """
CREATE OR REPLACE FUNCTION analytics_make_click_partition(day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    first date := date_trunc('month', day);
    name text := 'analytics_click_' || to_char(first, 'YYYYMM');
BEGIN
    IF day NOT BETWEEN current_date - 730 AND current_date + 100 THEN
        RAISE EXCEPTION 'no partition is made so far from today';
    END IF;
    IF to_regclass('public.' || name) IS NULL THEN
        EXECUTE format(
            'CREATE TABLE public.%I PARTITION OF public.analytics_click'
            ' FOR VALUES FROM (%L) TO (%L)',
            name, first::timestamp AT TIME ZONE 'UTC',
            (first + interval '1 month')::timestamp AT TIME ZONE 'UTC'
        );
        EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', name);
    END IF;
END $$;
"""

# Raw clicks are kept for thirty days (retention.DAYS_KEPT), whoever asks for less.
DROP = """
CREATE OR REPLACE FUNCTION analytics_drop_click_partitions(day date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    name text;
    dropped integer := 0;
BEGIN
    FOR name IN
        SELECT relname FROM pg_class JOIN pg_inherits ON inhrelid = pg_class.oid
        WHERE inhparent = 'public.analytics_click'::regclass
        AND relname ~ '^analytics_click_[0-9]{6}$'
        AND to_date(right(relname, 6), 'YYYYMM') + interval '1 month'
            <= LEAST(day, current_date - 30)
    LOOP
        EXECUTE format('DROP TABLE public.%I', name);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("analytics", "0004_link_rollup_fence")]

    operations = [
        migrations.RunSQL(MAKE, migrations.RunSQL.noop),
        migrations.RunSQL(DROP, migrations.RunSQL.noop),
    ]
