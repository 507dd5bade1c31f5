"""Fence every tenant-owned table."""

from django.db import migrations

from tenants.rls import FenceTable


class Migration(migrations.Migration):
    dependencies = [
        ("content_library", "0001_initial"),
        ("tenants", "0002_fence"),
    ]

    operations = [
        FenceTable("topic"),
        FenceTable("item"),
        FenceTable("itemtopic"),
        FenceTable("suggestedtext"),
    ]
