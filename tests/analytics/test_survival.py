"""What a real web process does when it, Redis or the database dies."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone
from redis import Redis, RedisError

from analytics.ingest import ingest
from analytics.shipping import Shipper
from analytics.spool import Spool
from analytics.stream import FIELD, STREAM
from sharing.models import TrackedLink
from tenants.models import Tenant
from tests.analytics.conftest import FIREFOX, clicks_of
from tests.conftest import COMMITTED
from tools.binaries import valkey_program

# Several servers start one after another, on a machine that may be busy.
pytestmark = [COMMITTED, pytest.mark.timeout(180)]

NOWHERE = "redis://127.0.0.1:1/0"


class Web:
    """A gunicorn with two workers, as in production."""

    def __init__(self, spool: Path, **env: str) -> None:
        self.port = free_port()
        self.env = os.environ | {"SPOOL_DIR": str(spool), "DATABASE_URL": address()}
        self.env |= env
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(  # noqa: S603
            [
                *(sys.executable, "-m", "gunicorn", "advocacy.wsgi:application"),
                *("--bind", f"127.0.0.1:{self.port}", "--worker-class", "gthread"),
                *("--workers", "2", "--threads", "4", "--preload"),
                "--no-control-socket",
            ],
            env=self.env,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            wait_for(self.answers, 40)
        except BaseException:
            self.kill()
            raise

    def answers(self) -> bool:
        assert self.process.poll() is None, "gunicorn did not start"
        try:
            return self.get("/l/x").status == 404
        except OSError:
            return False

    def get(self, path: str, user_agent: str = FIREFOX) -> http.client.HTTPResponse:
        caller = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        with closing(caller):
            caller.request("GET", path, headers={"User-Agent": user_agent})
            answer = caller.getresponse()
            answer.read()
            return answer

    def click(self, code: str, times: int) -> int:
        """Open the link as so many people at once; return how many were sent on."""
        with ThreadPoolExecutor(8) as readers:
            answers = readers.map(
                lambda number: self.get(f"/l/{code}", f"{FIREFOX} {number}"),
                range(times),
            )
            return sum(answer.status == 302 for answer in answers)

    def kill(self) -> None:
        """As the kernel does when memory runs out: no farewell."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def address() -> str:
    used = connection.settings_dict
    return (
        f"postgresql://{used['USER']}:{used['PASSWORD']}@/{used['NAME']}"
        f"?host={used['HOST']}&port={used['PORT']}".removesuffix("&port=")
    )


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def wait_for(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Callable[..., Web]]:
    started: list[Web] = []

    def web(**env: str) -> Web:
        started.append(Web(tmp_path / "spool", **env))
        return started[-1]

    yield web
    for one in started:
        if one.process.poll() is None:
            one.kill()


def take_all(redis: Redis, tenant: Tenant, expected: int) -> None:
    def arrived() -> bool:
        ingest(redis, timezone.now())
        return len(clicks_of(tenant)) >= expected

    wait_for(arrived)


def test_no_click_is_lost_when_a_web_process_is_killed(
    web: Any,
    link: TrackedLink,
    redis: Redis,
    acme: Tenant,
    tmp_path: Path,
) -> None:
    killed = web(REDIS_URL=NOWHERE)
    sent_on = killed.click(link.code, 60)
    killed.kill()
    assert redis.xlen(STREAM) == 0

    web()
    take_all(redis, acme, 60)

    assert sent_on == 60
    assert [tier for tier, _ in clicks_of(acme)] == ["human"] * 60
    wait_for(lambda: not any(file.stat().st_size for file in files(tmp_path)))


def files(folder: Path) -> list[Path]:
    return list((folder / "spool").glob("*.jsonl"))


def test_the_worker_ships_what_dead_web_processes_left(
    web: Any, link: TrackedLink, redis: Redis, acme: Tenant, tmp_path: Path
) -> None:
    killed = web(REDIS_URL=NOWHERE)
    killed.click(link.code, 5)
    alive = Spool(tmp_path / "spool")
    assert alive.adopt_orphans() == 0
    killed.kill()
    # Each process of the server dies at its own moment.
    wait_for(lambda: not alive.adopt_orphans() and has_all(alive, files(tmp_path)))

    shipper = Shipper(alive, redis)
    shipper.cycle()
    ingest(redis, timezone.now())
    shipper.cycle()

    assert len(clicks_of(acme)) == 5
    assert files(tmp_path) == []


def has_all(spool: Spool, left: list[Path]) -> bool:
    return len(left) > 0 and len(spool.segments()) == len(left)


def lines_in(redis: Redis) -> int:
    entries: list[Any] = redis.xrange(STREAM)
    return sum(fields[FIELD].count(b"\n") + 1 for _, fields in entries)


def test_redis_may_die_with_all_it_held_and_come_back_empty(
    web: Any, link: TrackedLink, acme: Tenant, tmp_path: Path
) -> None:
    with Valkey(tmp_path / "valkey.sock") as valkey:
        server = web(REDIS_URL=valkey.url)
        assert server.click(link.code, 10) == 10
        wait_for(lambda: lines_in(valkey.client) == 10)
        valkey.stop()

        assert server.click(link.code, 10) == 10
        valkey.start()

        take_all(valkey.client, acme, 20)
        assert len(clicks_of(acme)) == 20


def test_a_flushed_redis_gets_the_clicks_again_and_counts_them_once(
    web: Any, link: TrackedLink, redis: Redis, acme: Tenant
) -> None:
    server = web()
    server.click(link.code, 10)
    wait_for(lambda: lines_in(redis) == 10)
    redis.flushdb()
    server.click(link.code, 3)

    take_all(redis, acme, 13)

    tiers = [tier for tier, _ in clicks_of(acme)]
    assert len(tiers) == 13
    assert tiers.count("human") in (10, 13)  # the key of the day was flushed too


def test_without_the_database_known_links_work_and_others_get_a_calm_answer(
    web: Any, link: TrackedLink, redis: Redis
) -> None:
    web().get(f"/l/{link.code}")
    cut_off = web(DATABASE_URL="postgresql://nobody@/none?host=/nowhere")

    known, unknown = cut_off.get(f"/l/{link.code}"), cut_off.get("/l/nothere123")

    assert (known.status, unknown.status) == (302, 503)
    assert unknown.headers["Retry-After"] == "30"


class Valkey:
    """A Valkey that may be killed and started again, with nothing on disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.url = f"unix://{path}"
        self.client: Redis = Redis.from_url(self.url)

    def __enter__(self) -> "Valkey":
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()
        self.client.close()

    def start(self) -> None:
        words = ["--port", "0", "--unixsocket", str(self.path), "--save", ""]
        self.process = subprocess.Popen(  # noqa: S603
            [valkey_program().path, *words],
            stdout=subprocess.DEVNULL,
            cwd=self.path.parent,
        )
        wait_for(self.answers)

    def answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except RedisError:
            return False

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


def test_the_tests_speak_to_the_database_that_the_web_process_is_given() -> None:
    assert settings.DATABASES["default"]["NAME"] in address()
