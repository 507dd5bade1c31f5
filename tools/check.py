"""./dev check: everything that can be said about the code without running the tests."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tools import environment, messages
from tools.terminal import BOLD, GREEN, RED, ROOT, paint, run, say

PYTHON = [sys.executable, "-m"]
LINT_IMPORTS = "from importlinter.cli import lint_imports_command; lint_imports_command(['--no-logo'])"
MANAGE = [sys.executable, "manage.py"]
CHECKS = {
    "lint": [*PYTHON, "ruff", "check", "--quiet", "."],
    "format": [*PYTHON, "ruff", "format", "--check", "--quiet", "."],
    "types": [*PYTHON, "mypy"],
    "layers": [sys.executable, "-c", LINT_IMPORTS],
    "deployment": [*MANAGE, "check", "--deploy", "--fail-level", "WARNING"],
    "migrations": [*MANAGE, "makemigrations", "--check", "--dry-run"],
    "translations": [*PYTHON, "tools.messages", "check"],
}
# Nothing here opens a connection; the settings only want addresses.
NO_STORES = {
    "DATABASE_URL": "postgresql://advocacy_app@localhost/advocacy",
    "REDIS_URL": "redis://localhost",
    "PYTHONWARNINGS": "ignore:Got an error checking a consistent migration history",
}


@dataclass
class Verdict:
    name: str
    passed: bool
    seconds: float
    output: str


def main(chosen: list[str]) -> int:
    if unknown := set(chosen) - set(CHECKS):
        say(
            f"There is no check {', '.join(sorted(unknown))}; there are {', '.join(CHECKS)}."
        )
        return 2
    messages.compile_catalogues()
    with ThreadPoolExecutor(max_workers=2) as pool:
        verdicts = list(pool.map(judge, chosen or CHECKS))
    failed = [verdict for verdict in verdicts if not verdict.passed]
    for verdict in failed:
        say(f"\n{paint(verdict.name, BOLD)}\n{verdict.output.rstrip()}")
    say()
    for verdict in verdicts:
        word = paint("ok    ", GREEN) if verdict.passed else paint("failed", RED)
        say(f"  {word}  {verdict.name:<14}{verdict.seconds:5.1f} s")
    return 1 if failed else 0


def judge(name: str) -> Verdict:
    started = time.monotonic()
    done = subprocess.run(
        CHECKS[name],
        cwd=ROOT,
        env={**os.environ, **NO_STORES, **environment.like_production()},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    seconds = time.monotonic() - started
    return Verdict(name, done.returncode == 0, seconds, done.stdout)


if __name__ == "__main__":
    run(lambda: main(sys.argv[1:]))
