"""What one process knows of the networks without asking the database."""

import os
import threading
import time
from collections import Counter
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models.functions import Now

from sharing.models import Circuit

SPAN = 10  # seconds
SPANS = 6
PROBE_EVERY = timedelta(seconds=settings.PUBLISHING_PROBE_SECONDS)
STEP = 2 * PROBE_EVERY  # each lets a tenth more pass, after a circuit closed
RAMP = 10 * STEP
FRESH = 1.0  # seconds that a look at the table is believed


class Memory:
    """Calls that nobody else knows of yet, and the newest look at the table."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        self.lock = threading.RLock()
        self.calls: dict[str, Counter[int]] = {}
        self.troubled: dict[str, Circuit] = {}
        self.looked = 0.0
        self.is_stale = True
        self.named: dict[str, datetime] = {}

    def count(self, network: str) -> None:
        span = int(time.monotonic() // SPAN)
        with self.lock:
            calls = self.calls.setdefault(network, Counter())
            if span not in calls:
                for old in [one for one in calls if one <= span - SPANS]:
                    del calls[old]
            calls[span] += 1

    def take(self, network: str) -> list[int]:
        """Return and drop the calls of the last minute, the newest span first."""
        now = int(time.monotonic() // SPAN)
        with self.lock:
            calls = self.calls.pop(network, Counter())
        return [calls[now - age] for age in range(SPANS)]

    def look(self) -> dict[str, Circuit]:
        """Return the circuits that are not simply closed, as of a second ago or less."""
        with self.lock:
            if self.is_stale or time.monotonic() - self.looked > FRESH:
                self.is_stale = False
                rows = Circuit.objects.with_clock().troubled(since=Now() - RAMP)
                self.troubled = {circuit.network: circuit for circuit in rows}
                self.looked = time.monotonic()
            return self.troubled

    def is_old(self) -> None:
        """Look again at the next occasion."""
        self.is_stale = True

    def has_seen_open(self, network: str) -> bool:
        """Tell of the newest look, however old: who made a probe has just looked."""
        circuit = self.troubled.get(network)
        return circuit is not None and circuit.opened_at is not None

    def now(self, circuit: Circuit) -> datetime:
        """Return the database's clock, as far as one can tell without asking it."""
        return circuit.read_at + timedelta(seconds=time.monotonic() - self.looked)

    def is_first_to_ask(self, network: str, probe_at: datetime) -> bool:
        """True once for each probe: somebody has to be there when it is due."""
        with self.lock:
            is_first = self.named.get(network) != probe_at
            self.named[network] = probe_at
        return is_first


memory = Memory()
os.register_at_fork(after_in_child=memory.forget)
