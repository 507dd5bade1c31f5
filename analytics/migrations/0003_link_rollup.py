"""Sums by link; clicks go with their link; old partitions can be dropped."""

import common.ids
import django.db.models.deletion
import django.db.models.expressions
import tenants.scoping
from django.db import migrations, models

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
        ('analytics', '0002_fence'),
        ('sharing', '0002_fence'),
        ('tenants', '0003_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='LinkRollup',
            fields=[
                ('id', models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('day', models.DateField()),
                ('item_id', models.UUIDField()),
                ('team_id', models.UUIDField(null=True)),
                ('network', models.CharField(max_length=32)),
                ('shares', models.PositiveIntegerField(default=0)),
                ('clicks_raw', models.PositiveIntegerField(default=0)),
                ('clicks_machine', models.PositiveIntegerField(default=0)),
                ('clicks_human', models.PositiveIntegerField(default=0)),
                ('link', tenants.scoping.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='sharing.trackedlink')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant')),
            ],
            options={
                'indexes': [models.Index(fields=['tenant', 'day'], name='link_rollup_day')],
                'constraints': [models.UniqueConstraint(models.F('tenant'), models.F('link'), models.F('day'), name='link_rollup_cell'), models.CheckConstraint(condition=models.Q(('clicks_raw__gte', django.db.models.expressions.CombinedExpression(models.F('clicks_machine'), '+', models.F('clicks_human')))), name='link_rollup_tiers_fit')],
            },
        ),
        migrations.CreateModel(
            name='RollupMark',
            fields=[
                ('id', models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('read_until', models.DateTimeField()),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant')),
            ],
            options={
                'constraints': [models.UniqueConstraint(models.F('tenant'), name='rollup_mark_once')],
            },
        ),
        FenceTable("linkrollup"),
        FenceTable("rollupmark"),
        migrations.RunSQL(CLICKS_GO_WITH_THEIR_LINK, CLICKS_KEEP_THEIR_LINK),
        migrations.RunSQL(
            DROP_PARTITIONS, "DROP FUNCTION analytics_drop_click_partitions(date)"
        ),
    ]
