"""A measured figure and the bar it has to clear."""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter

HOLDS = {"≥": operator.ge, "≤": operator.le, "=": operator.eq}


@dataclass(frozen=True)
class Bar:
    """``name: value (≥ wanted)``; without a wanted value it is told, not judged."""

    name: str
    value: float
    sign: str = "≤"
    wanted: float | None = None
    note: str = ""

    @property
    def is_met(self) -> bool:
        return self.wanted is None or HOLDS[self.sign](self.value, self.wanted)

    def __str__(self) -> str:
        judged = "" if self.wanted is None else f" ({self.sign} {self.wanted:,})"
        verdict = " " if self.wanted is None else "✓" if self.is_met else "✗"
        value = (
            f"{self.value:,}" if isinstance(self.value, int) else f"{self.value:.2f}"
        )
        return f"{verdict} {self.name}: {value}{judged}  {self.note}".rstrip()


def seconds(action: Callable[[], object]) -> float:
    started = perf_counter()
    action()
    return perf_counter() - started


def interleaved(
    actions: Sequence[Callable[[], object]], rounds: int
) -> list[list[float]]:
    """Time the actions in turns, so that a noisy neighbour disturbs all of them."""
    times: list[list[float]] = [[] for _ in actions]
    for _ in range(rounds):
        for action, found in zip(actions, times, strict=True):
            found.append(seconds(action))
    return times


def median_ratio(ones: Sequence[float], others: Sequence[float]) -> float:
    return median(ones) / median(others)
