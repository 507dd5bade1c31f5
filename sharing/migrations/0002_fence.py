"""Fence every tenant-owned table."""

from django.db import migrations

from tenants.rls import FenceTable


class Migration(migrations.Migration):
    dependencies = [
        ("sharing", "0001_initial"),
        ("content_library", "0002_fence"),
    ]

    operations = [
        FenceTable("account"),
        FenceTable("connectattempt", glance=True),
        FenceTable("draft"),
        FenceTable("share"),
        FenceTable("trackedlink", glance=True),
        FenceTable("publication", glance=True),
        FenceTable("publicationevent"),
    ]
