"""WhatsApp: https://faq.whatsapp.com/5913398998672934 (read 2026-08). Opens a chat or status."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from sharing.connectors.base import Connector
from sharing.connectors.types import Limits


class WhatsApp(Connector):
    slug = "whatsapp"
    label = "WhatsApp"
    icon = (
        "M12 2.5a9.4 9.4 0 0 0-8.1 14.2L2.6 21.4l4.8-1.3A9.4 9.4 0 1 0 12 2.5z M1"
        "2 4.4a7.5 7.5 0 1 1-3.9 13.9l-.4-.2-2.4.6.6-2.3-.2-.4A7.5 7.5 0 0 1 12 4"
        ".4z M9 7.7c-.6 0-1.5.7-1.5 2c0 2.7 3.9 6.6 6.7 6.6c1.4 0 2.1-.9 2.1-1.7c"
        "0-.3-2-1.4-2.3-1.4c-.4 0-.8 1.1-1.2 1.1c-.6 0-3-2.2-3-2.9c0-.4.9-.8.9-1."
        "2c0-.4-.9-2.5-1.7-2.5z"
    )
    limits = Limits(max_chars=65536)
    prefills = True

    def composer_url(self, text: str, link: str) -> str:
        asked = urlencode({"text": text}, quote_via=quote)
        return f"https://wa.me/?{asked}"


connector = WhatsApp
