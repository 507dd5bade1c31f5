"""./dev test: the whole suite, browser tests included, on servers of its own."""

import os
import signal
import subprocess
import sys

from tools import environment, messages
from tools.browser import find_or_install_chromium
from tools.guard import dies_with_parent
from tools.services import Services
from tools.terminal import RED, ROOT, paint, run, say

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
    env = env | environment.for_tests()
    without = (
        ["-m", "not browser"] if chromium is None and "-m" not in arguments else []
    )
    if chromium:
        env["CHROMIUM"] = chromium
    pytest = subprocess.Popen(
        [sys.executable, "-m", "pytest", *without, *arguments],
        cwd=ROOT,
        env=env,
        preexec_fn=dies_with_parent(signal.SIGKILL),
    )
    while True:
        try:
            return pytest.wait()
        except KeyboardInterrupt:
            say()  # pytest got it too and is tidying up


if __name__ == "__main__":
    run(lambda: main(sys.argv[1:]))
