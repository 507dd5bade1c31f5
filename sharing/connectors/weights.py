"""How long a text is where not every character counts the same.

X's public twitter-text rules, third configuration: see docs/networks/x.md.
"""

from __future__ import annotations

import unicodedata

import regex

from sharing.connectors.types import Limits
from sharing.connectors.urls import find_urls

# One glyph, however many code points: flags, keycaps, skin tones, families.
_ONE = r"(?:\p{Emoji_Modifier_Base}\p{Emoji_Modifier}|(?![©®™0-9#*])\p{Emoji}\uFE0F?|[©®™]\uFE0F)"
_EMOJI = regex.compile(
    r"\p{Regional_Indicator}{2}"
    r"|[0-9#*]\uFE0F?\u20E3"
    r"|\U0001F3F4[\U000E0020-\U000E007E]+\U000E007F"
    rf"|{_ONE}(?:\u200D{_ONE})*+"
)

_GRAPHEME = regex.compile(r"\X")

# Beyond this nobody's limit is near, and an exact count is not worth the time.
_HOPELESS = 20_000


def weighted_length(text: str, limits: Limits) -> int:
    """The length by weights, with every address and every emoji counted as one thing."""
    text = unicodedata.normalize("NFC", text)
    if len(text) > _HOPELESS:
        return len(text)
    length = position = 0
    for start, end in find_urls(text):
        length += _plain(text[position:start], limits) + (limits.url_length or 0)
        position = end
    return length + _plain(text[position:], limits)


def _plain(text: str, limits: Limits) -> int:
    emoji = 0

    def count(_match: object) -> str:
        nonlocal emoji
        emoji += 1
        return ""

    rest = _EMOJI.sub(count, text)
    return 2 * emoji + sum(_weight(ord(char), limits) for char in rest)


def _weight(point: int, limits: Limits) -> int:
    light = any(first <= point <= last for first, last in limits.light_ranges)
    return 1 if light else 2


def grapheme_length(text: str) -> int:
    """How many characters a person sees, by Unicode's rules for where one ends."""
    return sum(1 for _ in _GRAPHEME.finditer(text))
