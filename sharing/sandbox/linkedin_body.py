"""What LinkedIn accepts as the body of a post, field by field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from sharing.sandbox import little_text

Problem = tuple[str, str]
MAX_COMMENTARY = 3000

_TOP = {
    "author": str,
    "commentary": str,
    "visibility": str,
    "distribution": dict,
    "content": dict,
    "lifecycleState": str,
    "isReshareDisabledByAuthor": bool,
}
_REQUIRED = ("author", "commentary", "visibility", "distribution", "lifecycleState")
_DISTRIBUTION = {
    "feedDistribution": str,
    "targetEntities": list,
    "thirdPartyDistributionChannels": list,
}
_ARTICLE = {
    "source": str,
    "title": str,
    "description": str,
    "thumbnail": str,
    "thumbnailAltText": str,
}
_VALUES = {
    "visibility": ("PUBLIC", "CONNECTIONS", "LOGGED_IN"),
    "lifecycleState": ("PUBLISHED",),
}


def problem_with(body: Any) -> Problem | None:
    """The first thing wrong with this body, as code and message."""
    return (
        _shape(body, _TOP, _REQUIRED, "")
        or _values(body)
        or _shape(
            body["distribution"], _DISTRIBUTION, ("feedDistribution",), "/distribution"
        )
        or _commentary(body)
        or _content(body)
    )


def _shape(
    data: Any, fields: Mapping[str, type], required: tuple[str, ...], where: str
) -> Problem | None:
    if not isinstance(data, dict):
        return "INVALID_VALUE", f"{where or 'The body'} is not a record"
    for name in required:
        if name not in data:
            return "MISSING_FIELD", f"{where}/{name} :: field is required but not found"
    for name, value in data.items():
        if name not in fields:
            return "UNPERMITTED_FIELD", f"{where}/{name} :: unrecognized field found"
        if not isinstance(value, fields[name]):
            return (
                "INVALID_VALUE",
                f"{where}/{name} :: is not a {fields[name].__name__}",
            )
    return None


def _values(body: dict[str, Any]) -> Problem | None:
    for name, allowed in _VALUES.items():
        if body[name] not in allowed:
            return "INVALID_VALUE", f"/{name} :: is not an enum symbol"
    if not body["author"].startswith("urn:li:person:"):
        return "INVALID_URN_TYPE", "/author :: is not a person URN"
    return None


def _commentary(body: dict[str, Any]) -> Problem | None:
    text = little_text.read(body["commentary"])
    if len(text.encode("utf-16-le", "surrogatepass")) // 2 > MAX_COMMENTARY:
        return "FIELD_LENGTH_TOO_LONG", "/commentary :: exceeds 3000 characters"
    if not body["commentary"].strip() and not body.get("content"):
        return "MISSING_FIELD", "/commentary :: a post needs text or content"
    return None


def _content(body: dict[str, Any]) -> Problem | None:
    if "content" not in body:
        return None
    content = body["content"]
    if set(content) != {"article"}:
        return "INVALID_VALUE", "/content :: must hold exactly one known kind"
    article = content["article"]
    where = "/content/article"
    wrong = _shape(article, _ARTICLE, ("source", "title"), where)
    if wrong:
        return wrong
    parts = urlsplit(article["source"])
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return "INVALID_VALUE", f"{where}/source :: is not a web address"
    if not article["title"] or len(article["title"]) > 400:
        return "FIELD_LENGTH_TOO_LONG", f"{where}/title :: 1 to 400 characters"
    return None
