"""Posts, people and problems in the words of X."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sharing.sandbox.messages import Response, as_json
from sharing.sandbox.people import Person
from sharing.sandbox.store import StoredPost
from sharing.sandbox.x_text import addresses

_PICTURE = (
    "https://abs.twimg.com/sticky/default_profile_images/default_profile_normal.png"
)


_PROBLEMS = "https://api.x.com/2/problems"


def problem(status: int, title: str, detail: str) -> Response:
    data = {"title": title, "detail": detail, "type": "about:blank", "status": status}
    return as_json(data, status)


def invalid(said: str) -> Response:
    kind = f"{_PROBLEMS}/invalid-request"
    title = "Invalid Request"
    detail = "One or more parameters to your request was invalid."
    data = {
        "errors": [{"message": said}],
        "title": title,
        "detail": detail,
        "type": kind,
    }
    return as_json(data, 400)


def as_user(person: Person, fields: list[str]) -> dict[str, Any]:
    user: dict[str, Any] = {
        "id": person.number("x"),
        "name": person.name,
        "username": person.handle,
    }
    more = {"profile_image_url": _PICTURE, "verified": False}
    return user | {name: value for name, value in more.items() if name in fields}


@dataclass(frozen=True)
class Names:
    """What an app asks of posts, and in which generation of names.

    X renames ``tweet.fields`` to ``post.fields``, and what it calls its answers with it.
    """

    fields: tuple[str, ...] = ()
    new: bool = False

    @classmethod
    def asked(cls, query: Mapping[str, str]) -> Names:
        new = "post.fields" in query
        fields = query.get("post.fields" if new else "tweet.fields", "")
        return cls(tuple(fields.split(",")), new)

    @property
    def own(self) -> tuple[str, ...]:
        """The fields that X shows to the author alone."""
        return tuple(
            name
            for name in self.fields
            if name in ("non_public_metrics", "organic_metrics")
        )


def as_tweet(post: StoredPost, names: Names, now: float) -> dict[str, Any]:
    text, urls = _shortened(post.text)
    history = "edit_history_post_ids" if names.new else "edit_history_tweet_ids"
    tweet: dict[str, Any] = {"id": post.id, "text": text, history: [post.id]}
    moment = datetime.fromtimestamp(post.at, UTC)
    public, own = _metrics(post, now, names)
    shared = ("impression_count", "like_count", "reply_count", *_reposts(names))
    more = {
        "created_at": moment.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "author_id": post.author,
        "public_metrics": public,
        "non_public_metrics": own,
        "organic_metrics": {name: public[name] for name in shared}
        | {name: own[name] for name in ("url_link_clicks", "user_profile_clicks")},
        "entities": {"urls": urls},
    }
    if not urls:
        del more["entities"]
    return tweet | {name: more[name] for name in names.fields if name in more}


def missing(post_id: str, parameter: str = "ids") -> dict[str, Any]:
    """The record of a post that is not there."""
    return {
        "value": post_id,
        "detail": f"Could not find tweet with {parameter}: [{post_id}].",
        "title": "Not Found Error",
        "resource_type": "tweet",
        "parameter": parameter,
        "resource_id": post_id,
        "type": f"{_PROBLEMS}/resource-not-found",
    }


def withheld(post_id: str, name: str) -> dict[str, Any]:
    """The record of a field that this member may not see, or not any more."""
    return {
        "value": post_id,
        "detail": f"Sorry, you are not authorized to access '{name}' on the Tweet with"
        f" ids : [{post_id}].",
        "title": "Field Authorization Error",
        "section": "data",
        "field": name,
        "resource_type": "tweet",
        "parameter": "ids",
        "resource_id": post_id,
        "type": f"{_PROBLEMS}/not-authorized-for-field",
    }


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


def _metrics(
    post: StoredPost, now: float, names: Names
) -> tuple[dict[str, int], dict[str, int]]:
    """Plausible, growing, and the same whenever asked at the same age."""
    liked = int(hashlib.sha256(post.id.encode()).hexdigest()[:4], 16) / 65535
    age = max(0.0, now - post.at) / 3600
    seen = int((40 + 900 * liked) * (1 - math.exp(-age / 18)))
    public = {
        "impression_count": seen,
        "like_count": seen // 45,
        "reply_count": seen // 220,
        "quote_count": seen // 500,
        "bookmark_count": seen // 300,
    } | dict.fromkeys(_reposts(names), seen // 160)
    own = {
        "impression_count": seen,
        "url_link_clicks": seen // 70,
        "user_profile_clicks": seen // 130,
        "engagements": seen // 25,
    }
    return public, own


def _reposts(names: Names) -> tuple[str, ...]:
    return ("repost_count",) if names.new else ("retweet_count",)
