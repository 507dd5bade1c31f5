"""Fence the items' files."""

from django.db import migrations

from tenants.rls import FenceTable


class Migration(migrations.Migration):
    dependencies = [("content_library", "0004_item_media")]

    operations = [FenceTable("itemmedia")]
