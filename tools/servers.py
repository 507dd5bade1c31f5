"""PostgreSQL and Valkey as plain child processes, also where we are root.

Used by the guard only: whoever starts them must be there to stop them.
"""

import contextlib
import fcntl
import glob
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from tools import roles
from tools.binaries import postgres_program, valkey_program
from tools.reach import data_within_reach, program_within_reach, server_account
from tools.terminal import Problem, tail

START_PATIENCE = 30
ADMIN = "postgres"
PREFIX = "adv-"  # of folders in /tmp
LEFTOVER_AGE = 60
Prepare = Callable[[int], Callable[[], None] | None]


@dataclass
class Servers:
    """Both servers of one state folder.

    ``lasting`` servers keep their data and sync it to disk; the others are quick and forget.
    """

    state: Path
    lasting: bool
    prepare: Prepare = lambda _: None
    running: list[tuple[str, subprocess.Popen[bytes], int]] = field(
        default_factory=list
    )
    locks: list[IO[str]] = field(default_factory=list)

    @property
    def log(self) -> Path:
        return self.state / "servers.log"

    def start(self, which: list[str]) -> dict[str, str]:
        """Start the named servers and return the addresses as environment variables."""
        self.state.mkdir(parents=True, exist_ok=True)
        self.lock(
            self.state / "lock",
            busy=f"{self.state} is in use by another ./dev: stop that one first.",
        )
        self.account = server_account(self.state)
        self.data = data_within_reach(self.state, self.account)
        self.run = self.make_run_folder()
        addresses: dict[str, str] = {}
        if "PostgreSQL" in which:
            addresses |= self.start_postgres()
        if "Valkey" in which:
            addresses |= self.start_valkey()
        return addresses

    def stop(self) -> None:
        for _, process, polite in reversed(self.running):
            if process.poll() is None:
                process.send_signal(polite)
        for _, process, _ in reversed(self.running):
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if hasattr(self, "run"):
            shutil.rmtree(self.run, ignore_errors=True)
        if not self.lasting:
            shutil.rmtree(self.state, ignore_errors=True)

    def fallen(self) -> str | None:
        return next(
            (name for name, process, _ in self.running if process.poll() is not None),
            None,
        )

    def lock(self, path: Path, *, busy: str) -> None:
        handle = path.open("a+")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.close()
            raise Problem(busy) from None
        self.locks.append(handle)

    def make_run_folder(self) -> Path:
        """Sockets live in a folder with a short path: theirs may not exceed 104 bytes."""
        sweep_leftovers()
        folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}run-", dir="/tmp"))
        self.lock(folder / "lock", busy="unreachable")
        self.give(folder)
        return folder

    def give(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        if self.account:
            os.chown(folder, self.account["user"], self.account["group"])

    def start_postgres(self) -> dict[str, str]:
        programs = program_within_reach(postgres_program(), self.account).parent
        major = postgres_major(programs)
        data = self.data / f"postgres-{major}"
        if not (data / "PG_VERSION").exists():
            self.give(data)
            self.init_database(programs, major, data)
        wait_for_former_postgres(data / "postmaster.pid")
        settings = ["max_connections=200", "listen_addresses=", "shared_buffers=64MB"]
        if not self.lasting:
            settings += ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
        argv = [programs / "postgres", "-D", data, "-k", self.run]
        for setting in settings:
            argv += ["-c", setting]
        self.launch("PostgreSQL", argv, signal.SIGINT, self.run / ".s.PGSQL.5432")
        return self.until_accepting(
            lambda: roles.prepare_embedded(str(self.run), ADMIN)
        )

    def until_accepting(self, connect: Callable[[], dict[str, str]]) -> dict[str, str]:
        """PostgreSQL opens its socket before it has recovered: ask until it lets us in."""
        give_up = time.monotonic() + START_PATIENCE
        while True:
            try:
                return connect()
            except roles.NotYet as error:
                if self.fallen() or time.monotonic() > give_up:
                    raise Problem(f"PostgreSQL does not accept us: {error}") from None
                time.sleep(0.05)

    def init_database(self, programs: Path, major: int, data: Path) -> None:
        locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if major < 17:
            locale = ["--locale=C.UTF-8"]
        argv: list[str | Path] = [
            programs / "initdb",
            "-D",
            data,
            "-U",
            ADMIN,
            "-E",
            "UTF8",
        ]
        argv += ["--auth=trust", "--no-sync", "--no-instructions", *locale]
        with self.log.open("ab") as output:
            done = subprocess.run(argv, **self.surroundings(output))
        if done.returncode:
            shutil.rmtree(data, ignore_errors=True)
            raise Problem(f"initdb failed; {self.log} ends with:\n{tail(self.log, 8)}")

    def start_valkey(self) -> dict[str, str]:
        folder, address = self.data / "valkey", self.run / "valkey.sock"
        self.give(folder)
        program = program_within_reach(valkey_program(), self.account)
        argv = [
            program,
            "--port",
            "0",
            "--unixsocket",
            address,
            "--dir",
            folder,
        ]
        argv += ["--maxmemory-policy", "noeviction", "--save", ""]
        argv += ["--appendonly", "yes" if self.lasting else "no"]
        self.launch("Valkey", argv, signal.SIGTERM, address)
        return {
            "REDIS_URL": f"unix://{address}",
            "CELERY_BROKER_URL": f"redis+socket://{address}",
        }

    def launch(self, name: str, argv: list[Any], polite: int, address: Path) -> None:
        with self.log.open("ab") as output:
            process = subprocess.Popen(
                argv,
                start_new_session=True,
                preexec_fn=self.prepare(polite),
                **self.surroundings(output),
            )
        self.running.append((name, process, polite))
        give_up = time.monotonic() + START_PATIENCE
        while not answers(address):
            if process.poll() is not None or time.monotonic() > give_up:
                raise Problem(
                    f"{name} did not start; {self.log} ends with:\n{tail(self.log, 8)}"
                )
            time.sleep(0.02)

    def surroundings(self, output: IO[bytes]) -> dict[str, Any]:
        kept = {name: os.environ[name] for name in ("PATH", "TZ") if name in os.environ}
        return {
            "env": kept | {"LC_ALL": "C"},
            "cwd": "/",
            "stdin": subprocess.DEVNULL,
            "stdout": output,
            "stderr": output,
            **self.account,
        }


def sweep_leftovers() -> None:
    """Remove what killed guards left behind: old, and nobody holds the lock any more."""
    for path in glob.glob(f"/tmp/{PREFIX}*/lock"):
        with contextlib.suppress(OSError), open(path, "r+") as handle:
            if time.time() - os.fstat(handle.fileno()).st_mtime > LEFTOVER_AGE:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(Path(path).parent, ignore_errors=True)


def postgres_major(programs: Path) -> int:
    printed = subprocess.run(
        [programs / "postgres", "--version"], capture_output=True, text=True
    )
    if not (match := re.search(r"(\d+)", printed.stdout)):
        raise Problem(
            f"{programs / 'postgres'} does not run here: {printed.stderr.strip()}"
        )
    if (major := int(match.group(1))) < 15:
        raise Problem(
            f"PostgreSQL 15 or newer is needed, and {programs} holds {major}."
        )
    return major


def wait_for_former_postgres(pidfile: Path) -> None:
    """After a killed guard the old server may still be shutting down."""
    give_up = time.monotonic() + START_PATIENCE
    while (pid := former_pid(pidfile)) and time.monotonic() < give_up:
        if "postgres" not in program_of(pid):
            pidfile.unlink(missing_ok=True)
            return
        time.sleep(0.1)


def former_pid(pidfile: Path) -> int | None:
    try:
        pid = int(pidfile.read_text().split()[0])
        os.kill(pid, 0)
    except PermissionError:
        return pid
    except (OSError, ValueError, IndexError):
        return None
    return pid


def program_of(pid: int) -> str:
    shown = subprocess.run(
        ["ps", "-p", str(pid), "-o", "comm="], capture_output=True, text=True
    )
    return shown.stdout.strip()


def answers(address: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(address)) == 0
