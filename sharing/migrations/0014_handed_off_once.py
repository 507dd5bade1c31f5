from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sharing', '0013_callbacks_and_renewal'),
    ]

    operations = [
        migrations.AddConstraint(
            model_name='publication',
            constraint=models.UniqueConstraint(models.F('tenant'), models.F('share'), models.F('network'), condition=models.Q(('account', None)), name='publication_handed_off_once'),
        ),
    ]
