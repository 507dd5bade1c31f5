"""How X reads a text: where its addresses are and how much it weighs.

Deliberately not the product's own counter: a double that shares its client's code
cannot disagree with it.
"""

from __future__ import annotations

import re
import unicodedata

MAX_WEIGHT = 280
_URL_WEIGHT = 23
_LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))

_ADDRESS = re.compile(
    r"(?<![\w@$#./-])(?:https?://)?"
    r"(?:[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?\.)+"
    r"(?:[a-z]{2}|com|org|net|edu|gov|info|app|dev|blog|news|example|online|energy)\b"
    r"(?![@+])(?::[0-9]+)?(?:/[^\s<>\"]*[\w/#=+-])?(?:\?[^\s<>\"]*[\w/#=&-])?",
    re.IGNORECASE,
)
_FLAG = "[\U0001f1e6-\U0001f1ff]{2}"
_PICTURE = "[\u203c-\u3299\U0001f000-\U0001faff]"
_JOINED = f"{_PICTURE}\ufe0f?[\U0001f3fb-\U0001f3ff]?[\U000e0020-\U000e007f]*"
_EMOJI = re.compile(f"{_FLAG}|[0-9#*]\ufe0f?\u20e3|{_JOINED}(?:\u200d{_JOINED})*")


def addresses(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in _ADDRESS.finditer(text)]


def weight(text: str) -> int:
    """At most 280 may be posted: an address weighs 23, an emoji 2."""
    text = unicodedata.normalize("NFC", text)
    text, found = _ADDRESS.subn("", text)
    return found * _URL_WEIGHT + sum(
        2 * _is_picture(run) or _plain(run) for run in _runs(text)
    )


def _runs(text: str) -> list[str]:
    """The text cut into emoji and single characters."""
    runs: list[str] = []
    position = 0
    while position < len(text):
        emoji = _EMOJI.match(text, position)
        runs.append(emoji.group() if emoji else text[position])
        position = emoji.end() if emoji else position + 1
    return runs


def _is_picture(run: str) -> bool:
    return len(run) > 1


def _plain(char: str) -> int:
    return 1 if any(first <= ord(char) <= last for first, last in _LIGHT) else 2
