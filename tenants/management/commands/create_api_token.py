"""Make an API token for a member and print it, alone."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tenants.management.refusing import find_tenant
from tenants.models import Membership
from tenants.scoping import acting_for
from tenants.tokens import create_api_token


class Command(BaseCommand):
    help = "Make an API token for a member and print it; each run makes a new one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", required=True, help="its slug")
        parser.add_argument("--email", required=True)
        parser.add_argument("--name", default="Made on the command line")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = find_tenant(options["tenant"])
        with acting_for(tenant):
            people = Membership.objects.for_tenant(tenant).active()
            member = people.filter(user__email__iexact=options["email"].strip()).first()
            if member is None:
                raise CommandError(
                    f"{options['email']} is no active member of {tenant.name}."
                )
            secret = create_api_token(membership=member, name=options["name"][:80])
        self.stdout.write(secret)
