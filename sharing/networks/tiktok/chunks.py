"""How a video is cut for its upload, to the byte.

TikTok takes parts of 5 to 64 million bytes; the last one carries what is left over, up to
128 million. A file below 5 million goes whole.
"""

from __future__ import annotations

from dataclasses import dataclass

LEAST, MOST, MOST_PARTS = 5_000_000, 64_000_000, 1000
STEP = 10_000_000  # small enough to lose little when a part has to be sent again


@dataclass(frozen=True)
class Part:
    """Some bytes of a file; ``last`` is the last of them, not one behind it."""

    first: int
    last: int
    of: int

    @property
    def length(self) -> int:
        return self.last - self.first + 1

    @property
    def content_range(self) -> str:
        return f"bytes {self.first}-{self.last}/{self.of}"


@dataclass(frozen=True)
class Cut:
    """A file of ``size`` bytes in ``count`` parts of ``step`` bytes."""

    size: int
    step: int
    count: int

    def part(self, number: int) -> Part:
        """The part of that number, counted from 0."""
        first = number * self.step
        is_last = number == self.count - 1
        last = self.size - 1 if is_last else first + self.step - 1
        return Part(first, last, self.size)

    def begun_at(self, uploaded: int) -> int | None:
        """The number of the part that comes next; None when one has been left halfway."""
        number, rest = divmod(uploaded, self.step)
        return number if rest == 0 and 0 <= number < self.count else None


def cut(size: int, step: int = STEP) -> Cut:
    """Cut a file as it has to be announced: the number of parts is rounded down."""
    count = size // step
    if count <= 1 and size <= MOST:
        return Cut(size, size, 1)
    return Cut(size, step, max(count, 1))
