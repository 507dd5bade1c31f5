"""Text as LinkedIn reads it: "little text", where a bare reserved sign ends the post."""

from __future__ import annotations

import re

_RESERVED = re.compile(r"[\\|{}@\[\]()<>#*_~]")
# A hashtag as a reader sees it: it needs a letter, and may not start inside a word.
_HASHTAG = re.compile(r"(?<![\w#&/])#((?=\w*[^\W\d_])\w+)")


def little_text(text: str) -> str:
    """Escape for ``commentary``, and for nothing else: other fields show the escapes.

    Hashtags become templates, because an escaped # is only a sign, not a link.
    """
    parts: list[str] = []
    position = 0
    for tag in _HASHTAG.finditer(text):
        parts.append(_escape(text[position : tag.start()]))
        parts.append(rf"{{hashtag|\#|{_escape(tag.group(1))}}}")
        position = tag.end()
    parts.append(_escape(text[position:]))
    return "".join(parts)


def _escape(text: str) -> str:
    return _RESERVED.sub(r"\\\g<0>", text)
