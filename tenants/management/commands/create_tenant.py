"""Make a tenant. Again: leave it as it is."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from tenants.management.refusing import sentences
from tenants.models import Tenant
from tenants.people import create_tenant


class Command(BaseCommand):
    help = "Make a tenant; when it exists, leave it as it is."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--slug", required=True, help="its part of addresses")
        parser.add_argument("--name", required=True)
        parser.add_argument(
            "--language", choices=[code for code, _ in settings.LANGUAGES], default="en"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        there = Tenant.objects.filter(slug=options["slug"]).exists()
        try:
            tenant = create_tenant(
                slug=options["slug"],
                name=options["name"],
                language=options["language"],
            )
        except ValidationError as error:
            raise CommandError(sentences(error)) from None
        self.stdout.write(
            f"{tenant.name} {'exists' if there else 'is made'}: /t/{tenant.slug}/"
        )
