"""The sandbox on a socket: HTTP/1.1 with keep-alive, one thread per connection."""

from __future__ import annotations

import json
import logging
import socket
import struct
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sharing.sandbox.app import answer
from sharing.sandbox.faults import Fault
from sharing.sandbox.messages import Request, Response, as_json
from sharing.sandbox.world import World

log = logging.getLogger("sharing.sandbox")

MAX_BODY = 128 * 1024 * 1024  # a document of 100 MB comes in one piece


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], world: World) -> None:
        self.world = world
        self.stopping = threading.Event()
        super().__init__(address, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "sandbox"
    sys_version = ""
    wbufsize = -1
    disable_nagle_algorithm = True
    timeout = 120
    server: Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Quiet: what was asked is at /_sandbox/requests."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The sandbox's own clock, as in all else it says."""
        return super().date_time_string(
            self.server.world.now() if timestamp is None else timestamp
        )

    def _serve(self) -> None:
        request = self._read()
        if request is None:
            self.close_connection = True
            self._write(as_json({"message": "The body is too large."}, 413))
            return
        world = self.server.world
        control = request.path.startswith("/_sandbox/") or request.path == "/"
        fault = None if control else world.faults.take(request.method, request.path)
        if fault:
            self._with_fault(fault, request)
            return
        response = _answer(world, request)
        if not control:
            world.note(request, response.status)
        self._write(response)

    do_GET = do_POST = do_DELETE = do_PUT = do_PATCH = _serve  # noqa: N815

    def _with_fault(self, fault: Fault, request: Request) -> None:
        if fault.fault == "delay" and not fault.works_first:
            self.server.stopping.wait(fault.seconds)
        works = fault.works_first or fault.fault == "delay"
        response = _answer(self.server.world, request) if works else Response(204)
        shown = fault.status if fault.fault == "status" else response.status
        self.server.world.note(request, 0 if "drop" in fault.fault else shown)
        if fault.fault in ("drop_before", "drop_after"):
            self._drop()
        elif fault.fault == "truncate":
            self._write(response, cut=True)
        elif fault.fault == "status":
            self._write(_told(fault))
        else:
            if fault.works_first:
                self.server.stopping.wait(fault.seconds)
            self._write(response)

    def _read(self) -> Request | None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > MAX_BODY:
            return None
        path, _, query = self.path.partition("?")
        return Request(
            method=self.command,
            path=path,
            query_string=query,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(length)),
        )

    def _write(self, response: Response, cut: bool = False) -> None:
        body = response.body
        self.send_response(response.status, _phrase(response.status))
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) + (8 if cut else 0)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)
        self.wfile.flush()
        if cut:
            self.close_connection = True

    def _drop(self) -> None:
        """Close with a reset, as a crashed machine does."""
        self.close_connection = True
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


def _answer(world: World, request: Request) -> Response:
    try:
        return answer(world, request)
    except Exception:
        log.exception("%s %s", request.method, request.path)
        return as_json({"message": "The sandbox itself failed; see its log."}, 500)


def _told(fault: Fault) -> Response:
    if isinstance(fault.body, str):
        headers = {"Content-Type": "text/html; charset=utf-8"} | fault.headers
        return Response(fault.status, fault.body.encode(), headers)
    headers = {"Content-Type": "application/json"} | fault.headers
    return Response(fault.status, json.dumps(fault.body).encode(), headers)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
