"""The one way out: every call to a network goes through here.

No retries, no redirects, no proxies or credentials from the environment, no cookies,
bounded time and size, and a clear line between "never sent" and "sent, no answer".
"""

from __future__ import annotations

import json
import logging
import os
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import exceptions as wire

from sharing.connectors.bodies import Stream
from sharing.connectors.guard import GuardedAdapter
from sharing.connectors.redact import redact, silence_libraries
from sharing.connectors.watch import Watch, WatchedAdapter

log = logging.getLogger("sharing.connectors")
silence_libraries()

CONNECT_SECONDS = 3.0
READ_SECONDS = 20.0
TOTAL_SECONDS = 25.0  # beside the time that sending a file takes
SLOWEST_SENDING = 64 * 1024  # bytes a second
LONGEST_SENDING = 20 * 60.0
LONGEST_TO_ANYBODY = 5 * 60.0  # where members name the servers
MAX_BODY = 1024 * 1024
_CHUNK = 16 * 1024
USER_AGENT = "employee-advocacy/1"

Files = Mapping[str, tuple[str, bytes, str]]  # field -> file name, content, type


class NeverSent(Exception):
    """No byte of the request reached the network: proof that nothing was done."""


class TooLate(NeverSent):
    """The caller's deadline had passed, so the socket was not opened."""


class NoAnswer(Exception):
    """The request may have arrived, and no usable answer came back."""


