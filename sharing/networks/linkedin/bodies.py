"""What LinkedIn is told of a post: the documented fields and no others."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from sharing.connectors.media import Kind
from sharing.connectors.types import Post
from sharing.networks.linkedin.words import little_text

TITLE_MAX, DESCRIPTION_MAX, ALT_MAX = 400, 4000, 4086
VISIBLE_TO = ("PUBLIC", "CONNECTIONS")


def urn_of(post: Post, number: int) -> str:
    """The asset that ``prepare`` made of a file; nothing where it made none."""
    return post.made.get(f"urn{number}", "")


def body_of(author: str, post: Post) -> dict[str, Any]:
    """The same post always gives the same bytes: the duplicate probe rests on it."""
    chosen = post.options.get("visibility")
    body: dict[str, Any] = {
        "author": author,
        "commentary": little_text(post.text),
        "visibility": chosen if chosen in VISIBLE_TO else VISIBLE_TO[0],
        "distribution": {
            "feedDistribution": "MAIN_FEED",
            "targetEntities": [],
            "thirdPartyDistributionChannels": [],
        },
        "lifecycleState": "PUBLISHED",
        "isReshareDisabledByAuthor": False,
    }
    if post.media:
        body["content"] = _media(post)
    elif post.link:
        body["content"] = {"article": _article(post, post.link)}
    return body


def _media(post: Post) -> dict[str, Any]:
    if len(post.media) > 1:
        images = [_image(post, number) for number in range(len(post.media))]
        return {"multiImage": {"images": images}}
    file = post.media[0]
    if file.kind == Kind.IMAGE:
        return {"media": _image(post, 0)}
    media = {"id": urn_of(post, 0)}
    title = file.title.strip() or post.title.strip()
    if file.kind == Kind.DOCUMENT:
        title = title or "Document"  # LinkedIn shows no document without one
    return {"media": media | ({"title": title[:TITLE_MAX]} if title else {})}


def _image(post: Post, number: int) -> dict[str, str]:
    alt = post.media[number].alt.strip()[:ALT_MAX]
    return {"id": urn_of(post, number)} | ({"altText": alt} if alt else {})


def _article(post: Post, link: str) -> dict[str, str]:
    """LinkedIn reads nothing from the page; what the card shows is what we say."""
    title = post.title.strip() or urlsplit(link).netloc
    article = {"source": link, "title": title[:TITLE_MAX]}
    description = post.description.strip()[:DESCRIPTION_MAX]
    if description:
        article["description"] = description
    picture = urn_of(post, 0)
    if picture and post.thumbnail:
        article["thumbnail"] = picture
        alt = post.thumbnail.alt.strip()[:ALT_MAX]
        if alt:
            article["thumbnailAltText"] = alt
    return article
