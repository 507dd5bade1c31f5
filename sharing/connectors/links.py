"""Find one known address inside a text, and put another in its place."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

# What may go on inside an address: if one of these follows, it is a longer address.
_GOES_ON = r"(?![\w/%&=+~#$@-]|[?.,;:!'*)\]](?=[\w/%&=+~#$@-]))"
_BEFORE = r"(?<![\w@./:-])"


def contains_url(text: str, url: str) -> bool:
    """Whether this very address stands in the text, not as part of a longer one."""
    if not url or url not in text:  # a pattern made for each link is dear
        return False
    return re.search(_BEFORE + re.escape(url) + _GOES_ON, text) is not None


def replace_url(text: str, old: str, new: str) -> str:
    """Every mention of ``old`` becomes ``new``: any case of scheme and host, with or
    without scheme or closing slash. A longer address that begins the same is left."""
    pattern = _pattern(old)
    return pattern.sub(lambda _match: new, text) if pattern else text


def _pattern(url: str) -> re.Pattern[str] | None:
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return None
    rest = url.strip()[len(parts.scheme) + 3 + len(parts.netloc) :]
    host = re.escape(parts.netloc)
    tail = re.escape(rest.rstrip("/")) + "/?"
    return re.compile(rf"{_BEFORE}(?i:(?:https?://)?{host}){tail}{_GOES_ON}")
