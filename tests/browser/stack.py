"""The product as it runs for people: web server, worker, beat and sandbox, on free ports."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import redis
from celery import current_app
from django.conf import settings
from django.db import connections

from sharing.sandbox import Sandbox, Settings

PATIENCE = 60.0


@dataclass(frozen=True)
class Stack:
    """Where the running product is, and the far side of its networks."""

    url: str
    sandbox: Sandbox
    folder: Path
    worker: subprocess.Popen[bytes]
    beat: subprocess.Popen[bytes]

    def address(self, path: str) -> str:
        return f"{self.url}{path}"

    def forget(self) -> None:
        """Let nothing of an earlier test stand on the networks or lie in the post."""
        self.sandbox.reset()
        for mail in (self.folder / "mail").glob("*.log"):
            mail.unlink()

    def wake(self) -> None:
        """Let the worker and the beat go on."""
        for program in (self.worker, self.beat):
            program.send_signal(signal.SIGCONT)

    def rest(self) -> None:
        """Stop beat and worker where neither holds a row.

        Other tests ring bells too, and their tables are emptied under whoever answers.
        """
        self.beat.send_signal(signal.SIGSTOP)
        until = time.monotonic() + PATIENCE
        while True:
            assert time.monotonic() < until, "the worker does not come to rest"
            if not bells_waiting():
                self.worker.send_signal(signal.SIGSTOP)
                time.sleep(0.05)
                if not others_at_work():
                    return
                self.worker.send_signal(signal.SIGCONT)
            time.sleep(0.1)

    def mails(self) -> list[str]:
        """Return the e-mails that were sent, oldest first."""
        files = sorted(
            (self.folder / "mail").glob("*.log"), key=lambda f: f.stat().st_mtime
        )
        return [file.read_text() for file in files]


@contextmanager
def running(folder: Path) -> Iterator[Stack]:
    """Start everything against the test database, and stop it in the end."""
    port = free_port()
    clients = Settings(clients={"browser-tests": "secret"})
    with Sandbox(clients) as sandbox:
        env = environment(folder, port, sandbox.url)
        programs = [start(argv, env, folder) for argv in commands(port)]
        try:
            url = f"http://localhost:{port}"
            wait_for(f"{url}/livez", programs[0])
            _web, worker, beat = programs
            yield Stack(url, sandbox, folder, worker, beat)
        finally:
            for program in programs:
                program.send_signal(signal.SIGCONT)
                program.terminate()
            for program in programs:
                program.wait(20)


def bells_waiting() -> int:
    """Return how many messages the worker has not taken yet."""
    queue = current_app.conf.task_default_queue
    return int(redis.Redis.from_url(settings.REDIS_URL).llen(queue))


def others_at_work() -> bool:
    """Tell whether another connection to the test database is in a transaction."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND state <> 'idle'"
        )
        return bool(cursor.fetchone()[0])


def commands(port: int) -> list[list[str]]:
    web = ["gunicorn", "advocacy.wsgi", "--bind", f"127.0.0.1:{port}", "--threads", "8"]
    quiet = ["--no-control-socket", "--log-level", "warning"]
    worker = ["celery", "-A", "advocacy", "worker", "--pool", "threads", "-c", "4"]
    beat = ["celery", "-A", "advocacy", "beat", "--schedule", "beat"]
    return [[*web, *quiet], [*worker, "--loglevel", "warning"], beat]


def environment(folder: Path, port: int, sandbox: str) -> dict[str, str]:
    database = settings.DATABASES["default"]
    name = connections["default"].settings_dict["NAME"]
    url = urlsplit(os.environ["DATABASE_URL"])
    assert name != url.path.lstrip("/"), f"{database['NAME']} is no test database"
    networks = {}
    for network in ("LINKEDIN", "TIKTOK", "X"):
        networks |= {
            f"NETWORK_{network}_CLIENT_ID": "browser-tests",
            f"NETWORK_{network}_CLIENT_SECRET": "secret",
            f"NETWORK_{network}_BASE_URL": sandbox,
        }
    for network in ("MASTODON", "BLUESKY"):
        networks |= {
            f"NETWORK_{network}_ENABLED": "1",
            f"NETWORK_{network}_BASE_URL": sandbox,
        }
    return {
        **os.environ,
        **networks,
        "NETWORK_TIKTOK_AUDIT": "audited",
        "PUBLIC_URL": f"http://localhost:{port}",
        "DATABASE_URL": url._replace(path=f"/{name}").geturl(),
        "MAIL_DIR": str(folder / "mail"),
        "MEDIA_ROOT": str(folder / "media"),
        "SPOOL_DIR": str(folder / "spool"),
        "PUBLISHING_SWEEP_SECONDS": "1",
        "LOG_LEVEL": "INFO",
        "PYTHONPATH": str(settings.BASE_DIR),
    }


def start(
    argv: list[str], env: dict[str, str], folder: Path
) -> subprocess.Popen[bytes]:
    """Start a program; what it says goes to a file beside its data."""
    name = argv[3] if argv[0] == "celery" else argv[0]
    with (folder / f"{name}.log").open("wb") as log:
        return subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", *argv], cwd=folder, env=env, stdout=log, stderr=log
        )


def wait_for(url: str, program: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        assert program.poll() is None, "the web server did not start"
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise TimeoutError(url)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
