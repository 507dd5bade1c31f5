"""The pages people see: consent, what was posted, and what went wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sharing.sandbox.messages import Response
from sharing.sandbox.people import cast, named
from sharing.sandbox.store import StoredPost

if TYPE_CHECKING:
    from sharing.sandbox.consent import Rules

_WEB = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)\]]")
_TAG = re.compile(r"(?<![\w&])#\w+")
_LABELS = {
    "linkedin": "LinkedIn",
    "x": "X",
    "instagram": "Instagram",
    "tiktok": "TikTok",
    "mastodon": "Mastodon",
    "bluesky": "Bluesky",
}
_HANDLES = ("x", "tiktok", "instagram")


def page(title: str, body: str, status: int = 200, form_to: str = "") -> Response:
    html = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title>"
        '<link rel="stylesheet" href="/_sandbox/style.css">'
        '<link rel="icon" href="data:,">'
        f"</head><body><main>{body}</main></body></html>"
    )
    policy = (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; media-src 'self'; "
        f"base-uri 'none'; frame-ancestors 'none'; form-action 'self' {form_to}"
    )
    return Response(
        status,
        html.encode(),
        {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Security-Policy": policy.strip(),
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
        },
    )


def problem(label: str, sentence: str) -> Response:
    body = f"<h1>{escape(label)} cannot continue</h1><p>{escape(sentence)}</p>{_NOTE}"
    return page(f"{label}: problem", body, 400)


def consent(rules: Rules, asked: Mapping[str, str]) -> Response:
    """Who are you, and may this app act for you? Both buttons post the same form."""
    target = urlsplit(asked["redirect_uri"])
    app, label = escape(asked[rules.client_id_param]), escape(rules.label)
    body = f"""
<p class="network network--{escape(rules.network)}">{label}</p>
<h1>Let “{app}” use your {label} account?</h1>
<form method="post">
<fieldset><legend>You are signed in as</legend>{_choices(rules.more_people)}</fieldset>
{_wishes(rules, asked)}
<p class="quiet">Afterwards you return to {escape(target.netloc)}.</p>
<p class="buttons"><button name="decision" value="allow">Allow</button>
<button class="plain" name="decision" value="cancel">Cancel</button></p>
</form>{_NOTE}"""
    return page(
        f"{rules.label}: connect", body, form_to=f"{target.scheme}://{target.netloc}"
    )


def _wishes(rules: Rules, asked: Mapping[str, str]) -> str:
    """What the app asks for; with ticks where people may leave something out."""
    scopes = rules.scopes_of(asked)
    if not rules.unticks:
        words = dict.fromkeys(rules.scopes[scope] for scope in scopes)
        wanted = "".join(f"<li>{escape(wish)}</li>" for wish in words)
        return f"<p>The app will be able to:</p><ul>{wanted}</ul>"
    ticks = "".join(
        f'<label class="tick"><input type="checkbox" name="scope" checked'
        f' value="{escape(scope)}">{escape(rules.scopes[scope])}</label>'
        for scope in scopes
    )
    none = '<input type="hidden" name="scope" value="">'
    legend = "<legend>The app will be able to</legend>"
    return f"<fieldset>{legend}{none}{ticks}</fieldset>"


def _choices(more: Iterable[str] = ()) -> str:
    rows = [
        f'<label class="person"><input type="radio" name="person" value="{escape(person.name)}"'
        f"{' checked' if number == 0 else ''}>"
        f'<span class="face" aria-hidden="true">{person.initials}</span>'
        f"{escape(person.name)}</label>"
        for number, person in enumerate([*cast(), *map(named, more)])
    ]
    other = (
        '<label class="other">Someone else (any name)'
        '<input name="other" maxlength="60" autocomplete="off"></label>'
    )
    return "".join(rows) + other


def posts(found: Iterable[StoredPost], network: str = "") -> Response:
    """Everything that was posted, newest first."""
    newest = sorted(found, key=lambda post: post.at, reverse=True)
    shown = [post for post in newest if network in ("", post.network)][:200]
    links = "".join(
        f'<a href="/{"?network=" + slug if slug else ""}"'
        f"{' aria-current=page' if slug == network else ''}>{escape(label)}</a>"
        for slug, label in {"": "All", **_LABELS}.items()
    )
    empty = "<p>Nothing has been posted yet. Share something and look here again.</p>"
    body = (
        "<h1>What was posted</h1>"
        f'<nav aria-label="Networks">{links}</nav>'
        f"{''.join(_post(post) for post in shown) or empty}"
        '<form method="post" action="/_sandbox/reset">'
        '<button class="plain">Forget everything</button></form>'
        f"{_SIGN_IN}{_NOTE}"
    )
    return page("Network sandbox", body)


def one_post(post: StoredPost | None) -> Response:
    if post is None:
        gone = f"<h1>This post does not exist</h1><p>It may be removed.</p>{_NOTE}"
        return page("Not found", gone, 404)
    name = named(post.person).name
    return page(f"{name}: post", f"<h1>Post by {escape(name)}</h1>{_post(post)}{_NOTE}")


def feed(title: str, head: str, found: Iterable[StoredPost]) -> Response:
    """One person's posts, newest first, below what ``head`` says."""
    newest = sorted(found, key=lambda post: post.at, reverse=True)
    shown = "".join(_post(post) for post in newest[:200])
    return page(title, f"{head}{shown or '<p>Nothing yet.</p>'}{_NOTE}")


