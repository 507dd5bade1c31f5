import django.db.models.deletion
from django.db import migrations, models

import common.ids
from tenants.rls import FenceTable


class Migration(migrations.Migration):

    dependencies = [
        ('sharing', '0010_what_goes_with_a_post'),
        ('tenants', '0003_invitation_mail'),
    ]

    operations = [
        migrations.AddField(
            model_name='account',
            name='server',
            field=models.CharField(blank=True, db_default='', max_length=260),
        ),
        migrations.AddField(
            model_name='connectattempt',
            name='server',
            field=models.CharField(blank=True, db_default='', max_length=260),
        ),
        migrations.CreateModel(
            name='ServerApp',
            fields=[
                ('id', models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('network', models.CharField(max_length=32)),
                ('server', models.CharField(max_length=260)),
                ('client_id', models.CharField(max_length=500)),
                ('client_secret', models.BinaryField(default=b'')),
                ('redirect_uri', models.CharField(max_length=500)),
                ('scopes', models.CharField(blank=True, max_length=1000)),
                ('registered_at', models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name='serverapp',
            name='tenant',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant'),
        ),
        migrations.AddConstraint(
            model_name='serverapp',
            constraint=models.UniqueConstraint(models.F('tenant'), models.F('network'), models.F('server'), name='server_app_once'),
        ),
        FenceTable('serverapp'),
    ]
