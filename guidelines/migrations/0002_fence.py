"""Fence every tenant-owned table."""

from django.db import migrations

from tenants.rls import FenceTable


class Migration(migrations.Migration):
    dependencies = [
        ("guidelines", "0001_initial"),
        ("tenants", "0002_fence"),
    ]

    operations = [
        FenceTable("guideline"),
        FenceTable("guidelineversion"),
        FenceTable("rule"),
        FenceTable("acknowledgement"),
    ]
