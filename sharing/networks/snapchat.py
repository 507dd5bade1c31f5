"""Snapchat: https://docs.snap.com/snap-kit/creative-kit/Tutorials/web (read 2026-08).

The link opens the app, or its page; the caption is pasted there.
"""

from __future__ import annotations

from urllib.parse import quote, urlencode

from sharing.connectors.base import Connector
from sharing.connectors.types import Limits


class Snapchat(Connector):
    slug = "snapchat"
    label = "Snapchat"
    icon = (
        "M12 3c3 0 5 2.1 5 5.2v2.1c.5.2 1.3-.1 1.7.5c.5.9-1.4 1.4-1.6 2c.4 1.9 1."
        "9 3 3.6 3.5c.1 1.1-1.5 1.3-2.4 1.5c-.3.4-.1 1.1-.6 1.3c-.8.1-1.6-.3-2.5."
        "1c-1 .6-1.7 1.3-3.2 1.3s-2.2-.7-3.2-1.3c-.9-.4-1.7 0-2.5-.1c-.5-.2-.3-.9"
        "-.6-1.3c-.9-.2-2.5-.4-2.4-1.5c1.7-.5 3.2-1.6 3.6-3.5c-.2-.6-2.1-1.1-1.6-"
        "2c.4-.6 1.2-.3 1.7-.5V8.2C7 5.1 9 3 12 3z"
    )
    limits = Limits(max_chars=250)
    attaches_link = True

    def composer_url(self, text: str, link: str) -> str:
        asked = urlencode({"link": link}, quote_via=quote)
        return f"https://www.snapchat.com/share?{asked}"


connector = Snapchat
