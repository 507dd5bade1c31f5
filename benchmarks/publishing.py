"""Publishing: posts per second against no-op tasks, with a slow network, and the press."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from time import perf_counter
from typing import Any

import redis
from celery import current_app
from django.conf import settings
from django.db import connections
from django.utils import timezone

from benchmarks.bars import Bar
from benchmarks.world import make_items, make_members, make_tenant
from common.ids import random_code
from content_library.models import Item
from sharing import services, tasks
from sharing.connectors.types import Tokens
from sharing.models import Account, Publication, State
from sharing.tokens import seal
from tenants.models import Membership, Tenant
from tenants.scoping import acting_for

THREADS = 24
POSTS = 800
WARMING = 3 * THREADS  # each thread opens its connections once
LATENCY = 0.2
PRESSES = 200
# BENCH_ROWS=1000000 looks further; copying so many rows takes minutes.
SIZES = (10_000, 100_000, int(os.environ.get("BENCH_ROWS", "200000")))
NETWORK = {
    "NETWORK_LINKEDIN_CLIENT_ID": "bench",
    "NETWORK_LINKEDIN_CLIENT_SECRET": "bench",
}
ROOT = Path(__file__).resolve().parent.parent
# The far side, without any work of its own: a thread for each connection.
FAR_SIDE = """
import http.server, itertools, sys, time
numbers = itertools.count(7000000000000000000)
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version, wbufsize, disable_nagle_algorithm = "HTTP/1.1", -1, True
    def log_message(self, *_): pass
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(float(sys.argv[2]))
        self.send_response(201)
        self.send_header("x-restli-id", f"urn:li:share:{next(numbers)}")
        self.send_header("Content-Length", "0")
        self.end_headers()
class Server(http.server.ThreadingHTTPServer):
    request_queue_size, daemon_threads = 256, True
Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def measure() -> Iterator[Bar]:
    """Publishing: posts per second against no-op tasks, a slow network, and the press."""
    tenant = make_tenant("publishing")
    members = make_members(tenant, POSTS + WARMING)
    (item, *_) = make_items(tenant, 1)
    accounts = connect(tenant, members)
    os.environ |= NETWORK  # this process composes the texts
    settings.NETWORKS_ENVIRON |= NETWORK
    with worker(0) as port, far_side(port, 0):
        posts = rate_of_posts(tenant, members, accounts, item)
        noop = rate_of(POSTS * 2, lambda: ring_noops(POSTS * 2))
    yield Bar("no-op tasks per second", noop)
    yield Bar("posts per second, network without latency", posts)
    yield Bar("the same, of the no-op rate", posts / noop, "≥", 0.6)
    with worker(1) as port, far_side(port, LATENCY):
        slow = rate_of_posts(tenant, members, accounts, item)
    yield Bar(f"posts per second at {LATENCY:.1f} s, {THREADS} threads", slow, "≥", 100)
    yield Bar(
        "the same, of what concurrency allows", slow * LATENCY / THREADS, "≥", 0.9
    )
    yield from presses(tenant, members, accounts, item)


# -- The worker and the far side ------------------------------------------------------------


@contextmanager
def worker(number: int) -> Iterator[int]:
    """One Celery worker with a pool of threads; its network is behind the port given."""
    port = free_port()
    redis.Redis.from_url(settings.REDIS_URL).flushall()
    words = f"celery --app advocacy worker --pool threads --concurrency {THREADS}"
    words += f" --loglevel WARNING --hostname bench{number}@%h"
    words += " --without-gossip --without-mingle --without-heartbeat"
    environ = os.environ | {
        "NETWORK_LINKEDIN_BASE_URL": f"http://127.0.0.1:{port}",
        "NETWORKS_WITHOUT_APP": "0",  # else a quarter of the threads is kept for them
    }
    with running([sys.executable, "-m", *words.split()], environ):
        yield port


@contextmanager
def far_side(port: int, seconds: float) -> Iterator[None]:
    argv = [sys.executable, "-c", FAR_SIDE, str(port), str(seconds)]
    with running(argv, dict(os.environ)):
        wait_for(lambda: is_open(port), 20)
        rate_of(10, lambda: ring_noops(10))  # the worker is up
        yield


