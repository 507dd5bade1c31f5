"""Posts, people and problems in the words of X."""

from __future__ import annotations

import hashlib
import math
from datetime import UTC, datetime
from typing import Any

from sharing.sandbox.messages import Response, as_json
from sharing.sandbox.people import Person
from sharing.sandbox.store import StoredPost
from sharing.sandbox.x_text import addresses

_PICTURE = (
    "https://abs.twimg.com/sticky/default_profile_images/default_profile_normal.png"
)


def problem(status: int, title: str, detail: str) -> Response:
    data = {"title": title, "detail": detail, "type": "about:blank", "status": status}
    return as_json(data, status)


def as_user(person: Person, fields: list[str]) -> dict[str, Any]:
    user: dict[str, Any] = {
        "id": person.number("x"),
        "name": person.name,
        "username": person.handle,
    }
    more = {"profile_image_url": _PICTURE, "verified": False}
    return user | {name: value for name, value in more.items() if name in fields}


def as_tweet(post: StoredPost, fields: list[str], now: float) -> dict[str, Any]:
    text, urls = _shortened(post.text)
    tweet: dict[str, Any] = {
        "id": post.id,
        "text": text,
        "edit_history_tweet_ids": [post.id],
    }
    moment = datetime.fromtimestamp(post.at, UTC)
    more = {
        "created_at": moment.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "author_id": post.author,
        "public_metrics": _metrics(post, now),
        "entities": {"urls": urls},
    }
    if not urls:
        del more["entities"]
    return tweet | {name: value for name, value in more.items() if name in fields}


def _shortened(text: str) -> tuple[str, list[dict[str, Any]]]:
    """X shows its own short address and tells the real one beside the text."""
    parts: list[str] = []
    urls: list[dict[str, Any]] = []
    position = length = 0
    for start, end in addresses(text):
        url = text[start:end]
        full = url if "://" in url else f"http://{url}"
        short = "https://t.co/" + hashlib.sha256(full.encode()).hexdigest()[:10]
        length += start - position
        entity = {"start": length, "end": length + 23, "url": short}
        urls.append({**entity, "expanded_url": full, "display_url": full[8:34]})
        parts += [text[position:start], short]
        length += 23
        position = end
    return "".join(parts) + text[position:], urls


def _metrics(post: StoredPost, now: float) -> dict[str, int]:
    """Plausible, growing, and the same whenever asked at the same age."""
    liked = int(hashlib.sha256(post.id.encode()).hexdigest()[:4], 16) / 65535
    age = max(0.0, now - post.at) / 3600
    seen = int((40 + 900 * liked) * (1 - math.exp(-age / 18)))
    return {
        "impression_count": seen,
        "like_count": seen // 45,
        "reply_count": seen // 220,
        "retweet_count": seen // 160,
        "quote_count": seen // 500,
        "bookmark_count": seen // 300,
    }
