"""What LinkedIn accepts as the body of a post, field by field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from sharing.sandbox import little_text
from sharing.sandbox.linkedin_said import Problem, shape_problem

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
        shape_problem(body, _TOP, _REQUIRED, "")
        or _values(body)
        or shape_problem(
            body["distribution"], _DISTRIBUTION, ("feedDistribution",), "/distribution"
        )
        or _commentary(body)
        or _content(body)
    )


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
    if len(content) != 1 or set(content) - set(_KINDS):
        return "INVALID_VALUE", "/content :: must hold exactly one known kind"
    ((kind, value),) = content.items()
    return _KINDS[kind](value)


def _article(article: Any) -> Problem | None:
    where = "/content/article"
    wrong = shape_problem(article, _ARTICLE, ("source", "title"), where)
    if wrong:
        return wrong
    parts = urlsplit(article["source"])
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return "INVALID_VALUE", f"{where}/source :: is not a web address"
    if not article["title"] or len(article["title"]) > 400:
        return "FIELD_LENGTH_TOO_LONG", f"{where}/title :: 1 to 400 characters"
    if len(article.get("description", "")) > 4000:
        return "FIELD_LENGTH_TOO_LONG", f"{where}/description :: up to 4000 characters"
    return _urn(article.get("thumbnail"), ("image",), f"{where}/thumbnail")


def _media(media: Any) -> Problem | None:
    where = "/content/media"
    wrong = shape_problem(
        media, {"id": str, "title": str, "altText": str}, ("id",), where
    ) or _urn(media["id"], ("image", "video", "document"), f"{where}/id")
    if not wrong and ":document:" in media["id"] and not media.get("title"):
        return "MISSING_FIELD", f"{where}/title :: a document needs a title"
    return wrong


def _images(value: Any) -> Problem | None:
    where = "/content/multiImage"
    wrong = shape_problem(value, {"images": list}, ("images",), where)
    if wrong:
        return wrong
    if not 2 <= len(value["images"]) <= 20:
        return "INVALID_VALUE", f"{where}/images :: 2 to 20 images"
    for number, image in enumerate(value["images"]):
        place = f"{where}/images/{number}"
        wrong = shape_problem(
            image, {"id": str, "altText": str}, ("id",), place
        ) or _urn(image["id"], ("image",), f"{place}/id")
        if wrong:
            return wrong
    return None


def _urn(urn: str | None, kinds: tuple[str, ...], where: str) -> Problem | None:
    if urn is None or any(urn.startswith(f"urn:li:{kind}:") for kind in kinds):
        return None
    return "INVALID_URN_TYPE", f"{where} :: is no URN of {' or '.join(kinds)}"


_KINDS: dict[str, Callable[[Any], Problem | None]] = {
    "article": _article,
    "media": _media,
    "multiImage": _images,
}
