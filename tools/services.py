"""PostgreSQL and Valkey for one command: given by the environment, or started under a guard."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tools import environment, roles
from tools.servers import PREFIX, elsewhere_for
from tools.terminal import ROOT, STATE, Problem, run, say, step, tail


class Services:
    """``with Services() as services: subprocess.run(…, env=services.env)``

    Without a state folder the servers are a throw-away pair of this run alone.
    """

    def __init__(self, state: Path | None = None) -> None:
        self.lasting = state is not None
        self.state = state
        self.guard: subprocess.Popen[str] | None = None
        self.env: dict[str, str] = {}

    def __enter__(self) -> Self:
        try:
            self.env = {**os.environ, **self.addresses()}
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

    def addresses(self) -> dict[str, str]:
        """Addresses of the servers, started where the environment names none."""
        addresses = given_addresses(os.environ)
        wanted = {"postgres": "DATABASE_URL", "valkey": "REDIS_URL"}
        which = [name for name, variable in wanted.items() if variable not in addresses]
        self.start_guard()
        if which:
            with step("PostgreSQL and Valkey"):
                self.serve(which)
                addresses |= self.hear()["ready"]
        return addresses

    def serve(self, which: list[str]) -> None:
        state = str(self.state)
        self.order(do="serve", state=state, lasting=self.lasting, which=which)

    def start_guard(self) -> None:
        if self.state is None:
            self.state = Path(tempfile.mkdtemp(prefix=f"{PREFIX}state-", dir="/tmp"))
        self.state.mkdir(parents=True, exist_ok=True)
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

    @property
    def guard_log(self) -> Path:
        assert self.state
        return self.state / "guard.log"

    def order(self, **what: Any) -> None:
        assert self.guard
        assert self.guard.stdin
        try:
            self.guard.stdin.write(json.dumps(what) + "\n")
            self.guard.stdin.flush()
        except BrokenPipeError:
            raise self.guard_is_gone() from None

    def hear(self) -> dict[str, Any]:
        """Wait for the guard's next word."""
        assert self.guard
        assert self.guard.stdout
        line = self.guard.stdout.readline()
        if not line:
            raise self.guard_is_gone()
        word: dict[str, Any] = json.loads(line)
        if "problem" in word:
            raise Problem(word["problem"])
        return word

    def guard_is_gone(self) -> Problem:
        return Problem(
            f"The guard of the servers ended.\n{tail(self.guard_log, 8)}".rstrip()
        )

    def stop(self) -> None:
        if self.guard and self.guard.stdin and self.guard.stdout:
            self.guard.stdin.close()
            self.guard.stdout.read()
            self.guard.wait()
            self.guard.stdout.close()
            self.guard = None
        if self.state and not self.lasting:
            shutil.rmtree(self.state, ignore_errors=True)


def given_addresses(environment: Mapping[str, str]) -> dict[str, str]:
    """What the environment names already, completed by an application role of our own."""
    addresses = {}
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
        for name, value in {**services.env, **environment.for_tests()}.items():
            if os.environ.get(name) != value:
                say(f"export {name}='{value}'")
        print("Throw-away servers; Ctrl-C stops them.", file=sys.stderr, flush=True)
        services.hear()
    return 0


if __name__ == "__main__":
    run(main)
