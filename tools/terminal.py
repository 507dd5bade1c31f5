"""How the tools speak: progress with seconds, one clear sentence when something is wrong."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".local"

RED, GREEN, DIM, BOLD = "31", "32", "2", "1"
DONE = "  ✓"


class Problem(Exception):
    """Something a person can act on; shown as its sentence, without a traceback."""


def paint(text: str, colour: str) -> str:
    if os.environ.get("NO_COLOR") or not sys.stderr.isatty():
        return text
    return f"\033[{colour}m{text}\033[0m"


def say(text: str = "") -> None:
    print(text, flush=True)


def fail(sentence: str) -> NoReturn:
    print(sentence, file=sys.stderr, flush=True)
    sys.exit(1)


@contextmanager
def step(what: str) -> Iterator[None]:
    """Announce a piece of work and, when it is done, how long it took.

    On stderr: what a command prints for another program stays clean.
    """
    started = time.monotonic()
    if sys.stderr.isatty():
        note(f"  … {what}", end="\r")
    try:
        yield
    except BaseException:
        note(f"  {paint('✗', RED)} {what}")
        raise
    seconds = time.monotonic() - started
    note(f"{DONE} {what} {paint(f'({seconds:.1f} s)', DIM)}")


def note(text: str, end: str = "\n") -> None:
    print(text, end=end, file=sys.stderr, flush=True)


def tail(path: Path, lines: int = 30) -> str:
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


def run(main: Callable[[], int]) -> NoReturn:
    """End the process as `main` says; what a person can act on ends it with a sentence."""
    try:
        sys.exit(main())
    except Problem as problem:
        fail(str(problem))
    except PermissionError as error:
        fail(
            f"{error.filename} belongs to another account: delete it, or take it by sudo chown."
        )
    except OSError as error:
        fail(f"{error.filename or 'The system'}: {error.strerror or error}.")
    except KeyboardInterrupt:
        say()
        sys.exit(130)
