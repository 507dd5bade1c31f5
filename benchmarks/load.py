"""A small load generator: keep-alive connections in one loop, one request in flight each."""

import selectors
import socket
from collections import Counter
from dataclasses import dataclass, field
from time import perf_counter

CONNECTIONS = 32
END = b"\r\n\r\n"


@dataclass
class Outcome:
    """How long it took, and how often each status came."""

    seconds: float = 0.0
    statuses: Counter[str] = field(default_factory=Counter)

    @property
    def rate(self) -> float:
        return sum(self.statuses.values()) / self.seconds


def fire(port: int, path: str, requests: int) -> Outcome:
    """Send so many GETs; answers must have no body."""
    words = [f"GET {path} HTTP/1.1", "Host: localhost", "Accept: */*"]
    words += ["User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0"]
    request = "\r\n".join(words).encode() + END
    outcome = Outcome()
    with selectors.DefaultSelector() as waiting:
        for _ in range(min(CONNECTIONS, requests)):
            connect(waiting, port)
        left = requests
        started = perf_counter()
        for key in list(waiting.get_map().values()):
            key.fileobj.sendall(request)  # type: ignore[union-attr]
            left -= 1
        unanswered = requests
        while unanswered:
            for key, _ in waiting.select():
                caller: socket.socket = key.fileobj  # type: ignore[assignment]
                answer = receive(caller)
                if not answer:  # the server closed the connection: ask again
                    waiting.unregister(caller)
                    caller.close()
                    connect(waiting, port).sendall(request)
                    continue
                outcome.statuses[answer[9:12].decode()] += 1
                unanswered -= 1
                if left:
                    caller.sendall(request)
                    left -= 1
        outcome.seconds = perf_counter() - started
        for key in list(waiting.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
    return outcome


def connect(waiting: selectors.BaseSelector, port: int) -> socket.socket:
    caller = socket.create_connection(("127.0.0.1", port), timeout=20)
    caller.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    waiting.register(caller, selectors.EVENT_READ)
    return caller


def receive(caller: socket.socket) -> bytes:
    answer = b""
    try:
        while END not in answer:
            part = caller.recv(4096)
            if not part:
                return b""
            answer += part
    except ConnectionResetError:
        return b""
    return answer
