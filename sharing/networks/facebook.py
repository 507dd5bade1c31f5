"""Facebook: https://developers.facebook.com/docs/sharing/ (read 2026-08).

No program may post for a person there since 2018; its dialog takes a link and no text.
"""

from __future__ import annotations

from urllib.parse import quote, urlencode

from sharing.connectors.base import Connector
from sharing.connectors.modes import Mode
from sharing.connectors.types import Limits


class Facebook(Connector):
    slug = "facebook"
    label = "Facebook"
    icon = (
        "M12 2a10 10 0 0 1 1.8 19.84V14.6h2.5l.4-3h-2.9V9.7c0-.9.3-1.5 1.6-1.5h1."
        "4V5.6a19 19 0 0 0-2.2-.1c-2.2 0-3.8 1.3-3.8 3.8v2.3H8.2v3h2.6v7.3A10 10 "
        "0 0 1 12 2z"
    )
    limits = Limits(max_chars=63206)
    # Felt as private by many: members meet it where a tenant has chosen it.
    default_mode = Mode.OFF
    attaches_link = True

    def composer_url(self, text: str, link: str) -> str:
        asked = urlencode({"u": link}, quote_via=quote)
        return f"https://www.facebook.com/sharer/sharer.php?{asked}"


connector = Facebook