@contextmanager
def running(argv: Sequence[str], environ: dict[str, str]) -> Iterator[None]:
    process = subprocess.Popen(argv, cwd=ROOT, env=environ)
    try:
        yield
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_open(port: int) -> bool:
    with suppress(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    return False


def wait_for(condition: Any, patience: float, pause: float = 0.01) -> None:
    give_up = time.monotonic() + patience
    while not condition():
        if time.monotonic() > give_up:
            raise TimeoutError
        time.sleep(pause)


# -- Rates --------------------------------------------------------------------------------------


def rate_of(count: int, ring: Any, patience: float = 120) -> float:
    """Ring so many bells, and return how many a second were heard to the end."""
    broker = redis.Redis.from_url(settings.REDIS_URL)
    started = perf_counter()
    ring()
    wait_for(lambda: not broker.llen("celery") and not broker.hlen("unacked"), patience)
    return count / (perf_counter() - started)


def ring_noops(count: int) -> None:
    """Celery's own task that gives back what it was given."""
    task = current_app.tasks["celery.accumulate"]
    with current_app.producer_pool.acquire(block=True) as producer:
        for _ in range(count):
            task.apply_async((1,), producer=producer)


def rate_of_posts(
    tenant: Tenant,
    members: Sequence[Membership],
    accounts: Sequence[Account],
    item: Item,
) -> float:
    """Press for everybody, ring for everybody, and count what is PUBLISHED."""
    first, rest = slice(WARMING), slice(WARMING, None)
    drain(tenant, press_all(tenant, members[first], accounts[first], item))
    waiting = press_all(tenant, members[rest], accounts[rest], item)
    return len(waiting) / drain(tenant, waiting)


def drain(tenant: Tenant, waiting: Sequence[Any]) -> float:
    """Ring for each, and return the seconds until all are PUBLISHED."""
    analyze()
    started = perf_counter()
    ring_all(tenant, waiting)
    wait_for(lambda: not is_moving(tenant), 180, pause=0.05)
    return perf_counter() - started


def analyze() -> None:
    """As autovacuum would have by now."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE")


def ring_all(tenant: Tenant, waiting: Sequence[Any]) -> None:
    with current_app.producer_pool.acquire(block=True) as producer:
        for publication_id in waiting:
            tasks.publish.apply_async(
                (str(tenant.pk), str(publication_id)), producer=producer
            )


def is_moving(tenant: Tenant) -> bool:
    """Ask cheaply: what measures must not eat what it measures."""
    with acting_for(tenant):
        rows = Publication.objects.for_tenant(tenant)
        return rows.exclude(state=State.PUBLISHED).exists()


# -- The world -----------------------------------------------------------------------------------


def connect(tenant: Tenant, members: Sequence[Membership]) -> list[Account]:
    ends = datetime.now(UTC) + timedelta(days=30)
    accounts = []
    for member in members:
        account = Account(
            tenant=tenant,
            membership=member,
            network="linkedin",
            remote_id=random_code(12),
            connected_at=timezone.now(),
            expires_at=ends,
        )
        sealed = seal(account, Tokens("access", None))
        account.access_token = sealed.access_token
        account.refresh_token = sealed.refresh_token
        accounts.append(account)
    with acting_for(tenant):
        return Account.objects.bulk_create(accounts)


def press_all(
    tenant: Tenant,
    members: Sequence[Membership],
    accounts: Sequence[Account],
    item: Item,
) -> list[Any]:
    """Accept a press of each member, without ringing."""
    made = []
    tasks.Broker.silent_until = time.monotonic() + 600
    for member, account in zip(members, accounts, strict=True):
        made.append(press(tenant, member, account, item))
    tasks.Broker.silent_until = 0.0
    return made


def press(tenant: Tenant, member: Membership, account: Account, item: Item) -> Any:
    with acting_for(tenant):
        share = services.share_item(
            by=member,
            item=item,
            parts=[services.Part(account, "In my own words.")],
            idempotency_key=random_code(12),
            now=timezone.now(),
        )
        return share.publications.get().pk


# -- The press ------------------------------------------------------------------------------------


def presses(
    tenant: Tenant,
    members: Sequence[Membership],
    accounts: Sequence[Account],
    item: Item,
) -> Iterator[Bar]:
    """Accept presses with more and more rows in the table."""
    found = {}
    for rows in SIZES:
        fill(tenant, rows)
        found[rows] = p95(tenant, members, accounts, item)
        wanted = 50.0 if rows == 100_000 else None
        yield Bar(f"press p95 in ms at {rows:,} rows", found[rows] * 1000, "≤", wanted)
    growth = found[SIZES[-1]] / found[SIZES[0]]
    yield Bar(f"press at {SIZES[-1]:,} rows against {SIZES[0]:,}", growth, "≤", 1.2)


def p95(
    tenant: Tenant,
    members: Sequence[Membership],
    accounts: Sequence[Account],
    item: Item,
) -> float:
    tasks.Broker.silent_until = time.monotonic() + 600
    times = []
    for number in range(PRESSES + 10):
        which = number % len(members)
        started = perf_counter()
        press(tenant, members[which], accounts[which], item)
        times.append(perf_counter() - started)
    return quantiles(times[10:], n=20)[-1]


# Rows are copied inside PostgreSQL: a million presses would take an hour.
COPY = """
INSERT INTO {table}
SELECT (jsonb_populate_record(model, jsonb_build_object({changes}))).*
FROM {table} model, generate_series(%(low)s, %(high)s) number WHERE model.id = %(id)s
"""
CHANGES = {
    "sharing_share": "'id', {of}('share'), 'idempotency_key', number || ''",
    "sharing_trackedlink": "'id', {of}('link'), 'code', 'copy' || number",
    "sharing_publication": "'id', {of}('pub'), 'share_id', {of}('share'),"
    " 'link_id', {of}('link')",
}


def fill(tenant: Tenant, rows: int) -> None:
    """Copy one finished publication until there are so many rows."""
    with acting_for(tenant), connections["default"].cursor() as cursor:
        mine = Publication.objects.for_tenant(tenant)
        there, model = mine.count(), mine.filter(state=State.PUBLISHED).first()
        assert model
        ids = (model.share_id, model.link_id, model.pk)
        for (table, changes), pk in zip(CHANGES.items(), ids, strict=True):
            changes = changes.replace("{of}", "pg_temp.id_of")
            cursor.execute(ID_OF)
            cursor.execute(
                COPY.format(table=table, changes=changes.replace("('", "(number, '")),
                {"low": there, "high": rows, "id": pk},
            )
    with connections["owner"].cursor() as cursor:
        # As autovacuum would have by now, and not while the presses are timed.
        cursor.execute("VACUUM (ANALYZE)")


ID_OF = """
CREATE OR REPLACE FUNCTION pg_temp.id_of(number int, kind text) RETURNS uuid
LANGUAGE sql IMMUTABLE AS $$ SELECT md5(kind || number)::uuid $$
"""
