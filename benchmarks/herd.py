"""A herd: everybody presses Share within a minute, and the networks have limits."""

import http.client
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import redis
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from benchmarks.bars import Bar
from benchmarks.publishing import (
    FAR_SIDE,
    analyze,
    connect,
    free_port,
    is_open,
    press_all,
    running,
    wait_for,
)
from benchmarks.redirect import gunicorn
from benchmarks.world import make_items, make_members, make_tenant
from common.ids import uuid7
from content_library.models import Item
from sharing.models import Account, Publication, State
from tenants.models import Membership, Tenant
from tenants.scoping import acting_for

# BENCH_HERD=200 for a quick run: as many a second, for a shorter while.
MEMBERS = int(os.environ.get("BENCH_HERD", "2000"))
A_SECOND = 2000 / 60
LIMIT, WINDOW = 300, 20  # posts of each network, in so many seconds: 15 a second
THREADS = 24
HANDS = 64
NETWORKS = ("LINKEDIN", "X")
SECRET = "0123456789abcdefghijABCDEFGHIJ01"
# The bare far side again: it counts its posts, remembers them, and may say "enough".
COUNTING = (
    FAR_SIDE.rpartition("\nServer(")[0]
    + """
import json, threading
LIMIT, WINDOW = int(sys.argv[3]), int(sys.argv[4])
lock, taken, counts, refused = threading.Lock(), [], {}, [0]
class Counting(Handler):
    def do_GET(self):
        self.answer(200, {}, json.dumps({"taken": taken, "refused": refused[0]}))
    def do_POST(self):
        post = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        is_x = "api.x.com" in self.path
        link = post["text"].split()[-1] if is_x else post["content"]["article"]["source"]
        with lock:
            now = time.time()
            window = int(now // WINDOW)
            key = (is_x, window)
            is_full = LIMIT and counts.get(key, 0) >= LIMIT
            refused[0] += bool(is_full)
            if not is_full:
                counts[key] = counts.get(key, 0) + 1
                taken.append((now, link))
                number = next(numbers)
            left = LIMIT - counts.get(key, 0)
        headers, ends = {}, (window + 1) * WINDOW
        if LIMIT and is_x:
            headers = {"x-app-limit-24hour-remaining": left, "x-app-limit-24hour-reset": ends}
        if is_full:
            if not is_x:
                headers = {"Retry-After": max(1, round(ends - now))}
            said = "Resource level throttle APPLICATION limit is reached"
            self.answer(429, headers, json.dumps({"status": 429, "message": said}))
        elif is_x:
            self.answer(201, headers, json.dumps({"data": {"id": str(number)}}))
        else:
            self.answer(201, {"x-restli-id": f"urn:li:share:{number}"}, "")
    def answer(self, status, headers, body):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, str(value))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())
Server(("127.0.0.1", int(sys.argv[1])), Counting).serve_forever()
"""
)


def measure() -> Iterator[Bar]:
    """Everybody presses within a minute: errors, p95, drained at the networks' limits."""
    offer_networks()
    herd, first = Crowd.of("herd", MEMBERS), Crowd.of("first", THREADS)
    analyze()
    with product(LIMIT) as (web, far):
        warm_up(first, web)
        yield from press_and_drain(herd, web, far)
    with acting_for(herd.tenant):
        waiting = press_all(herd.tenant, herd.members, herd.accounts[0], herd.item)
    with product(0) as (web, far):
        yield first_of_another_tenant(first, len(waiting), web, far)


def offer_networks() -> None:
    """This process composes texts too."""
    for network in NETWORKS:
        own = {
            f"NETWORK_{network}_CLIENT_ID": "bench",
            f"NETWORK_{network}_CLIENT_SECRET": "bench",
            f"NETWORK_{network}_MODE": "api",
        }
        os.environ |= own
        settings.NETWORKS_ENVIRON |= own


# -- The product --------------------------------------------------------------------------


@contextmanager
def product(limit: int) -> Iterator[tuple[int, int]]:
    """Web, worker and beat as in production, before networks that say when it is enough."""
    far = free_port()
    base = {f"NETWORK_{one}_BASE_URL": f"http://127.0.0.1:{far}" for one in NETWORKS}
    redis.Redis.from_url(settings.REDIS_URL).flushall()
    celery = [sys.executable, "-m", "celery", "--quiet", "--app", "advocacy"]
    worker = f"worker --pool threads --concurrency {THREADS} --loglevel WARNING"
    beat = "beat --loglevel WARNING --pidfile= --schedule"
    argv = [sys.executable, "-c", COUNTING, str(far), "0", str(limit), str(WINDOW)]
    with ExitStack() as started, tempfile.TemporaryDirectory() as folder:
        started.enter_context(running(argv, dict(os.environ)))
        wait_for(lambda: is_open(far), 20)
        environ = os.environ | base
        # Somebody waits for the press, nobody for the post: as the compose file has it.
        politely = ["nice", "-n", "10", *celery, *worker.split()]
        started.enter_context(running(politely, environ))
        beat_argv = [*celery, *beat.split(), f"{folder}/schedule"]
        started.enter_context(running(beat_argv, environ))
        yield started.enter_context(gunicorn("advocacy.wsgi", folder)), far


def taken(far: int) -> Any:
    with urlopen(f"http://127.0.0.1:{far}/") as answer:
        return json.load(answer)


# -- Who presses --------------------------------------------------------------------------


