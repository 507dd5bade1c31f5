"""Build a tenant's sums of clicks and shares from their source."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from analytics.rollups import rebuild
from tenants.models import Tenant


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True, help="slug of the tenant")
        parser.add_argument(
            "--since",
            type=date.fromisoformat,
            help="count clicks from this day on (default: all days with raw clicks)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            tenant = Tenant.objects.get(slug=options["tenant"])
        except Tenant.DoesNotExist:
            raise CommandError(f"There is no tenant {options['tenant']!r}.") from None
        rebuild(tenant, timezone.now(), since=options["since"])
        self.stdout.write(f"The sums of {tenant.name} were built anew.")
