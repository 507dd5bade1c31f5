"""The one process that owns every server and application process of a demo or a test run.

It reads orders, one JSON object a line, from a pipe its parent holds, and answers the same
way. When the pipe closes (the parent ended, was interrupted or was killed with -9) it stops
the application processes, then the servers. Should the guard itself be killed, Linux tells
its children (PR_SET_PDEATHSIG).
"""

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tools.child import dies_with_parent
from tools.servers import Servers
from tools.terminal import Problem

PATIENCE = 10  # seconds an application process may take to end
TICK = 0.1


class Guard:
    def __init__(self) -> None:
        self.servers: Servers | None = None
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.leaving = False

    def run(self) -> None:
        signal.signal(signal.SIGTERM, self.leave)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, self.leave)
        try:
            self.listen()
        finally:
            self.stop_children()
            if self.servers:
                self.servers.stop()

    def leave(self, *_: object) -> None:
        self.leaving = True

    def listen(self) -> None:
        orders = b""
        with selectors.DefaultSelector() as selector:
            selector.register(sys.stdin.fileno(), selectors.EVENT_READ)
            while not self.leaving:
                if selector.select(TICK):
                    received = os.read(sys.stdin.fileno(), 65536)
                    if not received:
                        return
                    *lines, orders = (orders + received).split(b"\n")
                    for line in lines:
                        self.obey(json.loads(line))
                self.notice_ends()

    def obey(self, order: dict[str, Any]) -> None:
        try:
            match order.pop("do"):
                case "serve":
                    self.servers = Servers(
                        Path(order["state"]),
                        lasting=order["lasting"],
                        prepare=dies_with_parent,
                    )
                    answer(ready=self.servers.start(order["which"]))
                case "start":
                    self.start(**order)
        except (Problem, OSError) as problem:
            answer(problem=str(problem))

    def start(self, name: str, argv: list[str], env: dict[str, str], log: str) -> None:
        with open(log, "ab") as output:
            try:
                self.children[name] = subprocess.Popen(
                    argv,
                    env=env,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                    preexec_fn=dies_with_parent(signal.SIGKILL),
                )
            except OSError as error:
                raise Problem(f"{name} cannot be started: {error}") from None

    def notice_ends(self) -> None:
        for name, child in list(self.children.items()):
            if (code := child.poll()) is not None:
                del self.children[name]
                signal_group(child, signal.SIGKILL)
                answer(ended=name, code=code)
        if self.servers and (server := self.servers.fallen()):
            answer(problem=f"{server} ended by itself; see {self.servers.log}")
            self.leaving = True

    def stop_children(self) -> None:
        for child in self.children.values():
            child.terminate()
        give_up = time.monotonic() + PATIENCE
        for child in self.children.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(max(0.0, give_up - time.monotonic()))
            signal_group(child, signal.SIGKILL)
            child.wait()


def signal_group(child: subprocess.Popen[bytes], which: int) -> None:
    """Reach what the child left behind too: it leads a session of its own."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, which)


def answer(**what: object) -> None:
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(json.dumps(what) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    Guard().run()
