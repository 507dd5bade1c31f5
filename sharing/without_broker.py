"""What a worker does by itself while the broker is away: no bell rings, rows wait.

A thread of each worker looks whether the broker answers. While it does not, the thread
sweeps and sends; the claims keep it out of the way of all the others, as ever.
"""

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from celery import signals
from django.conf import settings
from django.db import close_old_connections, connections

from sharing import publishing, settling, sweeping, tasks, withdrawing

log = logging.getLogger(__name__)

THREADS = 8
BESIDES = 4  # threads, for what is in doubt: it must not keep what is due waiting
MANY = 40  # of what is in doubt; the next round goes on
NAME = "without the broker"


@signals.worker_init.connect
def begin(sender: Any, **_others: object) -> None:
    """Look after the broker for as long as this worker lives.

    Not where the worker is about to fork: a child would inherit a thread's locks.
    """
    if "prefork" in str(sender.pool_cls):
        log.warning("with --pool prefork nothing is published while the broker is away")
        return
    threading.Thread(target=look_after, name=NAME, daemon=True).start()


def look_after() -> None:
    while True:
        time.sleep(settings.PUBLISHING_SWEEP_SECONDS)
        tasks.attempt(carry_on)


def carry_on() -> None:
    """One round, if the broker is away: a sweep, and everything that is due."""
    if tasks.broker_answers():
        return
    tasks.attempt(sweeping.reap_expired)
    tasks.attempt(withdrawing.withdraw)
    with ThreadPoolExecutor(THREADS + BESIDES, thread_name_prefix=NAME) as pool:
        for _ in range(THREADS):
            pool.submit(in_thread, send_what_is_due)
        for ids in sweeping.unsettled()[:MANY]:
            pool.submit(in_thread, settling.settle, *ids)
    close_old_connections()


def send_what_is_due() -> None:
    """Send one after the other by the tenants' turns, until the next sweep is due."""
    until = time.monotonic() + settings.PUBLISHING_SWEEP_SECONDS
    while time.monotonic() < until and publishing.publish_by_turns():
        pass


def in_thread(step: Any, *args: object) -> None:
    """Run in a thread that ends with this round, and leave no connection behind."""
    try:
        step(*args)
    except Exception:
        log.exception("%s broke while the broker is away", step.__name__)
    finally:
        connections.close_all()
