"""Trouble on request, for the next few calls that match."""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from typing import Any

KINDS = ("status", "delay", "drop_before", "drop_after", "truncate")


@dataclass
class Fault:
    """``match`` is "METHOD /host/path" and may hold * ; ``times`` counts down.

    status: answer that instead (``applied``: after doing the work). delay: do the work,
    answer late (``applied`` False: wait first). drop_before and drop_after: close the
    connection without an answer, before or after the work. truncate: half a body.
    """

    match: str
    fault: str
    times: int = 1
    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = ""
    seconds: float = 0.0
    applied: bool | None = None

    @property
    def works_first(self) -> bool:
        if self.applied is not None:
            return self.applied
        return self.fault in ("delay", "drop_after", "truncate")


class Faults:
    """The queue of ordered troubles."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []

    def add(self, data: Any) -> Fault:
        """Raises ValueError with a sentence when the order makes no sense."""
        if not isinstance(data, dict):
            raise ValueError("a fault is a JSON object")
        unknown = set(data) - set(Fault.__dataclass_fields__)
        if unknown:
            raise ValueError(f"unknown field: {', '.join(sorted(unknown))}")
        if not data.get("match") or data.get("fault") not in KINDS:
            raise ValueError(f"match and fault are needed; fault is one of {KINDS}")
        fault = Fault(**data)
        with self._lock:
            self._waiting.append(fault)
        return fault

    def take(self, method: str, path: str) -> Fault | None:
        with self._lock:
            for fault in self._waiting:
                if fnmatchcase(f"{method} {path}", fault.match):
                    fault.times -= 1
                    if fault.times <= 0:
                        self._waiting.remove(fault)
                    return fault
        return None

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()

    def listed(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(fault) for fault in self._waiting]
