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
    """How many threads of this process each network keeps busy; ``most``: no more."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Start as a new process does: nobody sits and nothing limits."""
        self.lock = threading.Lock()
        self.taken: Counter[str] = Counter()
        self.most: int | None = None
        self.passed_over = False

    def full(self) -> list[str]:
        """Return the networks that get no further thread."""
        if self.most is None:
            return []
        with self.lock:
            return [name for name, count in self.taken.items() if count >= self.most]

    def take(self, network: str) -> bool:
        """Sit down, unless others were quicker."""
        with self.lock:
            if self.most is not None and self.taken[network] >= self.most:
                self.passed_over = True
                return False
            self.taken[network] += 1
            return True

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
