"""What X accepts as the body of a post, field by field."""

from __future__ import annotations

import re
from typing import Any

from sharing.sandbox.x_text import MAX_WEIGHT, weight

_FIELDS = {
    "text": str,
    "media": dict,
    "made_with_ai": bool,
    "paid_partnership": bool,
    "nullcast": bool,
    "for_super_followers_only": bool,
    "share_with_followers": bool,
    "reply_settings": str,
    "card_uri": str,
    "community_id": str,
    "direct_message_deep_link": str,
    "quote_tweet_id": str,
    "geo": dict,
    "poll": dict,
    "reply": dict,
    "edit_options": dict,
}
_REPLY_SETTINGS = ("following", "mentionedUsers", "subscribers", "verified")
_ALONE = {"media", "poll", "card_uri", "quote_tweet_id"}
_CASHTAG = re.compile(r"(?<![\w$])\$[A-Za-z]{1,6}\b")
_NO_CHARACTERS = {"\ufffe", "\uffff", "\ufeff"}


def problem_with(body: Any) -> str | None:
    """The first thing wrong with this body."""
    if not isinstance(body, dict):
        return "The body is not a JSON object"
    return _shape(body) or _text(body.get("text", "").strip(), "media" in body)


def _shape(body: dict[str, Any]) -> str | None:
    for name, value in body.items():
        if name not in _FIELDS:
            return f"[{name}] is not a known parameter"
        if not isinstance(value, _FIELDS[name]):
            return f"[{name}] has the wrong type"
    if body.get("reply_settings", _REPLY_SETTINGS[0]) not in _REPLY_SETTINGS:
        return "[reply_settings] is unknown"
    if len(_ALONE & set(body)) > 1:
        return "Only one of media, poll, card and quote may go with a post"
    return None


def _text(text: str, has_media: bool) -> str | None:
    if not (text or has_media) or set(text) & _NO_CHARACTERS:
        return "[text] is empty or holds an invalid character"
    if weight(text) > MAX_WEIGHT:
        return "Your post is too long"
    if len(_CASHTAG.findall(text)) > 1:
        return "A post may hold one cashtag"
    return None
