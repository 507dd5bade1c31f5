"""One press of the composer's form: its queries, and the processor time it takes."""

import cProfile
import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import thread_time
from typing import Any

from django.db import connection

from advocacy.wsgi import application
from benchmarks.bars import Bar
from benchmarks.feed import queries
from benchmarks.herd import Crowd, offer_networks
from benchmarks.publishing import analyze

PRESSES = 300
WARMING = 40
# BENCH_PROFILE=/tmp/press.prof keeps where the time of as many more presses goes.
PROFILE = os.environ.get("BENCH_PROFILE", "")


def measure() -> Iterator[Bar]:
    """A press of two networks through all of web but gunicorn: queries, processor time."""
    offer_networks()
    crowd = Crowd.of("press", WARMING + 1 + 2 * PRESSES)
    analyze()
    numbers = iter(range(len(crowd.members)))
    for _ in range(WARMING):
        press(crowd, next(numbers))
    asked = queries(lambda: press(crowd, next(numbers)))
    backend, times = backend_pid(), []
    before = processor_time(backend)
    for _ in range(PRESSES):
        started = thread_time()
        press(crowd, next(numbers))
        times.append(thread_time() - started)
    theirs = (processor_time(backend) - before) / PRESSES
    yield Bar("queries", len(asked), "≤", 13)
    yield Bar("processor time in web, ms", 1000 * median(times))
    yield Bar("processor time in PostgreSQL, ms", 1000 * theirs)
    if PROFILE:
        with cProfile.Profile() as profile:
            for number in numbers:
                press(crowd, number)
        profile.dump_stats(PROFILE)


def press(crowd: Crowd, number: int) -> None:
    """Press the button; 302 leads to the page of the new share."""
    statuses: list[str] = []
    answer: Any = application(
        environ_of(crowd, number), lambda status, *_: statuses.append(status)
    )
    b"".join(answer)
    answer.close()
    assert statuses[0].startswith("302"), statuses


def environ_of(crowd: Crowd, number: int) -> dict[str, Any]:
    """Return the request as gunicorn hands it over."""
    body = crowd.form(number, "").encode()
    headers = {
        f"HTTP_{name.upper()}": value for name, value in crowd.headers(number).items()
    }
    headers["CONTENT_TYPE"] = headers.pop("HTTP_CONTENT-TYPE")
    return {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": crowd.path,
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_HOST": "localhost",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.url_scheme": "http",
        "wsgi.version": (1, 0),
        **headers,
    }


def backend_pid() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def processor_time(pid: int) -> float:
    """Return the seconds that a process of this machine has worked."""
    numbers = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(numbers[11]) + int(numbers[12])) / os.sysconf("SC_CLK_TCK")
