"""No network takes all threads of a worker: one that hangs would stop the others with it.

A quarter of the threads is kept free of each network. What is passed over for that is
sent by whoever gives a seat of the network back, or found by the sweep.
"""

import os
import threading
from collections import Counter
from typing import Any

from celery import signals

from sharing import networks


class Seats:
    """How many threads of this process each network keeps busy; ``most``: no more.

    A network that nobody has met yet is never full: it always gets a first thread.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Start as a new process does: nobody sits and nothing limits."""
        self.lock = threading.Lock()
        self.taken: Counter[str] = Counter()  # also 0, once it was met
        self.claiming = 0
        self.most: int | None = None
        self.passed_over = False

    def begin(self) -> list[str]:
        """Begin to claim; return the networks that get no further thread.

        Whoever is just claiming may come to sit on any of them, so that nobody claims
        what has to be put back. End it with ``end``.
        """
        with self.lock:
            full = self.full() if self.most is not None else []
            self.claiming += 1
            return full

    def full(self) -> list[str]:
        """None while this process has met one network only: it has nobody to leave room for."""
        if self.most is None or len(self.taken) < 2:
            return []
        free = self.most - self.claiming
        return [name for name, count in self.taken.items() if count >= free]

    def end(self, network: str = "") -> None:
        """Sit down where something was claimed."""
        with self.lock:
            self.claiming -= 1
            if network:
                self.taken[network] += 1

    def give_back(self, network: str) -> None:
        with self.lock:
            self.taken[network] -= 1

    def pass_over(self) -> None:
        """Something may wait for a seat."""
        self.passed_over = True

    def was_passed_over(self) -> bool:
        """True for the one who sees to it."""
        with self.lock:
            before, self.passed_over = self.passed_over, False
            return before


seats = Seats()


@signals.worker_init.connect
def count_seats(sender: Any, **_others: object) -> None:
    """Three quarters of the threads for each network, where there are several."""
    threads = int(sender.concurrency or os.cpu_count() or 1)
    if "prefork" not in str(sender.pool_cls) and len(networks.all_networks()) > 1:
        seats.most = max(1, threads * 3 // 4)
