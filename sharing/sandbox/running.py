"""Start a sandbox inside a test, and walk its consent pages without a browser."""

from __future__ import annotations

import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from email.message import Message
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from sharing.sandbox.app import posts_of
from sharing.sandbox.faults import Fault
from sharing.sandbox.server import Server
from sharing.sandbox.store import StoredPost
from sharing.sandbox.world import Settings, World


class Sandbox:
    """``with Sandbox() as sandbox:`` serves on a free port of this machine.

    Point a network at ``sandbox.url`` and look at ``sandbox.posts("linkedin")``.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        folder: str | Path | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.world = World(settings, folder)
        self.server = Server((host, port), self.world)
        self.url = f"http://{host}:{self.server.server_port}"
        self._thread = threading.Thread(
            target=self.server.serve_forever, args=(0.05,), daemon=True
        )

    def __enter__(self) -> Sandbox:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.server.stopping.set()
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()

    def posts(self, network: str | None = None) -> list[StoredPost]:
        """What stands on the network, in the order it arrived."""
        return posts_of(self.world, network)

    @property
    def requests(self) -> list[dict[str, Any]]:
        """What was asked, oldest first, without secrets."""
        return list(self.world.requests)

    def fault(self, match: str, fault: str, **details: Any) -> Fault:
        """Order trouble: ``sandbox.fault("POST /api.x.com/2/tweets", "drop_after")``."""
        return self.world.faults.add({"match": match, "fault": fault, **details})

    def limit(self, **calls: int) -> None:
        """Change a quota: ``sandbox.limit(x_per_quarter_hour=2)``."""
        self.world.settings.limit(calls)

    def advance(self, seconds: float) -> None:
        """Let time pass for codes, tokens and quotas."""
        self.world.store.clock.ahead += seconds

    def reset(self) -> None:
        self.world.store.reset()
        self.world.faults.clear()
        self.world.requests.clear()

    def consent(
        self,
        authorize_url: str,
        person: str = "",
        allow: bool = True,
        scopes: Sequence[str] = (),
    ) -> str:
        """Press Allow or Cancel; see ``consent``."""
        return consent(authorize_url, person, allow, scopes)


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: Message,
        newurl: str,
    ) -> None:
        return None


def consent(
    authorize_url: str,
    person: str = "",
    allow: bool = True,
    scopes: Sequence[str] = (),
) -> str:
    """Post the consent form as a browser would; returns the callback address.

    ``scopes``: those that are left ticked, where a network lets people choose.

    Raises ValueError with the page's text when the network shows a problem instead.
    """
    form = {
        "decision": "allow" if allow else "cancel",
        "person": person,
        "scope": list(scopes),
    }
    data = urllib.parse.urlencode(form, doseq=True).encode()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Stay())
    try:
        with opener.open(authorize_url, data, timeout=10) as page:
            raise ValueError(f"no redirect: HTTP {page.status}")
    except urllib.error.HTTPError as answer:
        with answer:
            if answer.code == 302:
                return str(answer.headers["Location"])
            raise ValueError(answer.read().decode("utf-8", "replace")) from None
