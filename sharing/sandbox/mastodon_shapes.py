"""Posts, people, files and servers in the words of Mastodon."""

from __future__ import annotations

import hashlib
import math
import re
from datetime import UTC, datetime
from html import escape
from typing import Any

from sharing.sandbox.messages import Request, Response, as_json
from sharing.sandbox.people import Person, named
from sharing.sandbox.store import StoredPost

NETWORK = "mastodon"
VERSION = "4.5.2"
_LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)\]]")


def problem(status: int, said: str) -> Response:
    return as_json({"error": said}, status)


def as_account(person: Person, host: str, whole: bool = False) -> dict[str, Any]:
    """``whole``: what a person sees of their own."""
    account: dict[str, Any] = {
        "id": person.number(f"{NETWORK}/{host}"),
        "username": person.handle,
        "acct": person.handle,
        "display_name": person.name,
        "locked": False,
        "bot": False,
        "discoverable": True,
        "group": False,
        "created_at": "2024-03-01T00:00:00.000Z",
        "note": "",
        "url": f"https://{host}/@{person.handle}",
        "uri": f"https://{host}/users/{person.handle}",
        "avatar": f"https://{host}/avatars/original/missing.png",
        "avatar_static": f"https://{host}/avatars/original/missing.png",
        "header": f"https://{host}/headers/original/missing.png",
        "header_static": f"https://{host}/headers/original/missing.png",
        "followers_count": 120,
        "following_count": 80,
        "statuses_count": 30,
        "last_status_at": None,
        "emojis": [],
        "fields": [],
    }
    if whole:
        account["source"] = {
            "privacy": "public",
            "sensitive": False,
            "language": "en",
            "note": "",
            "fields": [],
            "follow_requests_count": 0,
        }
    return account


def as_status(request: Request, post: StoredPost, now: float) -> dict[str, Any]:
    host = str(post.sent["host"])
    person = named(post.person)
    url = f"https://{host}/@{person.handle}/{post.id}"
    moment = datetime.fromtimestamp(post.at, UTC)
    files = [as_attachment(request, media, True) for media in post.media]
    return {
        "id": post.id,
        "created_at": moment.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "in_reply_to_id": None,
        "in_reply_to_account_id": None,
        "sensitive": bool(post.sent.get("sensitive", False)),
        "spoiler_text": str(post.sent.get("spoiler_text") or ""),
        "visibility": post.sent.get("visibility") or "public",
        "language": post.sent.get("language") or "en",
        "uri": f"https://{host}/users/{person.handle}/statuses/{post.id}",
        "url": url,
        "content": as_html(post.text),
        "account": as_account(person, host),
        "media_attachments": files,
        "mentions": [],
        "tags": [],
        "emojis": [],
        "card": None,
        "poll": None,
        "reblog": None,
        "application": {"name": "Advocacy", "website": None},
        "edited_at": None,
        "favourited": False,
        "reblogged": False,
        "muted": False,
        "bookmarked": False,
        "pinned": False,
        **_counts(post, now),
    }


def as_html(text: str) -> str:
    """Paragraphs, with the middle of an address shown and its ends hidden."""
    parts, position = [], 0
    for match in _LINK.finditer(text):
        url = escape(match.group())
        scheme = url.partition("://")[0] + "://"
        shown, rest = url[len(scheme) :][:30], url[len(scheme) :][30:]
        parts.append(escape(text[position : match.start()], quote=False))
        parts.append(
            f'<a href="{url}" target="_blank" rel="nofollow noopener" translate="no">'
            f'<span class="invisible">{scheme}</span>'
            f'<span class="{"ellipsis" if rest else ""}">{shown}</span>'
            f'<span class="invisible">{rest}</span></a>'
        )
        position = match.end()
    html = "".join(parts) + escape(text[position:], quote=False)
    paragraphs = (part.replace("\n", "<br />") for part in re.split(r"\n{2,}", html))
    return "".join(f"<p>{part}</p>" for part in paragraphs)


def as_attachment(
    request: Request, media: dict[str, str], ready: bool
) -> dict[str, Any]:
    url = f"{request.base}/_sandbox/files/{media['file']}" if ready else None
    return {
        "id": media["id"],
        "type": media["kind"],
        "url": url,
        "preview_url": url,
        "remote_url": None,
        "text_url": None,
        "meta": {},
        "description": media["alt"] or None,
        "blurhash": None,
    }


def _counts(post: StoredPost, now: float) -> dict[str, int]:
    """Plausible, growing, and the same whenever asked at the same age."""
    liked = int(hashlib.sha256(post.id.encode()).hexdigest()[:4], 16) / 65535
    age = max(0.0, now - post.at) / 3600
    seen = int((30 + 500 * liked) * (1 - math.exp(-age / 18)))
    return {
        "favourites_count": seen // 20,
        "reblogs_count": seen // 60,
        "replies_count": seen // 110,
        "quotes_count": seen // 300,
    }


def configuration() -> dict[str, Any]:
    return {
        "urls": {"streaming": "wss://streaming.example"},
        "accounts": {"max_featured_tags": 10},
        "statuses": {
            "max_characters": 500,
            "max_media_attachments": 4,
            "characters_reserved_per_url": 23,
        },
        "media_attachments": {
            "supported_mime_types": [
                "image/jpeg",
                "image/png",
                "image/gif",
                "image/webp",
                "image/avif",
                "video/mp4",
                "video/webm",
                "video/quicktime",
            ],
            "description_limit": 1500,
            "image_size_limit": 16 * 1024 * 1024,
            "image_matrix_limit": 33177600,
            "video_size_limit": 99 * 1024 * 1024,
            "video_frame_rate_limit": 120,
            "video_matrix_limit": 8294400,
        },
        "polls": {
            "max_options": 4,
            "max_characters_per_option": 50,
            "min_expiration": 300,
            "max_expiration": 2629746,
        },
        "translation": {"enabled": False},
    }


def as_instance(host: str) -> dict[str, Any]:
    return {
        "domain": host,
        "title": "Sandbox",
        "version": VERSION,
        "source_url": "https://github.com/mastodon/mastodon",
        "description": "A server that stands in for the real ones.",
        "usage": {"users": {"active_month": 3}},
        "thumbnail": {"url": f"https://{host}/thumbnail.png"},
        "languages": ["en", "da"],
        "configuration": configuration(),
        "registrations": {
            "enabled": False,
            "approval_required": False,
            "message": None,
        },
        "api_versions": {"mastodon": 6},
        "contact": {"email": "", "account": None},
        "rules": [],
    }


def as_old_instance(host: str) -> dict[str, Any]:
    return {
        "uri": host,
        "title": "Sandbox",
        "short_description": "",
        "description": "A server that stands in for the real ones.",
        "email": "",
        "version": VERSION,
        "urls": {"streaming_api": "wss://streaming.example"},
        "stats": {"user_count": 3, "status_count": 0, "domain_count": 1},
        "thumbnail": None,
        "languages": ["en", "da"],
        "registrations": False,
        "approval_required": False,
        "invites_enabled": False,
        "configuration": configuration(),
        "contact_account": None,
        "rules": [],
    }
