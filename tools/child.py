"""Programs in the foreground: they have the terminal, and do not outlive us."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable

from tools.terminal import ROOT

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def dies_with_parent(last_signal: int) -> Callable[[], None] | None:
    """For Popen(preexec_fn=…): have Linux signal the child when its parent is gone."""
    if LIBC is None:
        return None
    parent = os.getpid()

    def ask() -> None:
        LIBC.prctl(PR_SET_PDEATHSIG, int(last_signal))
        if os.getppid() != parent:
            os.kill(os.getpid(), last_signal)

    return ask


def run_child(argv: list[str], env: dict[str, str]) -> int:
    """Run Python with these arguments in the checkout and return how it ended."""
    child = subprocess.Popen(
        [sys.executable, *argv],
        cwd=ROOT,
        env=env,
        preexec_fn=dies_with_parent(signal.SIGKILL),
    )
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:
            continue  # Ctrl-C reached the child too, and it decides
