"""Mastodon: https://docs.joinmastodon.org/methods/statuses/ (read 2026-11). Each server
has its own app of ours; an idempotency key makes sending the same post twice harmless."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from sharing.connectors import errors
from sharing.connectors.base import ServersConnector
from sharing.connectors.connector import answered_at, plain_name
from sharing.connectors.http import Answer
from sharing.connectors.links import contains_url
from sharing.connectors.media import MEGABYTE, Kind, Rule
from sharing.connectors.progress import Progress
from sharing.connectors.rates import Allowance, Rate, Scope, number, sane
from sharing.connectors.redact import redact
from sharing.connectors.text import Sentence, _
from sharing.connectors.types import (
    Ask,
    Credentials,
    Limits,
    Media,
    Metrics,
    NotYet,
    Post,
    Posted,
    Profile,
    Tokens,
)
from sharing.connectors.urls import find_urls
from sharing.connectors.weights import grapheme_length

LONGEST_ALT = 1500
PAGE, PAGES = 40, 5
ANY_CALL, POSTS = 300, 3 * 3600  # seconds in which 300 calls, or 300 posts, are allowed
UNUSED_FILES_LIVE = timedelta(hours=20)  # a server sweeps them once a day
CLOCKS_DIFFER = timedelta(minutes=5)

_SERVER = _("Your server")
_SERVER_HELP = _("The address where you sign in, or your whole handle.")
_NO_MASTODON = _(
    "No Mastodon server answers at %(host)s. Type the address where you sign in."
)
_NO_SCOPE = _("Mastodon needs your permission to post. Please connect it again.")
_NOT_ALLOWED = _(
    "Your Mastodon server did not allow this. Look whether your account is limited."
)
_SAID = _("Your Mastodon server did not accept this: %(said)s")
_SEES = _("See your name, so that you know which account is linked")
_POSTS = _("Post in your name, each time you press Share")
_READS = _("Look up the posts you shared from here and their numbers")
_UPLOADS = _("Upload the pictures and videos of those posts")

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_KEY = re.compile(r"[\x21-\x7e]{1,400}")
_ADDRESS = re.compile(r"https://[\x21-\x7e]{1,480}")
_REMOTE = re.compile(
    r"(?<![\w/])(@[a-z0-9_](?:[a-z0-9_.-]{0,98}[a-z0-9_])?)@[\w.-]{1,252}\w", re.I
)
_TAG = re.compile(r"<[^<>]*>")  # without the "<", many of them take for ever


class Mastodon(ServersConnector):
    slug = "mastodon"
    label = "Mastodon"
    icon = (
        "M12 2c5 0 9 1.8 9 7v3.2c0 4.6-3.3 5.9-7 6.2c-2 .2-3.9 0-3.9 0c.1 1.2 1 1.7 2.9 1.7"
        "c1.4 0 2.6-.3 2.6-.3l.1 1.7c-1 .4-2.2.5-3.4.5c-5 0-7.3-2-7.9-6C4 14 3 12 3 9c0-5.2 4-7 9-7z"
        "M8.7 6.2C7 6.2 6 7.4 6 9.1V14h2.1V9.300c0-1 .4-1.500 1.200-1.500c.9 0 1.300.6 1.300 1.800v2.6h2.100"
        "V9.600c0-1.200.4-1.800 1.300-1.800c.8 0 1.200.5 1.200 1.500V14h2.100V9.100c0-1.700-1-2.900-2.700-2.900"
        "c-1.100 0-2 .5-2.600 1.400c-.500-.9-1.300-1.400-2.300-1.400z"
    )
    limits = Limits(
        max_chars=500,
        url_length=23,
        media=(
            Rule(
                Kind.IMAGE,
                ("image/jpeg", "image/png", "image/webp"),
                most=4,
                most_bytes=8 * MEGABYTE,
                most_side=3840,
            ),
            Rule(Kind.IMAGE, ("image/gif",), most_bytes=8 * MEGABYTE),
            Rule(
                Kind.VIDEO,
                ("video/mp4", "video/quicktime", "video/webm"),
                most_bytes=40 * MEGABYTE,
            ),
        ),
    )
    scopes = ("read:accounts", "read:statuses", "write:statuses", "write:media")
    permissions = {
        "read:accounts": Sentence(_SEES),
        "read:statuses": Sentence(_READS),
        "write:statuses": Sentence(_POSTS),
        "write:media": Sentence(_UPLOADS),
    }
    example = "mastodon.social"
    asks_to_connect = (
        Ask("server", Sentence(_SERVER), Sentence(_SERVER_HELP), example),
    )
    AUTHORIZE_PATH = "/oauth/authorize"
    TOKEN_PATH = "/oauth/token"  # noqa: S105
    REVOKE_PATH = "/oauth/revoke"
    pkce = True  # since 4.3; older servers pass over it
    finds = True
    measures = True
    prefills = True
    rates = (Rate(Scope.ACCOUNT, 300, POSTS),)

    # The text

    def composer_url(self, text: str, link: str) -> str:
        """The project's own page, which asks for the server and leads on to it."""
        return f"https://share.joinmastodon.org/#text={quote(text, safe='')}"

    def compose(
        self, text: str, link: str, source_url: str = "", *, has_media: bool = False
    ) -> str:
        """The link has to stand in the text; the server draws a card from it."""
        text = super().compose(text, link, source_url)
        if not link or contains_url(text, link):
            return text
        return f"{text.rstrip()}\n\n{link}".lstrip()

    def length(self, text: str) -> int:
        """Seen characters; an address counts 23, of a handle elsewhere the name alone."""
        spans = [span for span in find_urls(text) if "://" in text[slice(*span)]]
        parts, position = [], 0
        for start, end in spans:
            parts += [text[position:start], "x" * (self.limits.url_length or 0)]
            position = end
        return grapheme_length(_REMOTE.sub(r"\1", "".join([*parts, text[position:]])))

    # Our app at a server

    def register(self, name: str, website: str, redirect_uri: str) -> Credentials:
        wish = {
            "client_name": name,
            "redirect_uris": redirect_uri,
            "scopes": " ".join(self.scopes),
            "website": website,
        }
        try:
            app = self.call("POST", f"{self.server}/api/v1/apps", body=wish).json()
        except errors.TryLater as later:
            if later.reason == "rate_limited":
                raise
            app = {}
        except (errors.Refused, errors.Disconnected):
            app = {}
        pair = app.get("client_id"), app.get("client_secret")
        if not all(isinstance(one, str) and _KEY.fullmatch(one) for one in pair):
            where = Sentence(_NO_MASTODON, host=urlsplit(self.server).netloc)
            raise errors.Mistyped(where, field="server")
        return Credentials(str(pair[0]), str(pair[1]))

    def covers(self, granted: Sequence[str], scope: str) -> bool:
        """A server may say ``write`` for all of its parts."""
        return scope in granted or scope.partition(":")[0] in granted

    def profile(self, tokens: Tokens) -> Profile:
        url = f"{tokens.server}/api/v1/accounts/verify_credentials"
        data = self.call("GET", url, tokens=tokens).json()
        host, person = urlsplit(tokens.server).netloc, _id(data)
        if not person or not host:
            raise self.odd()
        user = plain_name(data.get("username"))
        return Profile(
            remote_id=f"{host}/{person}",  # ids are a server's own
            handle=plain_name(f"{user}@{host}") if user else "",
            name=plain_name(data.get("display_name")) or user,
            avatar_url=data.get("avatar") or None,
        )

    # Pictures and videos

    def prepare(
        self, tokens: Tokens, profile_id: str, post: Post, progress: Progress
    ) -> NotYet | None:
        """Upload what goes with the post, and wait until the server has worked it up."""
        if progress.made and _is_old(progress.get("since")):
            progress.start_anew()
        for index, media in enumerate(post.media):
            if not progress.get(f"media{index}"):
                self._upload(tokens, media, index, progress)
        try:
            ready = [
                self._is_ready(tokens, index, progress)
                for index, _media in enumerate(post.media)
            ]
        except errors.QuestionRefused:  # it has forgotten a file
            progress.start_anew()
            return NotYet(after=1)
        return None if all(ready) else NotYet(after=5)

    def _upload(
        self, tokens: Tokens, media: Media, index: int, progress: Progress
    ) -> None:
        name = f"file{index}.{media.content_type.partition('/')[2]}"
        answer = self.call(
            "POST",
            f"{tokens.server}/api/v2/media",
            tokens=tokens,
            data={"description": media.alt[:LONGEST_ALT]} if media.alt else {},
            files={"file": (name, media.read(), media.content_type)},
            deadline=progress.deadline,
        )
        file_id = _id(answer.json())
        if not file_id:
            raise self.odd()
        since = progress.get("since") or datetime.now(UTC).isoformat()
        ready = "yes" if answer.status == 200 else ""
        made = {f"media{index}": file_id, f"ready{index}": ready, "since": since}
        progress.keep(**made)

    def _is_ready(self, tokens: Tokens, index: int, progress: Progress) -> bool:
        if progress.get(f"ready{index}"):
            return True
        url = f"{tokens.server}/api/v1/media/{progress.get(f'media{index}')}"
        answer = self.call("GET", url, tokens=tokens, deadline=progress.deadline)
        if answer.status != 200:  # 206: still at it
            return False
        progress.keep(**{f"ready{index}": "yes"})
        return True

    # Posting

    def send(
        self, tokens: Tokens, profile_id: str, post: Post, deadline: float | None
    ) -> Posted:
        body: dict[str, Any] = {"status": post.text, "visibility": "public"}
        files = [post.made.get(f"media{index}", "") for index in range(len(post.media))]
        if files:
            body["media_ids"] = files
        answer = self.call(
            "POST",
            f"{tokens.server}/api/v1/statuses",
            tokens=tokens,
            headers={"Idempotency-Key": post.key} if post.key else None,
            body=body,
            creates=True,
            deadline=deadline,
        )
        return self._posted(answer.json(), tokens, self.allowances(answer))

    def _posted(
        self,
        status: Mapping[str, Any],
        tokens: Tokens,
        allowances: tuple[Allowance, ...] = (),
    ) -> Posted:
        remote_id = _id(status)
        if not remote_id:
            raise self.unproven()
        url = status.get("url")
        if not isinstance(url, str) or not _ADDRESS.fullmatch(url):
            url = f"{tokens.server}/web/statuses/{remote_id}"
        return Posted(remote_id, url, allowances)

    def find(
        self, tokens: Tokens, profile_id: str, post: Post, since: datetime
    ) -> Posted | None:
        """Read back the member's own posts and look for the tracked link."""
        person = profile_id.rpartition("/")[2]
        url = f"{tokens.server}/api/v1/accounts/{person}/statuses"
        params = {"limit": str(PAGE), "exclude_reblogs": "true"}
        for _page in range(PAGES):
            found = self._list(self.call("GET", url, tokens=tokens, params=params))
            for status in found:
                if _matches(status, post):
                    return self._posted(status, tokens)
            if not found or _is_before(found[-1], since - CLOCKS_DIFFER):
                return None
            params["max_id"] = _id(found[-1])
        raise self.odd()

    def _list(self, answer: Answer) -> list[dict[str, Any]]:
        """All of a page, or an error: half a list proves nothing."""
        try:
            found = json.loads(answer.body) if answer.complete else None
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, list) or not all(_id(one) for one in found):
            raise self.odd()
        return found

    def metrics(self, tokens: Tokens, remote_ids: Sequence[str]) -> dict[str, Metrics]:
        told: dict[str, Metrics] = {}
        for remote_id in remote_ids:
            url = f"{tokens.server}/api/v1/statuses/{remote_id}"
            try:
                status = self.call("GET", url, tokens=tokens).json()
            except errors.QuestionRefused:
                continue  # removed
            if _id(status) == remote_id:
                told[remote_id] = Metrics(
                    likes=status.get("favourites_count"),
                    comments=status.get("replies_count"),
                    shares=status.get("reblogs_count"),
                )
        return told

    def permalink(self, remote_id: str, handle: str = "") -> str:
        user, _at, host = handle.partition("@")
        return f"https://{host}/@{user}/{remote_id}" if user and host else ""

    # What an answer means

    def explain(
        self, answer: Answer, tokens: Tokens | None
    ) -> errors.ConnectorError | None:
        said = answer.json().get("error")
        said = plain_name(said) if isinstance(said, str) else ""
        if answer.status == 403 and "scope" in said.lower():
            return self.error(errors.Disconnected, _NO_SCOPE, reason="scope_missing")
        if answer.status == 403:
            return self.error(errors.Refused, _NOT_ALLOWED, reason="not_permitted")
        if answer.status == 422 and said:
            told = redact(said, [tokens.access_token] if tokens else [])
            return errors.Refused(Sentence(_SAID, said=told))
        return None

    def wait(self, answer: Answer) -> float | None:
        asked = super().wait(answer)
        return asked if asked is not None else _until_reset(answer)

    def read_allowances(self, answer: Answer) -> tuple[Allowance, ...]:
        """Headers tell of posts where something was posted, of all calls elsewhere."""
        calls = number(answer.headers.get("X-RateLimit-Limit")) or None
        remaining = number(answer.headers.get("X-RateLimit-Remaining"))
        after = _until_reset(answer)
        if remaining is None or after is None:
            return ()
        seconds = ANY_CALL if after <= ANY_CALL else POSTS
        after = min(after, seconds)
        return (Allowance(Scope.ACCOUNT, remaining, after, calls, seconds),)


def _until_reset(answer: Answer) -> float | None:
    """The header is a moment, not a number: 2026-11-22T10:00:00.123456Z."""
    moment = _moment(answer.headers.get("X-RateLimit-Reset"))
    return sane((moment - answered_at(answer)).total_seconds()) if moment else None


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _is_old(since: str) -> bool:
    moment = _moment(since)
    return moment is None or datetime.now(UTC) - moment > UNUSED_FILES_LIVE


def _is_before(status: Mapping[str, Any], moment: datetime) -> bool:
    created = _moment(status.get("created_at"))
    return created is not None and created < moment


def _id(data: object) -> str:
    """Numbers at Mastodon itself, other words at servers that speak its language."""
    value = data.get("id") if isinstance(data, dict) else None
    return value if isinstance(value, str) and _ID.fullmatch(value) else ""


def _matches(status: Mapping[str, Any], post: Post) -> bool:
    """The same post: our link stands in it, or word for word the same text."""
    content = html.unescape(str(status.get("content") or ""))
    if post.link:
        return contains_url(content, post.link)
    return "".join(_TAG.sub("", content).split()) == "".join(post.text.split())


connector = Mastodon