@dataclass(frozen=True)
class Answer:
    """What came back. ``complete`` is False when the body broke off or grew too long."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(default=b"", repr=False)
    complete: bool = True

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def json(self) -> dict[str, Any]:
        """The JSON object in the body, or an empty one when there is none."""
        if not self.complete:
            return {}
        try:
            data = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return data if isinstance(data, dict) else {}


def reroute(url: str, base_url: str | None) -> str:
    """``https://api.host/path`` becomes ``<base_url>/api.host/path``.

    An address that a stand-in handed out, below its own, stays as it is.
    """
    if not base_url or url.startswith(f"{base_url.rstrip('/')}/"):
        return url
    parts = urlsplit(url)
    base = urlsplit(base_url)
    path = f"{base.path.rstrip('/')}/{parts.netloc}{parts.path}"
    return urlunsplit((base.scheme, base.netloc, path, parts.query, parts.fragment))


class _Pools:
    """Keep-alive pools of this process; a forked child must not share their sockets."""

    def __init__(self) -> None:
        self.forget()

    def adapter(self, guarded: bool = False) -> HTTPAdapter:
        kind = GuardedAdapter if guarded else WatchedAdapter
        with self._lock:
            if kind not in self._adapters:
                self._adapters[kind] = kind(
                    pool_connections=32, pool_maxsize=32, max_retries=0
                )
            return self._adapters[kind]

    def forget(self) -> None:
        self._lock = threading.Lock()
        self._adapters: dict[type[HTTPAdapter], HTTPAdapter] = {}


_pools = _Pools()
os.register_at_fork(after_in_child=_pools.forget)


class Route(BaseAdapter):
    """A transport adapter for one network: address, deadline, time and size limits.

    An adapter, so that library sessions (OAuth) obey the same rules as our own calls.
    ``guarded``: members name the servers, so only public ones are called (``guard``).
    """

    def __init__(
        self,
        base_url: str | None = None,
        deadline: float | None = None,
        guarded: bool = False,
    ):
        super().__init__()
        self.base_url = base_url
        self.deadline = deadline
        self.guarded = guarded and not base_url

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        request.url = reroute(request.url or "", self.base_url)
        if self.deadline is not None and time.monotonic() >= self.deadline:
            raise TooLate("the deadline had passed before the call")
        if self.guarded and not request.url.startswith("https://"):
            raise NeverSent("this server may not be called")
        with Watch(patience_for(request, self.guarded)) as watch:
            response = _pools.adapter(self.guarded).send(
                request,
                stream=True,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                verify=True,
                proxies={},
            )
            _read(response, watch)
        return response

    def close(self) -> None:
        """The pool outlives every route."""


def patience_for(request: requests.PreparedRequest, guarded: bool) -> float:
    """How long the whole call may take, sending included: lines are slow, some on purpose."""
    longest = LONGEST_TO_ANYBODY if guarded else LONGEST_SENDING
    size = len(request.body or "")
    return TOTAL_SECONDS + min(size / SLOWEST_SENDING, longest)


def _read(response: requests.Response, watch: Watch) -> None:
    """Take the body up to the limit; a broken one leaves ``response.incomplete`` set."""
    body = b""
    incomplete = False
    try:
        for chunk in response.iter_content(_CHUNK):
            body += chunk
            if len(body) > MAX_BODY:
                incomplete = True
                break
    except (requests.RequestException, wire.HTTPError, OSError):
        incomplete = True
    incomplete = incomplete or watch.is_over
    if incomplete:
        response.close()
    response._content = body[:MAX_BODY]
    response._content_consumed = True  # type: ignore[attr-defined]
    response.incomplete = incomplete  # type: ignore[attr-defined]


def _causes(error: BaseException) -> Iterator[BaseException]:
    # Not __context__: it would reach an earlier failure the caller is handling.
    seen: set[int] = set()
    queue = [error]
    while queue:
        current = queue.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        inner = [current.__cause__, getattr(current, "reason", None), *current.args]
        queue += [item for item in inner if isinstance(item, BaseException)]


_NEVER_SENT = (
    wire.NewConnectionError,  # refused, unreachable, name not found
    wire.ConnectTimeoutError,
    wire.LocationParseError,
    ssl.SSLCertVerificationError,  # the handshake ends before any request
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidHeader,
    UnicodeError,  # a header that cannot be encoded
)

FAILURES = (
    requests.RequestException,
    wire.HTTPError,
    OSError,
    UnicodeError,
    NeverSent,
)


def sort_failure(error: BaseException) -> NeverSent | NoAnswer:
    """Turn any transport failure into one of the two things that matter."""
    if isinstance(error, (NeverSent, NoAnswer)):
        return error
    if any(isinstance(cause, _NEVER_SENT) for cause in _causes(error)):
        return NeverSent(f"could not connect ({type(error).__name__})")
    return NoAnswer(f"no answer ({type(error).__name__})")


class Http:
    """Plain calls to one network. Holds no state between calls; any thread may use it."""

    def __init__(self, base_url: str | None = None, guarded: bool = False):
        self.base_url = base_url
        self.guarded = guarded

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | bytes | Stream | None = None,
        files: Files | None = None,
        auth: tuple[str, str] | None = None,
        deadline: float | None = None,
    ) -> Answer:
        """Do one call. Raises NeverSent or NoAnswer, both free of secrets."""
        started = time.monotonic()
        failure: NeverSent | NoAnswer | None = None
        try:
            prepared = requests.Request(
                method,
                url,
                headers={"User-Agent": USER_AGENT, **(headers or {})},
                params=params,
                data=data,
                files=files,
                auth=auth,
            ).prepare()
            response = Route(self.base_url, deadline, self.guarded).send(prepared)
        except FAILURES as error:
            failure = sort_failure(error)
        _note(method, url, failure or response.status_code, started)
        if failure is not None:
            # Raised outside the except block: no chain back to headers with a token.
            raise failure
        return answer_of(response)


def answer_of(response: requests.Response) -> Answer:
    return Answer(
        status=response.status_code,
        headers=CaseInsensitiveDict(response.headers),
        body=response.content,
        complete=not getattr(response, "incomplete", False),
    )


def _note(method: str, url: str, outcome: object, started: float) -> None:
    """One line per call: no query, no body, no header ever gets here."""
    parts = urlsplit(url)
    where = redact(f"{parts.scheme}://{parts.netloc}{parts.path}")
    took = (time.monotonic() - started) * 1000
    log.info("%s %s -> %s in %.0f ms", method, where, outcome, took)
