"""Note a click before its answer leaves, and start what carries it onward.

Threads and files belong to one process: they are made at first use, never at import,
so a server that loads the application before it forks is safe.
"""

import json
import logging
import os
import threading
import time
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from analytics.destinations import Destination
from analytics.shipping import Shipper
from analytics.spool import Spool
from analytics.stream import client, patient_client
from analytics.visitors import DayKeys, visitor_of
from common.ids import uuid7

logger = logging.getLogger(__name__)

LONGEST_USER_AGENT = 400
PREFETCH_HEADERS = ("HTTP_PURPOSE", "HTTP_SEC_PURPOSE", "HTTP_X_PURPOSE", "HTTP_X_MOZ")
PREFETCH_WORDS = ("prefetch", "prerender", "preview")

Environ = Mapping[str, Any]


class Recorder:
    """This process's spool and the thread that ships it."""

    def __init__(self) -> None:
        self.spool = Spool(settings.SPOOL_DIR)
        self.keys = DayKeys(client())
        self.shipper = Shipper(self.spool, patient_client())
        self.thread = threading.Thread(
            target=self.shipper.run, name="click-shipper", daemon=True
        )

    def start(self) -> None:
        self.thread.start()

    def stop(self) -> None:
        """Ship no more; what is on disk stays there for another process."""
        self.shipper.stopping.set()
        if self.thread.is_alive():
            self.thread.join()
        self.spool.release()

    def record(self, destination: Destination, environ: Environ) -> None:
        """Write the click down. A full disk costs the click, never the reader's answer."""
        try:
            event = self.describe(destination, environ, time.time())
            self.spool.append(json.dumps(event).encode() + b"\n")
        except OSError:
            logger.exception("a click was not recorded")

    def describe(
        self, destination: Destination, environ: Environ, now: float
    ) -> dict[str, Any]:
        """Return what the worker needs; never the address of the visitor."""
        user_agent = environ.get("HTTP_USER_AGENT", "")[:LONGEST_USER_AGENT]
        private = wants_privacy(environ)
        visitor = (
            ""
            if private
            else visitor_of(
                self.keys.current(now),
                destination.link,
                address_of(environ),
                user_agent,
            )
        )
        return {
            "id": uuid7().hex,
            "at": now,
            "link": destination.link,
            "tenant": destination.tenant,
            "method": environ.get("REQUEST_METHOD", ""),
            "ua": user_agent,
            "prefetch": is_prefetch(environ),
            "private": private,
            "visitor": visitor,
        }


def wants_privacy(environ: Environ) -> bool:
    """Whether the browser asks not to be told apart (Global Privacy Control, DNT)."""
    return environ.get("HTTP_SEC_GPC") == "1" or environ.get("HTTP_DNT") == "1"


def is_prefetch(environ: Environ) -> bool:
    for header in PREFETCH_HEADERS:
        value = environ.get(header)
        if value and any(word in value.lower() for word in PREFETCH_WORDS):
            return True
    return False


def address_of(environ: Environ) -> str:
    """Return the visitor's address; behind our proxy the one that the proxy saw."""
    if settings.BEHIND_TLS_PROXY:
        forwarded = environ.get("HTTP_X_FORWARDED_FOR", "")
        if nearest := forwarded.rpartition(",")[2].strip():
            return nearest
    return environ.get("REMOTE_ADDR", "")


_recorder: Recorder | None = None
_making = threading.Lock()


def recorder() -> Recorder:
    """Return this process's recorder, running."""
    return _recorder or _make()


def _make() -> Recorder:
    global _recorder
    with _making:
        if _recorder is None:
            made = Recorder()
            made.start()
            _recorder = made
        return _recorder


def stop() -> None:
    """End this process's recorder, if there is one; the next click makes another."""
    global _recorder
    with _making:
        if _recorder is not None:
            _recorder.stop()
        _recorder = None


def _forget_after_fork() -> None:
    global _recorder, _making
    _making = threading.Lock()
    if _recorder is not None:
        _recorder.spool.after_fork()
    _recorder = None


os.register_at_fork(after_in_child=_forget_after_fork)
