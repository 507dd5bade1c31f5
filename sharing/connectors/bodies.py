"""Large bodies on their way out: in blocks, each with a time limit of its own.

A socket's time limit is that of one ``sendall``: given a whole video at once, it would be
the limit of the video, and only the fastest lines would ever upload one.
"""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

BLOCK = 64 * 1024
BLOCK_SECONDS = 20.0
BEAT_SECONDS = 10.0


class InBlocks(http.client.HTTPConnection):
    """A connection that sends bodies of any size at the pace the line has."""

    def connect(self) -> None:
        """Connecting is over: from here on each block has its own time."""
        super().connect()
        if self.sock is not None:
            self.sock.settimeout(BLOCK_SECONDS)

    def send(self, data: Any) -> None:
        if not isinstance(data, bytes) or len(data) <= BLOCK:
            super().send(data)
            return
        view = memoryview(data)
        for first in range(0, len(view), BLOCK):
            super().send(view[first : first + BLOCK])


class Stream:
    """Some bytes of an open file, read no earlier than they are sent.

    ``beat`` is called every few seconds meanwhile, to tell that somebody is at work; what
    it raises ends the call.
    """

    def __init__(self, file: BinaryIO, length: int, beat: Callable[[], None]) -> None:
        self._file = file
        self._left = self._length = length
        self._beat = beat
        self._next_beat = time.monotonic() + BEAT_SECONDS

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[bytes]:
        return iter(lambda: self.read(BLOCK), b"")

    def read(self, size: int = -1) -> bytes:
        now = time.monotonic()
        if now > self._next_beat:
            self._next_beat = now + BEAT_SECONDS
            self._beat()
        block = self._file.read(min(BLOCK if size < 0 else size, self._left))
        self._left -= len(block)
        return block