@dataclass
class Crowd:
    """Members with a session and an account on each network."""

    tenant: Tenant
    item: Item
    members: Sequence[Membership]
    accounts: list[list[Account]]  # by network
    cookies: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, name: str, count: int) -> "Crowd":
        tenant = make_tenant(name)
        members = make_members(tenant, count)
        (item,) = make_items(tenant, 1)
        on_x = connect(tenant, members)
        with acting_for(tenant):
            Account.objects.for_tenant(tenant).update(network="x")
        accounts = [connect(tenant, members), on_x]
        cookies = [session_of(member) for member in members]
        return cls(tenant, item, members, accounts, cookies)

    @property
    def path(self) -> str:
        return reverse("sharing:compose", args=[self.tenant.slug, self.item.pk])

    def form(self, number: int, key: str) -> str:
        """Return what the composer's form sends when its button is pressed."""
        chosen = [("account", str(on[number].pk)) for on in self.accounts]
        words = {
            "key": key or str(uuid7()),
            "text": "In my own words.",
            "share": "now",
        }
        words["csrfmiddlewaretoken"] = SECRET
        return urlencode([*words.items(), *chosen])

    def headers(self, number: int) -> dict[str, str]:
        return {
            "Cookie": f"{self.cookies[number]}; {settings.CSRF_COOKIE_NAME}={SECRET}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": settings.PUBLIC_URL,
        }

    def press(self, number: int, web: int, key: str = "") -> int:
        """Press the button; 302 leads to the page of the new share."""
        caller = http.client.HTTPConnection("127.0.0.1", web, timeout=30)
        try:
            caller.request(
                "POST", self.path, self.form(number, key), self.headers(number)
            )
            answer = caller.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            caller.close()
        return answer.status


def session_of(member: Membership) -> str:
    """Return the cookie of one who has opened the composer."""
    client = Client()
    client.force_login(member.user)
    session = client.session
    session["tenant"] = member.tenant.slug
    session["day"] = timezone.now().date().isoformat()
    session.save()
    return f"session={client.cookies['session'].value}"


# -- The herd -----------------------------------------------------------------------------


def press_and_drain(herd: Crowd, web: int, far: int) -> Iterator[Bar]:
    began = time.time()
    with ThreadPoolExecutor(HANDS) as hands:
        done = list(hands.map(lambda number: at_its_time(herd, number, began, web),
                              range(MEMBERS)))  # fmt: skip
    statuses = Counter(status for status, _ in done)
    times = [seconds for _, seconds in done]
    wanted = statuses[302] * len(NETWORKS)
    wait_for(lambda: published(herd.tenant) >= wanted, 300, pause=1)
    answer = taken(far)
    times_of = [(at, link) for at, link in answer["taken"] if at > began]
    posts = Counter(link for _, link in times_of)
    ended = max(at for at, _ in times_of)
    p95 = quantiles(times, n=20)[-1]
    yield Bar("members pressing", MEMBERS, note=f"{MEMBERS / A_SECOND:.0f} s")
    yield Bar("errors", MEMBERS - statuses[302], "=", 0, errors_in(statuses))
    yield Bar("press p95 in ms", p95 * 1000, "≤", 300, middle(times))
    yield Bar("posts that stand, of those accepted", len(posts) / wanted, "=", 1.0)
    yield Bar("posts that stand twice", len(times_of) - len(posts), "=", 0)
    least = max(MEMBERS / A_SECOND, MEMBERS * WINDOW / LIMIT)
    took = ended - began
    note = f"{took:.0f} s of {least:.0f} s; {answer['refused']} calls refused"
    # A short herd is gone before a limit means anything.
    wanted_ratio = 1.1 if MEMBERS >= 1000 else None
    yield Bar(
        "drained, of what the limits allow", took / least, "≤", wanted_ratio, note
    )


def warm_up(first: Crowd, web: int) -> None:
    """Let every thread have done everything once."""
    for number in range(len(first.members)):
        assert first.press(number, web) == 302
    wanted = len(first.members) * len(NETWORKS)
    wait_for(lambda: published(first.tenant) >= wanted, 60, pause=0.2)


def at_its_time(herd: Crowd, number: int, began: float, web: int) -> tuple[int, float]:
    """Press when it is time; being late is counted as waiting for the answer."""
    due = began + number / A_SECOND
    time.sleep(max(0.0, due - time.time()))
    return herd.press(number, web), time.time() - due


def published(tenant: Tenant) -> int:
    with acting_for(tenant):
        rows = Publication.objects.for_tenant(tenant)
        return rows.filter(state=State.PUBLISHED).count()


def errors_in(statuses: "Counter[int]") -> str:
    return ", ".join(
        f"{n} × {status}" for status, n in statuses.items() if status != 302
    )


def middle(times: Sequence[float]) -> str:
    return f"median {median(times) * 1000:.0f}, longest {max(times) * 1000:.0f}"


# -- Another tenant -----------------------------------------------------------------------


def first_of_another_tenant(others: Crowd, waiting: int, web: int, far: int) -> Bar:
    """Press for the first time while thousands of another tenant's wait."""
    for _ in range(8):  # one share: both processes have seen it
        others.press(1, web, "warm")
    before = own_links(others)
    wait_for(lambda: published(others.tenant) >= len(before), 60, pause=0.2)
    wait_for(lambda: len(taken(far)["taken"]) >= min(100, waiting // 4), 60)
    pressed = time.time()
    status = others.press(0, web)
    links = own_links(others) - before
    wait_for(lambda: links <= {link for _, link in taken(far)["taken"]}, 120, pause=0.2)
    posts = taken(far)["taken"]
    left = waiting - sum(at < pressed for at, _ in posts)
    stands = max(at for at, link in posts if link in links)
    note = f"status {status}, {left:,} were waiting"
    return Bar(
        "another tenant's first share stands after s", stands - pressed, "≤", 1.0, note
    )


def own_links(crowd: Crowd) -> set[str]:
    with acting_for(crowd.tenant):
        rows = Publication.objects.for_tenant(crowd.tenant)
        return {publication.card["link"] for publication in rows}
