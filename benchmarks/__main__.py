"""``python -m benchmarks [name …]``: measure, print, and fail when a bar is missed."""

import argparse
import sys
from collections.abc import Callable, Iterator

import django

from benchmarks.bars import Bar

django.setup()

from benchmarks import dashboard, feed, herd, press, publishing, redirect  # noqa: E402  (needs the settings)

ALL: dict[str, Callable[[], Iterator[Bar]]] = {
    "redirect": redirect.measure,
    "feed": feed.measure,
    "dashboard": dashboard.measure,
    "press": press.measure,
    "publishing": publishing.measure,
    "herd": herd.measure,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(ALL))
    names = parser.parse_args().names or list(ALL)
    if unknown := set(names) - set(ALL):
        parser.error(f"{', '.join(sorted(unknown))}: choose from {', '.join(ALL)}")
    missed = 0
    for name in names:
        print(f"\n{name}: {(ALL[name].__doc__ or '').splitlines()[0]}")
        for bar in ALL[name]():
            print(f"  {bar}", flush=True)
            missed += not bar.is_met
    print(f"\n{missed} missed" if missed else "\nall bars met")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
