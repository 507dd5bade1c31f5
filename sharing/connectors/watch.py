"""An end to every call: a server that answers a byte now and then holds nobody for long.

A socket's own time-out begins anew with each byte, so a call's line is cut from outside.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from types import TracebackType
from typing import Any, Self

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError

from sharing.connectors.bodies import InBlocks

_here = threading.local()  # the watch over this thread's call


class Watch:
    """Cuts the line of the call inside it when ``seconds`` have passed."""

    def __init__(self, seconds: float) -> None:
        self.until = time.monotonic() + seconds
        self.is_over = False
        self._line: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        _here.watch = self
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        _here.watch = self._line = None

    def over(self, line: socket.socket) -> None:
        self._line = line
        if self.is_over:
            self._cut()

    def _cut(self) -> None:
        self.is_over = True
        line = self._line
        if line is not None:
            # Not the method of a TLS socket, which would go on in plain text.
            with contextlib.suppress(OSError):
                socket.socket.shutdown(line, socket.SHUT_RDWR)


class Watched(InBlocks, HTTPConnection):
    """A connection whose calls end with the watch of their thread."""

    def connect(self) -> None:
        super().connect()
        self._look_after()

    def request(self, *args: Any, **kwargs: Any) -> None:
        self._look_after()
        super().request(*args, **kwargs)

    def _look_after(self) -> None:
        watch: Watch | None = getattr(_here, "watch", None)
        if watch is None:
            return
        if watch.is_over:
            raise NewConnectionError(self, "the time for this call is over")
        if self.sock is not None:
            watch.over(self.sock)


class WatchedTls(Watched, HTTPSConnection):
    """The same over TLS."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = Watched


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = WatchedTls


class WatchedAdapter(HTTPAdapter):
    """A transport whose connections are watched."""

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **options: Any
    ) -> None:
        super().init_poolmanager(connections, maxsize, block, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
