"""Ask the invariants of publishing; see docs/operations.md for how to read it."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from sharing.invariants import Finding, check_all

SHOWN = 5


class Command(BaseCommand):
    help = "Check what must hold for all publications. Exit code 1 when something does not."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = check_all()
        if options["json"]:
            self.stdout.write(json.dumps([as_record(one) for one in findings]))
        else:
            for finding in findings:
                self.tell(finding)
        if not all(finding.holds for finding in findings):
            sys.exit(1)

    def tell(self, finding: Finding) -> None:
        verdict = "holds" if finding.holds else f"BROKEN by {len(finding.broken)}"
        self.stdout.write(
            f"{finding.invariant.code}  {verdict:14} {finding.invariant.sentence}"
        )
        for broken in finding.broken[:SHOWN]:
            self.stdout.write(f"      {broken}")


def as_record(finding: Finding) -> dict[str, object]:
    return {
        "invariant": finding.invariant.code,
        "sentence": finding.invariant.sentence,
        "broken": [str(one) for one in finding.broken],
    }
