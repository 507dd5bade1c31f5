"""How many characters a person sees; a stand-in's own count, not the product's."""

from __future__ import annotations

import re
import unicodedata

_JOINED = re.compile("(?<=.)\u200d.", re.DOTALL)  # families, professions
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
_TONES = range(0x1F3FB, 0x1F400)
_TAGS = range(0xE0020, 0xE0080)


def graphemes(text: str) -> int:
    """Marks, joiners and tones belong to the character before them."""
    text = _FLAG.sub(
        "F", _JOINED.sub("", text.replace("\r\n", "\n").replace("\ufe0f", ""))
    )
    return sum(1 for char in text if not _is_part(char))


def _is_part(char: str) -> bool:
    point = ord(char)
    is_mark = unicodedata.category(char) in ("Mn", "Me", "Mc")
    return is_mark or point in _TONES or point in _TAGS or char == "\u200d"
