"""The demo's tables and people, in one process: starting Django costs more than the work."""

import sys
from pathlib import Path

import django
from django.core.management import call_command

from tools.terminal import step

SIGN_INS = "sign-ins.txt"


def main(state: Path) -> None:
    with step("database tables"):
        django.setup()
        call_command("migrate", database="owner", interactive=False)
    with step("demo organisations"):
        call_command("seed_demo", sandbox_state=state / "sandbox")
    with (state / SIGN_INS).open("w") as output:
        call_command("seed_demo", "--sign-ins", stdout=output)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
