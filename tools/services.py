"""PostgreSQL and Valkey for one command: given by the environment, or started under a guard."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from types import TracebackType
from typing import Any, Self

from tools import environment, roles
from tools.reach import elsewhere_for
from tools.servers import PREFIX
from tools.terminal import ROOT, STATE, Problem, note, run, say, step, tail


class Services:
    """``with Services() as services: subprocess.run(…, env=services.env)``

    Without a state folder the servers are a throw-away pair of this run alone. Whatever is
    started through ``start`` ends with the servers, and before them.
    """

    def __init__(
        self, state: Path | None = None, given: Mapping[str, str] = os.environ
    ) -> None:
        self.lasting = state is not None
        self.state = state or Path(
            tempfile.mkdtemp(prefix=f"{PREFIX}state-", dir="/tmp")
        )
        self.given = given
        self.guard: subprocess.Popen[str] | None = None
        self.words: Queue[dict[str, Any] | None] = Queue()
        self.addresses: dict[str, str] = {}

    @property
    def env(self) -> dict[str, str]:
        return {**os.environ, **self.addresses}

    def __enter__(self) -> Self:
        try:
            self.provide()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def provide(self) -> None:
        """Use what the environment names, start the rest."""
        self.state.mkdir(parents=True, exist_ok=True)
        self.start_guard()
        self.addresses = given_addresses(self.given)
        wanted = {"PostgreSQL": "DATABASE_URL", "Valkey": "REDIS_URL"}
        which = [
            name for name, variable in wanted.items() if variable not in self.addresses
        ]
        if which:
            with step(" and ".join(which)):
                self.serve(which)
        else:
            self.serve([])

    def serve(self, which: list[str]) -> None:
        """Also without servers to start: the guard keeps others out of the state folder."""
        self.order(do="serve", state=str(self.state), lasting=self.lasting, which=which)
        self.addresses |= self.hear()["ready"]

    def start_guard(self) -> None:
        with self.guard_log.open("ab") as errors:
            self.guard = subprocess.Popen(
                [sys.executable, "-m", "tools.guard"],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,
            )
        self.listener = Thread(target=self.listen, args=[self.guard], daemon=True)
        self.listener.start()

    def listen(self, guard: subprocess.Popen[str]) -> None:
        assert guard.stdout
        with guard.stdout:
            for line in guard.stdout:
                self.words.put(json.loads(line))
        self.words.put(None)

    @property
    def guard_log(self) -> Path:
        return self.state / "guard.log"

    def order(self, **what: Any) -> None:
        assert self.guard
        assert self.guard.stdin
        try:
            self.guard.stdin.write(json.dumps(what) + "\n")
            self.guard.stdin.flush()
        except BrokenPipeError:
            raise self.guard_is_gone() from None

    def hear(self, timeout: float | None = None) -> dict[str, Any]:
        """Wait for the guard's next word; nothing within the time is an empty one."""
        try:
            word = self.words.get(timeout=timeout)
        except Empty:
            return {}
        if word is None:
            raise self.guard_is_gone()
        if "problem" in word:
            raise Problem(word["problem"])
        return word

    def guard_is_gone(self) -> Problem:
        return Problem(
            f"The guard of the servers ended.\n{tail(self.guard_log, 8)}".rstrip()
        )

    def start(self, name: str, argv: list[str], env: dict[str, str], log: Path) -> None:
        """Start a process that the guard will stop before the servers."""
        self.order(do="start", name=name, argv=argv, env=env, log=str(log))

    def stop(self) -> None:
        if self.guard and self.guard.stdin:
            self.guard.stdin.close()
            self.guard.wait()
            self.listener.join()
            self.guard = None
        if not self.lasting:
            shutil.rmtree(self.state, ignore_errors=True)


def given_addresses(environment: Mapping[str, str]) -> dict[str, str]:
    """What the environment names already, completed by an application role of our own."""
    addresses: dict[str, str] = {}
    if url := environment.get("DATABASE_URL"):
        if owner := environment.get("DATABASE_OWNER_URL"):
            addresses |= {"DATABASE_URL": url, "DATABASE_OWNER_URL": owner}
        else:
            addresses |= roles.provision(url, keep=STATE / "app-role.json")
    if url := environment.get("REDIS_URL"):
        addresses["REDIS_URL"] = url
        addresses["CELERY_BROKER_URL"] = environment.get(
            "CELERY_BROKER_URL", broker_url(url)
        )
    return addresses


def broker_url(redis_url: str) -> str:
    """Celery spells a socket address differently."""
    return redis_url.replace("unix://", "redis+socket://", 1)


def forget(state: Path) -> None:
    """Delete a state folder, wherever the servers' account made us keep its data."""
    for folder in (state, elsewhere_for(state)):
        shutil.rmtree(folder, ignore_errors=True)
        if folder.exists():
            raise Problem(f"{folder} cannot be deleted: it belongs to another account.")


def main() -> int:
    """Keep both servers up until Ctrl-C, and print what a shell needs to use them."""
    with Services() as services:
        for name, value in (services.addresses | environment.for_tests()).items():
            say(f"export {name}='{value}'")
        note("Throw-away servers; Ctrl-C stops them.")
        services.hear()
    return 0


if __name__ == "__main__":
    run(main)
