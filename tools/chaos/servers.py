"""PostgreSQL and Valkey that may be crashed and come back where they were."""

import signal
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from tools.child import dies_with_parent
from tools.servers import Servers


class Fragile(Servers):
    """Servers that keep what they have confirmed, as in production."""

    def __init__(self, state: Path) -> None:
        super().__init__(state, lasting=True, prepare=dies_with_parent)
        # Linux calls the end of the thread that started a child the end of its parent.
        self.hand = ThreadPoolExecutor(max_workers=1)

    def open(self) -> dict[str, str]:
        start = self.hand.submit(self.start, ["PostgreSQL", "Valkey"])
        self.addresses = start.result()
        return self.addresses

    def restart_postgres(self) -> None:
        """As ``pg_ctl -m immediate``: no checkpoint, no good-bye; recovery follows."""
        self.restart("PostgreSQL", signal.SIGQUIT, self.start_postgres)

    def restart_valkey(self, away: Callable[[], object] = lambda: None) -> None:
        self.restart("Valkey", signal.SIGKILL, self.start_valkey, away)

    def signal_valkey(self, what: signal.Signals) -> None:
        next(entry for entry in self.running if entry[0] == "Valkey")[1].send_signal(
            what
        )

    def flush_valkey(self) -> None:
        """Everything Redis holds is gone: bells, clicks on their way, caches."""
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(5)
            client.connect(urlsplit(self.addresses["REDIS_URL"]).path)
            client.sendall(b"FLUSHALL\r\n")
            client.recv(100)

    def restart(
        self,
        name: str,
        how: signal.Signals,
        start: Callable[[], object],
        away: Callable[[], object] = lambda: None,
    ) -> None:
        entry = next(entry for entry in self.running if entry[0] == name)
        self.running.remove(entry)
        entry[1].send_signal(how)
        entry[1].wait()
        away()
        self.hand.submit(start).result()

    @property
    def socket_folder(self) -> str:
        return dict(parse_qsl(urlsplit(self.addresses["DATABASE_URL"]).query))["host"]
