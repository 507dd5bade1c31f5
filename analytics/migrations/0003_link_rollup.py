"""Sums by link, and how far the rollups have read."""

import common.ids
import django.db.models.deletion
import django.db.models.expressions
import tenants.scoping
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('analytics', '0002_fence'),
        ('sharing', '0002_fence'),
        ('tenants', '0003_invitation_mail'),
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
    ]
