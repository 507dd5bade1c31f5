"""After a restore or a lossy failover: close publishing, put what is open in doubt."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from sharing import restoring


class Command(BaseCommand):
    help = (
        "Close the publishing gate and turn every publication that is not final to "
        "UNKNOWN: it may have gone out after the backup. --open lets publishing go on."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--open", action="store_true", help="open the gate again, change no row"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["open"]:
            restoring.open_gate()
            self.stdout.write("The gate is open: publishing goes on.")
            return
        epoch = restoring.close_gate()
        self.stdout.write(f"The gate is closed, epoch {epoch}. Nothing is sent.")
        moved = restoring.quarantine_all()
        for state, count in sorted(moved.items()):
            self.stdout.write(f"{count:8} {state} -> unknown")
        self.stdout.write(
            f"{moved.total()} publications are in doubt. Next: check_publications, then "
            "quarantine_publications --open."
        )
