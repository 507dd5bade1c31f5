"""The short link against a bare 302 on the same server."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from statistics import median

from django.db.models import Sum
from django.utils import timezone

from analytics.ingest import ingest
from analytics.models import DailyRollup
from analytics.stream import STREAM, patient_client
from benchmarks import world
from benchmarks.bars import Bar
from benchmarks.load import Outcome, fire
from sharing.models import TrackedLink
from tenants.models import Tenant
from tenants.scoping import acting_for

ROUNDS = 10
PER_ROUND = 2000
WARM_UP = 200


def measure() -> Iterator[Bar]:
    """`/l/<code>` as a share of the rate of a bare WSGI 302, and every click counted."""
    tenant = world.make_tenant("redirect")
    (item,) = world.make_items(tenant, 1)
    (link,) = world.make_links(item, 1, [None])
    with acting_for(tenant):
        link.save(force_insert=True)
    with ExitStack() as servers, tempfile.TemporaryDirectory() as spool:
        bare = servers.enter_context(gunicorn("benchmarks.bare", spool))
        ours = servers.enter_context(gunicorn("advocacy.wsgi", spool))
        pairs = list(rounds(bare, ours, link))
        answered = WARM_UP + sum(one.statuses["302"] for _, one in pairs)
        taken = count_clicks(tenant, answered)
    ratios = [one.rate / other.rate for other, one in pairs]
    rates = " · ".join(
        f"{name} {median(found):,.0f}/s"
        for name, found in (
            ("bare", [other.rate for other, _ in pairs]),
            ("ours", [one.rate for _, one in pairs]),
        )
    )
    wanted = ROUNDS * PER_ROUND + WARM_UP
    yield Bar("rate of ours / rate of bare", median(ratios), "≥", 0.5, rates)
    yield Bar("readers sent on", answered, "=", wanted)
    yield Bar("clicks counted", taken, "=", answered)


def rounds(
    bare: int, ours: int, link: TrackedLink
) -> Iterator[tuple[Outcome, Outcome]]:
    path = f"/l/{link.code}"
    fire(bare, path, WARM_UP)
    fire(ours, path, WARM_UP)
    for _ in range(ROUNDS):
        yield fire(bare, path, PER_ROUND), fire(ours, path, PER_ROUND)


def count_clicks(tenant: Tenant, expected: int) -> int:
    """Take in what the web processes ship, until all is there or nothing more comes."""
    redis = patient_client()
    deadline = time.monotonic() + 30
    while (counted := sum_raw(tenant)) < expected and time.monotonic() < deadline:
        if not ingest(redis, timezone.now()):
            time.sleep(0.1)
    time.sleep(1)
    ingest(redis, timezone.now())
    redis.delete(STREAM)
    return sum_raw(tenant) or counted


def sum_raw(tenant: Tenant) -> int:
    with acting_for(tenant):
        days = DailyRollup.objects.for_tenant(tenant)
        return days.aggregate(raw=Sum("clicks_raw", default=0))["raw"]


@contextmanager
def gunicorn(module: str, spool: str) -> Iterator[int]:
    """Run the module's application as the product runs its own; give the port."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    command = [
        *(sys.executable, "-m", "gunicorn", f"{module}:application"),
        *("--bind", f"127.0.0.1:{port}", "--worker-class", "gthread"),
        *("--workers", "2", "--threads", "4", "--keep-alive", "30"),
        *("--no-control-socket", "--log-level", "warning"),
    ]
    server = subprocess.Popen(command, env=os.environ | {"SPOOL_DIR": spool})
    try:
        wait_until_it_answers(port)
        yield port
    finally:
        server.terminate()
        server.wait()


def wait_until_it_answers(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            fire(port, "/l/", 1)
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("gunicorn does not answer")
