from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sharing', '0012_network_setup'),
    ]

    operations = [
        migrations.AddField(
            model_name='account',
            name='callback_id',
            field=models.CharField(blank=True, db_default='', max_length=200),
        ),
        migrations.AddIndex(
            model_name='account',
            index=models.Index(condition=models.Q(('state', 'connected')), fields=['tenant', 'network', 'expires_at'], name='account_ends'),
        ),
        migrations.AddIndex(
            model_name='account',
            index=models.Index(condition=models.Q(('callback_id', ''), _negated=True), fields=['tenant', 'network', 'callback_id'], name='account_called_back'),
        ),
    ]
