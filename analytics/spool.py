"""Clicks on disk: one append-only file per process, which a ``kill -9`` cannot empty.

A process holds ``flock`` on its files. Whoever can lock a file found a dead process's
one and may ship it. A file goes away only when PostgreSQL has all of its lines.
"""

import contextlib
import fcntl
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

SUFFIX = ".jsonl"
UNFINISHED = ".new"
LARGEST = 4 * 1024 * 1024
CHUNK = 256 * 1024


@dataclass
class Segment:
    """A file of lines, how much of it Redis took, and as which newest entry."""

    path: Path
    fd: int
    shipped: int = 0
    newest: bytes = b""

    @property
    def size(self) -> int:
        return os.fstat(self.fd).st_size

    def unshipped(self) -> bytes:
        """Return the next whole lines that Redis has not taken yet."""
        chunk = os.pread(self.fd, CHUNK, self.shipped)
        return chunk[: chunk.rfind(b"\n") + 1]

    def close(self) -> None:
        os.close(self.fd)


class Spool:
    """This process's file, and those it took over from dead ones."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._writing = threading.Lock()
        self._current: Segment | None = None
        self._sealed: list[Segment] = []

    def append(self, line: bytes) -> None:
        """Write one line by one call, so that a crash leaves it whole or not there."""
        with self._writing:
            if self._current is None:
                self._current = create_segment(self.folder)
            if os.write(self._current.fd, line) != len(line):
                # A full disk cut the line: let no other one continue it.
                self._seal()

    def segments(self) -> list[Segment]:
        """Return the files to look at, the oldest first."""
        with self._writing:
            if self._current and self._current.size > LARGEST:
                self._seal()
            return [*self._sealed, *([self._current] if self._current else [])]

    def clear(self, segment: Segment) -> None:
        """Drop what was shipped and is now in PostgreSQL."""
        with self._writing:
            if segment is not self._current:
                self._sealed.remove(segment)
                segment.path.unlink(missing_ok=True)
                segment.close()
            elif segment.size == segment.shipped:
                os.ftruncate(segment.fd, 0)
                segment.shipped, segment.newest = 0, b""

    def adopt_orphans(self) -> int:
        """Take over the files whose process is gone."""
        orphans = list(find_orphans(self.folder))
        with self._writing:
            self._sealed.extend(orphans)
        return len(orphans)

    def release(self) -> None:
        """Let go of all files; they stay on disk for the next process."""
        with self._writing:
            for segment in [*self._sealed, *filter(None, [self._current])]:
                segment.close()
            self._sealed, self._current = [], None

    def after_fork(self) -> None:
        """Let go in a child, whatever lock another thread held while it was born."""
        self._writing = threading.Lock()
        self.release()

    def _seal(self) -> None:
        if self._current:
            self._sealed.append(self._current)
            self._current = None


def create_segment(folder: Path) -> Segment:
    """Create a file that bears its final name only once it is locked."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{uuid4().hex}{SUFFIX}"
    unfinished = path.with_suffix(UNFINISHED)
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND
    fd = os.open(unfinished, flags, 0o600)
    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    unfinished.rename(path)
    return Segment(path, fd)


def find_orphans(folder: Path) -> Iterator[Segment]:
    """Lock and yield each file that no living process holds."""
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        if segment := take(path):
            yield segment
    for path in folder.glob(f"*{UNFINISHED}"):
        with contextlib.suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > 60:
                path.unlink()


def take(path: Path) -> Segment | None:
    """Lock the file, unless its owner lives or another process was quicker."""
    try:
        fd = os.open(path, os.O_RDWR | os.O_APPEND)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        return None
    if os.fstat(fd).st_nlink == 0 or os.fstat(fd).st_size == 0:
        path.unlink(missing_ok=True)
        os.close(fd)
        return None
    return Segment(path, fd)
