"""From the spool to the Redis stream, behind the back of the requests.

The worker deletes an entry from the stream after its row is committed. So a shipped
line may leave the disk when its entry is gone *and* Redis is still the one it was
given to. A flushed, restarted or replaced Redis gets everything again; rows that
exist already are not inserted twice.
"""

import logging
import threading
import time
from dataclasses import dataclass
from uuid import uuid4

from redis import Redis, RedisError

from analytics.spool import Segment, Spool
from analytics.stream import FIELD, STREAM

logger = logging.getLogger(__name__)

PAUSE = 0.2
LINES_PER_ENTRY = 200
LOOK_FOR_ORPHANS_EVERY = 5.0
EPOCH_LASTS = 3600


@dataclass(frozen=True)
class StreamState:
    """Whether Redis is the one of the last look, and its oldest unread entry."""

    is_new: bool
    oldest: bytes | None


class Shipper:
    """Ships one spool. ``cycle`` is one look; ``run`` looks until told to stop."""

    def __init__(self, spool: Spool, redis: Redis) -> None:
        self.spool = spool
        self.redis = redis
        self.name = uuid4().hex
        self.stopping = threading.Event()
        self._orphans_due = 0.0
        self._is_away = False

    def run(self) -> None:
        while not self.stopping.wait(PAUSE):
            try:
                self.cycle()
            except RedisError as error:
                self._note_absence(error)
            except Exception:
                logger.exception("clicks stay on disk")

    def cycle(self) -> None:
        """Forget what arrived, ship what is new."""
        if time.monotonic() >= self._orphans_due:
            self._orphans_due = time.monotonic() + LOOK_FOR_ORPHANS_EVERY
            self.spool.adopt_orphans()
        segments = [segment for segment in self.spool.segments() if segment.size]
        if not segments:
            return
        state = self.look()
        self._is_away = False
        for segment in segments:
            if state.is_new:
                segment.shipped, segment.newest = 0, b""
            elif has_arrived(segment, state):
                self.spool.clear(segment)
                continue
            self.ship(segment)

    def look(self) -> StreamState:
        """Read in one transaction which Redis this is and what it still holds."""
        server = self.redis.info("server")["run_id"]
        with self.redis.pipeline(transaction=True) as pipe:
            pipe.set(f"clicks:epoch:{server}:{self.name}", 1, ex=EPOCH_LASTS, get=True)
            pipe.xrange(STREAM, count=1)
            known, entries = pipe.execute()
        return StreamState(known is None, entries[0][0] if entries else None)

    def ship(self, segment: Segment) -> None:
        """Send the lines, many in one entry: one by one would cost more than the clicks."""
        while chunk := segment.unshipped():
            with self.redis.pipeline(transaction=False) as pipe:
                for lines in batches(chunk.splitlines()):
                    pipe.xadd(STREAM, {FIELD: b"\n".join(lines)})
                segment.newest = pipe.execute()[-1]
            segment.shipped += len(chunk)

    def _note_absence(self, error: RedisError) -> None:
        if not self._is_away:
            logger.warning("Redis is away, clicks wait on disk: %s", error)
        self._is_away = True


def has_arrived(segment: Segment, state: StreamState) -> bool:
    """Whether all whole lines were shipped and every entry of them is gone."""
    if segment.unshipped():
        return False
    if not segment.newest or state.oldest is None:
        return True
    return order(segment.newest) < order(state.oldest)


def order(entry: bytes) -> tuple[int, int]:
    milliseconds, _, number = entry.partition(b"-")
    return int(milliseconds), int(number)


def batches(lines: list[bytes]) -> list[list[bytes]]:
    starts = range(0, len(lines), LINES_PER_ENTRY)
    return [lines[start : start + LINES_PER_ENTRY] for start in starts]
