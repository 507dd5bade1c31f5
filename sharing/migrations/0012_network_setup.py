import django.db.models.deletion
from django.db import migrations, models

import common.ids
from tenants.rls import FenceTable


class Migration(migrations.Migration):

    dependencies = [
        ('sharing', '0011_servers'),
        ('tenants', '0003_invitation_mail'),
    ]

    operations = [
        migrations.CreateModel(
            name='NetworkSetup',
            fields=[
                ('id', models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('network', models.CharField(max_length=32)),
                ('mode', models.CharField(blank=True, choices=[('api', 'Published for you'), ('assisted', "In the network's own composer"), ('kit', 'Text and files to take along'), ('off', 'Off')], default='', max_length=12)),
                ('client_id', models.CharField(blank=True, max_length=200)),
                ('client_secret', models.BinaryField(default=b'')),
                ('secret_saved_at', models.DateTimeField(blank=True, null=True)),
                ('options', models.JSONField(default=dict)),
                ('changed_at', models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.AddField(
            model_name='networksetup',
            name='tenant',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant'),
        ),
        migrations.AddConstraint(
            model_name='networksetup',
            constraint=models.UniqueConstraint(models.F('tenant'), models.F('network'), name='network_setup_once'),
        ),
        migrations.AddConstraint(
            model_name='networksetup',
            constraint=models.CheckConstraint(condition=models.Q(('client_secret', b''), models.Q(('client_id', ''), _negated=True), _connector='OR'), name='network_setup_secret_has_app'),
        ),
        migrations.AddConstraint(
            model_name='networksetup',
            constraint=models.CheckConstraint(condition=models.Q(('client_secret', b''), ('secret_saved_at__isnull', False), _connector='OR'), name='network_setup_secret_has_moment'),
        ),
        FenceTable('networksetup'),
    ]
