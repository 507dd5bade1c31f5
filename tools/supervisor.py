"""Start the demo's processes through the guard, wait for them, start again what falls."""

import contextlib
import fcntl
import http.client
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.services import Services
from tools.terminal import DONE, Problem, note, tail

READY_PATIENCE = 90
CALM = 60  # seconds of life after which a process may fail again at once
LONGEST_PAUSE = 30


@dataclass
class Process:
    command: list[str]
    started: float = 0.0
    falls: int = 0
    due: float | None = None


@dataclass
class Supervisor:
    services: Services
    env: dict[str, str]
    logs: Path
    processes: dict[str, Process] = field(default_factory=dict)
    ended: dict[str, int] = field(default_factory=dict)

    @staticmethod
    def is_running(state: Path) -> bool:
        """Whether a guard holds the lock of this state folder."""
        with contextlib.suppress(OSError), (state / "lock").open("r+") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    # -- Short jobs -----------------------------------------------------------

    def begin(self, name: str, command: list[str]) -> None:
        self.log(name).write_text("")
        self.services.start(name, command, self.env, self.log(name))

    def finish(self, name: str) -> None:
        while name not in self.ended:
            self.attend(self.services.hear())
        if code := self.ended.pop(name):
            raise Problem(self.epitaph(name, code))

    def follow(self, name: str) -> None:
        """Wait as `finish` does, and show meanwhile what the job says it has done."""
        with self.log(name).open() as lines:
            while name not in self.ended:
                self.attend(self.services.hear(timeout=0.2))
                for line in lines:
                    if line.startswith(DONE):
                        note(line.rstrip())
        self.finish(name)

    # -- Long ones -------------------------------------------------------------

    def launch(self, name: str, command: list[str]) -> None:
        self.log(name).write_text("")
        self.processes[name] = Process(command)
        self.run(name)

    def run(self, name: str) -> None:
        process = self.processes[name]
        process.started, process.due = time.monotonic(), None
        self.services.start(name, process.command, self.env, self.log(name))

    def wait_until_ready(self, port: int) -> None:
        give_up = time.monotonic() + READY_PATIENCE
        while not is_ready(port):
            self.attend(self.services.hear(timeout=0.25))
            for name, process in self.processes.items():
                if process.due is not None:
                    raise Problem(self.epitaph(name, self.ended[name]))
            if time.monotonic() > give_up:
                raise Problem(
                    f"The site does not become ready; {self.log('web')} ends with:\n"
                    + tail(self.log("web"), 8)
                )

    def watch(self) -> None:
        """Until Ctrl-C: start again what falls, slower each time."""
        while True:
            self.look_after(timeout=1)

    def look_after(self, timeout: float) -> None:
        self.attend(self.services.hear(timeout))
        for name, process in self.processes.items():
            if process.due is not None and process.due <= time.monotonic():
                self.run(name)

    def attend(self, word: dict[str, Any]) -> None:
        if "ended" not in word:
            return
        name, code = word["ended"], word["code"]
        self.ended[name] = code
        if process := self.processes.get(name):
            now = time.monotonic()
            process.falls = 1 if now - process.started > CALM else process.falls + 1
            pause = min(2 ** (process.falls - 1), LONGEST_PAUSE)
            process.due = now + pause
            note(
                f"{name} {how(code)} and starts again in {pause} s; see {self.log(name)}"
            )

    def epitaph(self, name: str, code: int) -> str:
        return f"{name} {how(code)}; {self.log(name)} ends with:\n{tail(self.log(name), 8)}"


def how(code: int) -> str:
    return f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"


def is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection("localhost", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
