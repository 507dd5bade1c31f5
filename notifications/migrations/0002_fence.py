"""Fence the notices; the mail sweep looks for what is due in all tenants."""

from django.db import migrations

from tenants.rls import FenceTable


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0001_initial"),
        ("tenants", "0002_fence"),
    ]

    operations = [
        FenceTable("notice", glance=True),
    ]
