"""One sandbox: its state, its settings, and which network answers which path."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sharing.sandbox.faults import Faults
from sharing.sandbox.messages import Request, Response
from sharing.sandbox.store import Store


@dataclass
class Settings:
    """What a run may choose. The limits are the networks' own."""

    clients: dict[str, str] = field(
        default_factory=lambda: {"demo-client": "demo-secret"}
    )
    callbacks: tuple[str, ...] = ()  # empty: any address may be used as callback
    linkedin_per_day: int = 150
    linkedin_app_per_day: int = 100_000
    linkedin_oldest_version: str = "202509"
    linkedin_video_seconds: float = 3.0  # until a video is read; pictures at once
    linkedin_image_seconds: float = 0.0
    x_video_seconds: float = 3.0  # until X has looked at a GIF or a video
    x_per_quarter_hour: int = 100
    x_app_per_day: int = 10_000
    bluesky_per_hour: int = 1666
    mastodon_per_three_hours: int = 300
    mastodon_work_seconds: int = 3  # on a video
    tiktok_audited: bool = True
    tiktok_seconds: float = 3.0  # until a post is out
    tiktok_public_seconds: float = 10.0  # then, until it has an address
    tiktok_webhook: str = ""  # where messages go
    tiktok_verified: tuple[
        str, ...
    ] = ()  # where pictures may come from; empty: anywhere
    tiktok_creator_per_minute: int = 20
    tiktok_init_per_minute: int = 6
    tiktok_status_per_minute: int = 30
    tiktok_posts_per_day: int = 15
    instagram_seconds: float = 1.0  # until a picture is ready to be published
    instagram_video_seconds: float = 5.0
    instagram_deauthorize: str = ""  # whom it calls when a person removes an app
    instagram_deletion: str = ""  # the same, and wants to be forgotten
    instagram_posts_per_day: int = 100
    instagram_containers_per_day: int = 400
    instagram_app_per_hour: int = 4800
    instagram_account_per_hour: int = 4800

    def linkedin_seconds(self, kind: str) -> float:
        """How long a file is read before it may be shown."""
        is_video = kind == "video"
        return self.linkedin_video_seconds if is_video else self.linkedin_image_seconds

    def instagram_callback(self, kind: str) -> str:
        is_deletion = kind == "deletion"
        return self.instagram_deletion if is_deletion else self.instagram_deauthorize

    def limit(self, wish: Any) -> None:
        """Change limits while it runs; raises ValueError for what is none."""
        known = {name for name in self.__dataclass_fields__ if "_per_" in name}
        if not isinstance(wish, dict) or not set(wish) <= known:
            raise ValueError(f"limits are {', '.join(sorted(known))}")
        for name, calls in wish.items():
            if isinstance(calls, bool) or not isinstance(calls, int) or calls < 0:
                raise ValueError(f"{name} is a number of calls")
            setattr(self, name, calls)


class World:
    """Everything a request may touch."""

    def __init__(
        self, settings: Settings | None = None, folder: str | Path | None = None
    ) -> None:
        self.settings = settings or Settings()
        self.store = Store(folder)
        self.faults = Faults()
        self.requests: deque[dict[str, Any]] = deque(maxlen=2000)

    def now(self) -> float:
        return self.store.clock.now()

    def knows_app(self, client_id: str) -> bool:
        """Whether it was given to us, or has registered itself."""
        return (
            client_id in self.settings.clients or f"app/{client_id}" in self.store.notes
        )

    def note(self, request: Request, status: int) -> None:
        """Keep what was asked, without any header that carries a secret."""
        shown = {
            name: value
            for name, value in request.headers.items()
            if name not in ("authorization", "cookie")
        }
        self.requests.append(
            {
                "method": request.method,
                "path": request.path,
                "query": _SECRETS.sub(r"\1=…", request.query_string),
                "headers": shown,
                "body": _without_secrets(request),
                "status": status,
                "at": self.now(),
            }
        )

    def quota(self, name: str, most: int, start: float) -> tuple[bool, int]:
        """Count one call since ``start``: whether it is allowed, and how many remain."""
        with self.store.lock:
            calls = self.store.calls[name]
            while calls and calls[0] < start:
                calls.popleft()
            if len(calls) >= most:
                return False, 0
            calls.append(self.now())
            return True, most - len(calls)


_WORDS = ("", "application/json", "text/plain", "text/html")
# Instagram wants tokens in the address of some calls.
_SECRETS = re.compile(r"(access_token|client_secret|code)=[^&]*")
Handler = Callable[[World, Request, Mapping[str, str]], Response]


def _without_secrets(request: Request) -> str:
    if request.content_type == "application/x-www-form-urlencoded":
        return "&".join(f"{name}=…" for name in request.form)
    if request.content_type not in _WORDS and len(request.body) > 0:
        return f"{len(request.body)} bytes"
    return request.body.decode("utf-8", "replace")
