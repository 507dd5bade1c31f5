"""Make a person a member of a tenant. Again: add the role or team, take nothing away."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from tenants.management.refusing import find_tenant, sentences
from tenants.models import Role
from tenants.people import PeopleRefused, create_member


class Command(BaseCommand):
    help = "Make a person a member; again, add the role, team or password."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", required=True, help="its slug")
        parser.add_argument("--email", required=True)
        parser.add_argument("--name", required=True)
        parser.add_argument("--role", required=True, choices=Role.values)
        parser.add_argument("--team", help="made when it is missing")
        parser.add_argument("--password", help="without it: sign-in by e-mail link")

        parser.add_argument(
            "--staff", action="store_true", help="may also see the components at /ui/"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            member = create_member(
                tenant=find_tenant(options["tenant"]),
                email=options["email"],
                name=options["name"],
                roles=[options["role"]],
                team=options["team"],
                password=options["password"],
                staff=options["staff"],
            )
        except ValidationError as error:
            raise CommandError(sentences(error)) from None
        except PeopleRefused as error:
            raise CommandError(" ".join(error.sentences)) from None
        note = "" if member.is_active else " (deactivated: an admin may change that)"
        self.stdout.write(
            f"{member.user.email} is {', '.join(member.roles)} of {member.tenant.name}{note}"
        )