def _post(post: StoredPost) -> str:
    person = named(post.person)
    moment = datetime.fromtimestamp(post.at, UTC)
    handle = f"@{person.handle} · " if post.network in _HANDLES else ""
    if "host" in post.sent:
        handle = f"@{person.handle}@{post.sent['host']} · "
    label = _LABELS.get(post.network, post.network)
    return f"""
<article class="post post--{escape(post.network)}">
<header><span class="face" aria-hidden="true">{escape(person.initials)}</span>
<span class="who"><strong>{escape(person.name)}</strong><span class="quiet">
{escape(handle)}<time datetime="{moment.isoformat()}">{moment:%d %b %Y %H:%M:%S} UTC</time>
</span></span><span class="network network--{escape(post.network)}">{escape(label)}</span>
</header><p class="text">{linked(post.text)}</p>{_media(post)}{_card(post)}</article>"""


def _media(post: StoredPost) -> str:
    """Pictures side by side, a video to play, a document to open."""
    shown = [_SHOWS[one["kind"]](one) for one in post.media if one["kind"] in _SHOWS]
    return f'<div class="media">{"".join(shown)}</div>' if shown else ""


def _picture(media: Mapping[str, str]) -> str:
    return f'<img src="{_file(media)}" alt="{escape(media.get("alt", ""))}">'


def _video(media: Mapping[str, str]) -> str:
    said = escape(media.get("title") or media.get("alt") or "Video")
    return f'<video controls preload="metadata" aria-label="{said}" src="{_file(media)}"></video>'


def _document(media: Mapping[str, str]) -> str:
    said = escape(media.get("title") or "Document")
    return f'<a class="document" href="{_file(media)}">{said}</a>'


def _file(media: Mapping[str, str]) -> str:
    return f"/_sandbox/files/{escape(media['file'])}"


_SHOWS: dict[str, Callable[[Mapping[str, str]], str]] = {
    "image": _picture,
    "video": _video,
    "document": _document,
}


def _card(post: StoredPost) -> str:
    card = post.card
    if not card:
        return ""
    picture = "".join(_picture(one) for one in post.media if one["kind"] == "thumbnail")
    source = card.get("source", "")
    described = card.get("description", "")
    more = f"<span>{escape(described)}</span>" if described else ""
    return (
        f'<a class="card" href="{escape(source)}" rel="noopener">{picture}'
        f"<strong>{escape(card.get('title', ''))}</strong>{more}"
        f'<span class="quiet">{escape(urlsplit(source).netloc)}</span></a>'
    )


def linked(text: str) -> str:
    """The text as people see it: addresses open, hashtags stand out."""
    parts: list[str] = []
    position = 0
    for match in _WEB.finditer(text):
        parts.append(_tagged(text[position : match.start()]))
        url = escape(match.group())
        parts.append(f'<a href="{url}" rel="noopener">{url}</a>')
        position = match.end()
    return "".join(parts) + _tagged(text[position:])


def _tagged(text: str) -> str:
    return _TAG.sub(r"<b>\g<0></b>", escape(text, quote=False))


_SIGN_IN = (
    '<p class="note">For networks that ask for more: any server will do for Mastodon, such'
    " as social.example. At Bluesky everybody is a handle like signe-holm.bsky.social with an"
    " app password like demo-demo-demo-demo.</p>"
)
_NOTE = (
    '<p class="note">This is the sandbox that stands in for the real networks.'
    " Nothing here leaves this computer.</p>"
)
