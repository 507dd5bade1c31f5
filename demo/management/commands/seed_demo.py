"""Fill an empty installation with two invented organisations and their history."""

import random
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from demo.networks import Sandbox
from demo.organisation import found
from demo.programme import Programme
from demo.story import PASSWORD, ROLES, Story, stories
from tenants.models import Tenant


class Command(BaseCommand):
    help = "Fill an empty installation with two invented organisations."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--sign-ins", action="store_true", help="only print who signs in"
        )
        parser.add_argument(
            "--sandbox-state", type=Path, help="the network sandbox's folder"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["sign_ins"]:
            self.print_sign_ins()
            return
        if not settings.DEMO:
            raise CommandError(
                "This is for the demo only: it invents people. Set DEMO=1."
            )
        for number, story in enumerate(stories()):
            if not Tenant.objects.filter(slug=story.tenant["slug"]).exists():
                self.tell(story, number, options["sandbox_state"])

    def tell(self, story: Story, number: int, folder: Path | None) -> None:
        dice, now = random.Random(number), timezone.now()  # noqa: S311  a story, no secret
        tenant = found(story, dice, now)
        Programme(story, tenant, Sandbox(folder, now), dice, now).write()

    def print_sign_ins(self) -> None:
        for story in stories():
            self.stdout.write(
                f"{story.tenant['name']}  ({settings.PUBLIC_URL}/t/{story.tenant['slug']}/)"
            )
            for role in ROLES:
                self.stdout.write(f"  {role:<9} {story.email(story.sign_ins[role])}")
        self.stdout.write(f"Password for all of them: {PASSWORD}")
