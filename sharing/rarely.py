"""For sweeps that ask every tenant: not with each turn, but once in a while."""

import time


class Rarely:
    """Says yes once in so many seconds, in each process."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.forget()

    def forget(self) -> None:
        self.next_at = 0.0

    def is_due(self) -> bool:
        now = time.monotonic()
        is_due = now >= self.next_at
        if is_due:
            self.next_at = now + self.seconds
        return is_due
