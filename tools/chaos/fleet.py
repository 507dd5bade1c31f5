"""The product's real processes, started again whenever they fall."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from tools.child import dies_with_parent
from tools.terminal import ROOT

PAUSE = 0.5  # seconds before a fallen process is started again
FAILPOINT = 137


@dataclass
class Fleet:
    env: dict[str, str]
    logs: Path
    commands: dict[str, list[str]] = field(default_factory=dict)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    falls: dict[str, int] = field(default_factory=dict)
    broken_at_failpoints: int = 0
    closing: bool = False

    def launch(self, name: str, module: str) -> None:
        self.commands[name] = [sys.executable, "-m", *module.split()]
        self.run(name)

    def run(self, name: str) -> None:
        with (self.logs / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                self.commands[name],
                cwd=ROOT,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=dies_with_parent(signal.SIGKILL),
            )

    def names(self, kind: str) -> list[str]:
        return [name for name in self.commands if name.startswith(kind)]

    def send(self, name: str, what: signal.Signals) -> None:
        """Reach the process and what it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.running[name].pid, what)

    def look_after(self) -> None:
        """Start again what has ended, until the fleet closes."""
        while not self.closing:
            for name, process in list(self.running.items()):
                code = process.poll()
                if code is not None and not self.closing:
                    self.broken_at_failpoints += code == FAILPOINT
                    self.falls[name] = self.falls.get(name, 0) + 1
                    self.send(name, signal.SIGKILL)
                    time.sleep(PAUSE)
                    self.run(name)
            time.sleep(0.1)

    def watch(self) -> None:
        self.keeper = threading.Thread(target=self.look_after, daemon=True)
        self.keeper.start()

    def close(self) -> None:
        self.closing = True
        for name in self.running:
            self.send(name, signal.SIGCONT)
            self.send(name, signal.SIGTERM)
        for name, process in self.running.items():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(5)
            self.send(name, signal.SIGKILL)
            process.wait()
