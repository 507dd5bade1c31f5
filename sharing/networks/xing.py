"""XING: https://www.xing.com/spi/shares/new (read 2026-08). It takes a link and no text.

There is no interface for posting any more. The longest text is its composer's own matter.
"""

from __future__ import annotations

from urllib.parse import quote, urlencode

from sharing.connectors.base import Connector
from sharing.connectors.types import Limits


class Xing(Connector):
    slug = "xing"
    label = "XING"
    icon = (
        "M4.2 6.2h3.9l2.2 3.8-3.4 6H3l3.4-6z M16.2 2.5h4l-6.6 11.6 4.2 7.4h-4L9.6 14.1z"
    )
    limits = Limits(max_chars=10000)
    attaches_link = True

    def composer_url(self, text: str, link: str) -> str:
        asked = urlencode({"url": link}, quote_via=quote)
        return f"https://www.xing.com/spi/shares/new?{asked}"


connector = Xing
