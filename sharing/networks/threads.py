"""Threads: https://developers.facebook.com/docs/threads/threads-web-intents (read 2026-08)."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from sharing.connectors.base import Connector
from sharing.connectors.types import Limits


class Threads(Connector):
    slug = "threads"
    label = "Threads"
    icon = (
        "M12 2.5a9.5 9.5 0 1 0 5.6 17.2l-1.3-1.7a7.4 7.4 0 1 1 3-7.3c.2 1.7-.2 3."
        "1-1.2 3.1c-.7 0-1-.5-1-1.4V8.2h-2v.7a4.3 4.3 0 1 0 .4 5.6c.5.9 1.4 1.4 2"
        ".5 1.4c2.5 0 3.7-2.4 3.4-5.4A9.5 9.5 0 0 0 12 2.5z M12 9.8a2.2 2.2 0 1 1"
        " 0 4.4a2.2 2.2 0 0 1 0-4.4z"
    )
    limits = Limits(max_chars=500)
    prefills = True

    def composer_url(self, text: str, link: str) -> str:
        asked = urlencode({"text": text}, quote_via=quote)
        return f"https://www.threads.net/intent/post?{asked}"


connector = Threads
