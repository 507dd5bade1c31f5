"""./dev test: the whole suite, browser tests included, on servers of its own."""

import os
import sys

from tools import environment, messages
from tools.browser import find_or_install_chromium
from tools.child import run_child
from tools.services import Services
from tools.terminal import RED, paint, run

BANNER = "BROWSER TESTS NOT RUN: there is no Chromium here (set CHROMIUM to its path)"


def main(arguments: list[str]) -> int:
    chromium = find_or_install_chromium()
    messages.compile_catalogues()
    with Services() as services:
        code = run_pytest(arguments, services.env, chromium)
    if chromium is None:
        print(paint(f"\n{BANNER}", RED), file=sys.stderr, flush=True)
        if os.environ.get("CI", "").lower() in {"1", "true"}:
            return code or 1
    return code


def run_pytest(arguments: list[str], env: dict[str, str], chromium: str | None) -> int:
    # A developer's own credentials are none of the tests' business.
    env = {name: env[name] for name in env if not name.startswith("NETWORK_")}
    env |= environment.for_tests()
    if chromium:
        env["CHROMIUM"] = chromium
    elif "-m" not in arguments:
        arguments = ["-m", "not browser", *arguments]
    return run_child(["-m", "pytest", *arguments], env)


if __name__ == "__main__":
    run(lambda: main(sys.argv[1:]))
