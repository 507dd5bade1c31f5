"""Bluesky: https://docs.bsky.app and the lexicons of github.com/bluesky-social/atproto
(read 2026-11). Signed in to with an app password; a record's key is ours, so that the same
post sent twice is one post."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode, urlsplit
from uuid import UUID

from sharing.connectors import errors
from sharing.connectors.base import SignInConnector
from sharing.connectors.connector import GONE, answered_at, plain_name
from sharing.connectors.guard import is_server, server_of
from sharing.connectors.http import Answer
from sharing.connectors.media import Kind, Rule
from sharing.connectors.progress import Progress
from sharing.connectors.rates import DAY, Rate, Scope, seconds_until
from sharing.connectors.redact import redact
from sharing.connectors.text import Sentence, _
from sharing.connectors.types import (
    Ask,
    Limits,
    Media,
    Metrics,
    Post,
    Posted,
    Profile,
    Tokens,
)
from sharing.connectors.urls import find_urls
from sharing.connectors.weights import grapheme_length

HOME = "https://bsky.social"
COLLECTION = "app.bsky.feed.post"
MOST_BYTES, MOST_BLOB = 3000, 1_000_000
BATCH = 25
BLOBS_LIVE = timedelta(minutes=50)  # without a post; a server keeps them for an hour
STALE = timedelta(hours=1)
ACCESS_LIVES = timedelta(hours=1)  # where the token does not say
OWN_PASSWORD = "com.atproto.access"  # noqa: S105  what a token of the real one may do

_HANDLE = _("Your handle")
_HANDLE_HELP = _("As on your profile, without the @: ana.bsky.social")
_PASSWORD = _("App password")
_PASSWORD_HELP = _(
    "Make one in Bluesky under Settings, Privacy and security, App passwords. Not the"
    " password you sign in with."
)
_PDS = _("Your server")
_PDS_HELP = _("Leave this empty unless your account lives on a server of its own.")
_WRONG = _(
    "Bluesky did not accept this handle and app password. Look whether the app password"
    " is still on your list there."
)
_ODD_HANDLE = _("Bluesky does not know this handle.")
_OWN_PASSWORD = _(
    "This is the password of your account. Make an app password for us instead: it may do"
    " less, and you can take it back at any time."
)
_NO_SERVER = _("No Bluesky server answers there. Leave this empty if you are not sure.")
_AWAY = _("Bluesky has closed or paused your account. Look at it there.")
_SAID = _("Bluesky did not accept this: %(said)s")
_HEAVY = _("The text is too long for Bluesky: it has %(size)s bytes of %(most)s.")
_POSTS = _(
    "Post in your name, each time you press Share, and look up those posts and their numbers"
)

_DID = re.compile(r"did:[a-z]{2,10}:[A-Za-z0-9._:%-]{1,150}")
_URI = re.compile(rf"at://({_DID.pattern})/{re.escape(COLLECTION)}/([a-z2-7]{{13}})")
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\\s]")
_TAG = re.compile(r"(?<!\S)[#\uff03](\w{0,63}[^\W\d_]\w{0,63})")
_ORDERED = "234567abcdefghijklmnopqrstuvwxyz"  # base 32 that sorts as its numbers do
_NOT_THERE = ("RecordNotFound", "Could not locate record")
_TOKEN = re.compile(r"[\x21-\x7e]{1,8000}")


class Bluesky(SignInConnector):
    slug = "bluesky"
    label = "Bluesky"
    icon = (
        "M6.3 4.200C8.600 5.900 11 9.400 12 11.200C13 9.400 15.400 5.900 17.700 4.200"
        "C19.300 3 22 2 22 5.100C22 5.700 21.600 10.300 21.400 11C20.700 13.500 18.100 14.100 15.800 13.700"
        "C19.800 14.400 20.900 16.700 18.600 19C14.400 23.300 12.500 17.900 12 16.600C11.500 17.900 9.600 23.300 5.400 19"
        "C3.100 16.700 4.200 14.400 8.200 13.700C5.900 14.100 3.300 13.500 2.600 11C2.400 10.300 2 5.700 2 5.100C2 2 4.700 3 6.300 4.200z"
    )
    limits = Limits(
        max_chars=300,
        media=(
            Rule(
                Kind.IMAGE,
                ("image/jpeg", "image/png", "image/webp"),
                most=4,
                most_bytes=MOST_BLOB,
                most_side=2000,
            ),
        ),
    )
    scopes = ("com.atproto.appPass",)
    permissions = {"com.atproto.appPass": Sentence(_POSTS)}
    asks_to_connect = (
        Ask("identifier", Sentence(_HANDLE), Sentence(_HANDLE_HELP), "ana.bsky.social"),
        Ask(
            "password",
            Sentence(_PASSWORD),
            Sentence(_PASSWORD_HELP),
            "xxxx-xxxx-xxxx-xxxx",
            secret=True,
        ),
        Ask("server", Sentence(_PDS), Sentence(_PDS_HELP), "bsky.social", needed=False),
    )
    many_servers = True
    refreshable = True
    refresh_grace = timedelta(hours=2)  # as the servers' own source says
    needs_text = False  # a card may stand alone
    shows_card = True
    prefills = True
    finds = True
    measures = True
    # 5,000 points an hour and 35,000 a day, and a new record costs 3.
    rates = (Rate(Scope.ACCOUNT, 1666, 3600), Rate(Scope.ACCOUNT, 11_666, DAY))

    # The text

    def compose(
        self, text: str, link: str, source_url: str = "", *, has_media: bool = False
    ) -> str:
        """The card carries the link; beside pictures there is none."""
        text = super().compose(text, link, source_url)
        if not (link and has_media) or link in text:
            return text
        return f"{text.rstrip()}\n\n{link}".lstrip()

    def composer_url(self, text: str, link: str) -> str:
        return f"https://bsky.app/intent/compose?text={quote(text, safe='')}"

    def length(self, text: str) -> int:
        return grapheme_length(text)

    def check(self, text: str) -> list[str]:
        problems = super().check(text)
        size = len(text.encode("utf-8", "surrogatepass"))
        if size > MOST_BYTES and not problems:
            problems.append(Sentence(_HEAVY, size=size, most=MOST_BYTES))
        return problems

    # Signing in

    def known_answers(self, handle: str, server: str) -> Mapping[str, str]:
        return {"identifier": handle}

    def sign_in(self, answers: Mapping[str, str]) -> Tokens:
        server = self._server_typed(answers.get("server", ""))
        who = _INVISIBLE.sub("", answers.get("identifier", "")).lstrip("@").lower()
        if server == HOME and not set("@.:") & set(who):
            who = f"{who}.bsky.social"
        wish = {"identifier": who, "password": answers.get("password", "").strip()}
        tokens = self._begin_session(server, wish)
        if _claims(tokens.access_token).get("scope") == OWN_PASSWORD:
            self._forget(tokens)
            raise self.error(errors.Mistyped, _OWN_PASSWORD, field="password")
        return tokens

    def _server_typed(self, typed: str) -> str:
        server = server_of(typed) if typed.strip() else HOME
        if not server:
            raise self.error(errors.Mistyped, _NO_SERVER, field="server")
        return server

    def _begin_session(self, server: str, wish: Mapping[str, str]) -> Tokens:
        url = f"{server}/xrpc/com.atproto.server.createSession"
        mistake = ("", "")
        try:
            return self._session(self.call("POST", url, body=wish), server)
        except errors.Disconnected:
            mistake = (_WRONG, "password")
        except errors.Refused:
            mistake = (_ODD_HANDLE, "identifier")
        except errors.TryLater as later:
            if server == HOME or later.reason == "rate_limited":
                raise
            mistake = (_NO_SERVER, "server")
        # Outside the except block, so that no chain leads back to the password.
        raise self.error(errors.Mistyped, mistake[0], field=mistake[1])

    def refresh(self, tokens: Tokens) -> Tokens:
        if not tokens.refresh_token:
            raise self.error(errors.Disconnected, GONE, reason="no_refresh_token")
        url = f"{tokens.server}/xrpc/com.atproto.server.refreshSession"
        answer = self.call("POST", url, tokens=Tokens(tokens.refresh_token))
        return self._session(answer, tokens.server)

    def revoke(self, tokens: Tokens) -> None:
        if not tokens.refresh_token:
            return
        url = f"{tokens.server}/xrpc/com.atproto.server.deleteSession"
        try:
            self.call("POST", url, tokens=Tokens(tokens.refresh_token))
        except (errors.Disconnected, errors.Refused):
            return  # it is over already

    def _forget(self, tokens: Tokens) -> None:
        try:
            self.revoke(tokens)
        except errors.ConnectorError:
            return

    def _session(self, answer: Answer, server: str) -> Tokens:
        data = answer.json()
        access, refresh = data.get("accessJwt"), data.get("refreshJwt")
        if not (_is_token(access) and _is_token(refresh)):
            raise self.odd()
        return Tokens(
            access_token=str(access),
            refresh_token=str(refresh),
            expires_at=_ends(str(access)),
            scopes=self.scopes,
            server=self._server_of_account(data) or server,
        )

    def _server_of_account(self, data: Mapping[str, Any]) -> str:
        """Where the account lives: the entrance may stand before many servers."""
        document = data.get("didDoc")
        services = document.get("service") if isinstance(document, dict) else None
        for one in services if isinstance(services, list) else ():
            if isinstance(one, dict) and str(one.get("id")).endswith("#atproto_pds"):
                server = str(one.get("serviceEndpoint") or "").rstrip("/")
                if self.base_url:  # a stand-in names it below its own address
                    server = server.replace(f"{self.base_url.rstrip('/')}/", "https://")
                return server if is_server(server) else ""
        return ""

    def profile(self, tokens: Tokens) -> Profile:
        url = f"{tokens.server}/xrpc/com.atproto.server.getSession"
        data = self.call("GET", url, tokens=tokens).json()
        did = data.get("did")
        if not isinstance(did, str) or not _DID.fullmatch(did):
            raise self.odd()
        handle, seen = plain_name(data.get("handle")), self._seen(tokens, did)
        avatar = seen.get("avatar")
        return Profile(
            remote_id=did,
            handle=handle,
            name=plain_name(seen.get("displayName")) or handle,
            avatar_url=avatar if isinstance(avatar, str) else None,
        )

    def _seen(self, tokens: Tokens, did: str) -> dict[str, Any]:
        """Name and picture, which are no reason not to connect."""
        url = f"{tokens.server}/xrpc/app.bsky.actor.getProfile"
        try:
            return self.call("GET", url, tokens=tokens, params={"actor": did}).json()
        except errors.ConnectorError:
            return {}

    # Posting

    def prepare(
        self, tokens: Tokens, profile_id: str, post: Post, progress: Progress
    ) -> None:
        """Upload pictures, and settle when the post was made: a scheduled one is new."""
        if progress.made and _age(progress.get("at")) > BLOBS_LIVE:
            progress.start_anew()
        if not progress.get("at"):
            progress.keep(at=_stamp(datetime.now(UTC)))
        for name, media in _files(post):
            if not progress.get(name):
                progress.keep(**{name: self._upload(tokens, media, progress)})

    def _upload(self, tokens: Tokens, media: Media, progress: Progress) -> str:
        answer = self.call(
            "POST",
            f"{tokens.server}/xrpc/com.atproto.repo.uploadBlob",
            tokens=tokens,
            headers={"Content-Type": media.content_type},
            data=media.read(),
            deadline=progress.deadline,
        )
        blob = answer.json().get("blob")
        ref = blob.get("ref") if isinstance(blob, dict) else None
        if not isinstance(ref, dict) or not isinstance(ref.get("$link"), str):
            raise self.odd()
        return json.dumps(blob)

    def send(
        self, tokens: Tokens, profile_id: str, post: Post, deadline: float | None
    ) -> Posted:
        rkey = record_key(post.key)
        answer = self.call(
            "POST",
            f"{tokens.server}/xrpc/com.atproto.repo.putRecord",
            tokens=tokens,
            body={
                "repo": profile_id,
                "collection": COLLECTION,
                "rkey": rkey,
                "record": record_of(post),
            },
            creates=True,
            deadline=deadline,
        )
        uri = f"at://{profile_id}/{COLLECTION}/{rkey}"
        if answer.json().get("uri") != uri:
            raise self.unproven()
        return Posted(uri, self.permalink(uri))

    def find(
        self, tokens: Tokens, profile_id: str, post: Post, since: datetime
    ) -> Posted | None:
        """Ask for the record by its key: there it is, or there is none."""
        rkey = record_key(post.key)
        asked = {"repo": profile_id, "collection": COLLECTION, "rkey": rkey}
        url = f"{tokens.server}/xrpc/com.atproto.repo.getRecord"
        try:
            found = self.call("GET", url, tokens=tokens, params=asked).json()
        except errors.QuestionRefused as refused:
            if refused.reason == "not_there":
                return None
            raise
        uri = f"at://{profile_id}/{COLLECTION}/{rkey}"
        if found.get("uri") != uri:
            raise self.odd()
        return Posted(uri, self.permalink(uri))

    def metrics(self, tokens: Tokens, remote_ids: Sequence[str]) -> dict[str, Metrics]:
        told: dict[str, Metrics] = {}
        url = f"{tokens.server}/xrpc/app.bsky.feed.getPosts"
        ours = [one for one in remote_ids if _URI.fullmatch(one)]
        for start in range(0, len(ours), BATCH):
            asked = urlencode([("uris", one) for one in ours[start : start + BATCH]])
            posts = (
                self.call("GET", f"{url}?{asked}", tokens=tokens).json().get("posts")
            )
            for post in posts if isinstance(posts, list) else ():
                if isinstance(post, dict) and post.get("uri") in ours:
                    told[post["uri"]] = _metrics(post)
        return told

    def permalink(self, remote_id: str, handle: str = "") -> str:
        match = _URI.fullmatch(remote_id)
        if match is None:
            return ""
        return f"https://bsky.app/profile/{handle or match[1]}/post/{match[2]}"

    # What an answer means

    def explain(
        self, answer: Answer, tokens: Tokens | None
    ) -> errors.ConnectorError | None:
        data = answer.json()
        name, said = str(data.get("error") or ""), str(data.get("message") or "")
        if name in ("ExpiredToken", "InvalidToken"):
            return self.error(errors.Disconnected, GONE)
        if name in ("AccountTakedown", "AccountDeactivated"):
            return self.error(errors.Disconnected, _AWAY, reason="account")
        if answer.status not in (400, 413):
            return None
        if name in _NOT_THERE or any(word in said for word in _NOT_THERE):
            return self.error(errors.QuestionRefused, _SAID_NOTHING, reason="not_there")
        if said:
            told = redact(plain_name(said), [tokens.access_token] if tokens else [])
            return errors.Refused(Sentence(_SAID, said=told))
        return None

    def wait(self, answer: Answer) -> float | None:
        now = answered_at(answer).timestamp()
        asked = super().wait(answer)
        reset = seconds_until(answer.headers.get("RateLimit-Reset"), now)
        return asked if asked is not None else reset


_SAID_NOTHING = _("Bluesky has no such post.")


# -- The record ---------------------------------------------------------------------------


def record_key(key: str) -> str:
    """The same key for the same post: a TID of the moment and the chance in its UUID."""
    number = UUID(key).int
    milliseconds, chance = number >> 80, number & (1 << 62) - 1
    within = (chance >> 10) % 1000
    tid = (milliseconds * 1000 + within) << 10 | chance & 1023
    return "".join(_ORDERED[tid >> 5 * place & 31] for place in range(12, -1, -1))


def record_of(post: Post) -> dict[str, Any]:
    """The same bytes at each attempt."""
    made = UUID(post.key).int >> 80
    at = post.made.get("at") or _stamp(datetime.fromtimestamp(made / 1000, UTC))
    record: dict[str, Any] = {"$type": COLLECTION, "text": post.text, "createdAt": at}
    facets = list(facets_of(post.text, post.link or ""))
    if facets:
        record["facets"] = facets
    embed = _embed(post)
    if embed:
        record["embed"] = embed
    return record


def _embed(post: Post) -> dict[str, Any] | None:
    if post.media:
        images = [_image(post, index, one) for index, one in enumerate(post.media)]
        return {"$type": "app.bsky.embed.images", "images": images}
    if not post.link:
        return None
    card: dict[str, Any] = {
        "uri": post.link,
        "title": post.title.strip() or urlsplit(post.link).netloc,
        "description": post.description.strip(),
    }
    if post.made.get("thumb"):
        card["thumb"] = json.loads(post.made["thumb"])
    return {"$type": "app.bsky.embed.external", "external": card}


def _image(post: Post, index: int, media: Media) -> dict[str, Any]:
    image = {"image": json.loads(post.made[f"blob{index}"]), "alt": media.alt}
    if media.width and media.height:
        image["aspectRatio"] = {"width": media.width, "height": media.height}
    return image


def _files(post: Post) -> list[tuple[str, Media]]:
    """What to upload, by name: the pictures, or the card's one if it is light enough."""
    if post.media:
        return [(f"blob{index}", one) for index, one in enumerate(post.media)]
    thumb = post.thumbnail
    fits = thumb and thumb.size <= MOST_BLOB and thumb.content_type.startswith("image/")
    return [("thumb", thumb)] if post.link and thumb and fits else []


def facets_of(text: str, link: str = "") -> Iterator[dict[str, Any]]:
    """Addresses and hashtags, by where their bytes begin and end."""
    spans = find_urls(text)
    if link and (at := text.find(link)) >= 0:
        end = at + len(link)
        spans = [one for one in spans if one[1] <= at or one[0] >= end] + [(at, end)]
    for start, end in sorted(spans):
        shown = text[start:end]
        uri = shown if "://" in shown else f"https://{shown}"
        yield _facet(text, start, end, {"$type": f"{_FACET}#link", "uri": uri})
    for tag in _TAG.finditer(text):
        feature = {"$type": f"{_FACET}#tag", "tag": tag[1]}
        if len(tag[1]) <= 64:
            yield _facet(text, tag.start(), tag.end(), feature)


_FACET = "app.bsky.richtext.facet"


def _facet(text: str, start: int, end: int, feature: dict[str, str]) -> dict[str, Any]:
    first = len(text[:start].encode())
    last = first + len(text[start:end].encode())
    return {"index": {"byteStart": first, "byteEnd": last}, "features": [feature]}


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


def _age(stamp: str) -> timedelta:
    try:
        return datetime.now(UTC) - datetime.fromisoformat(stamp)
    except (ValueError, TypeError):
        return STALE


# -- Answers ------------------------------------------------------------------------------


def _is_token(value: object) -> bool:
    return isinstance(value, str) and _TOKEN.fullmatch(value) is not None


def _claims(token: str) -> dict[str, Any]:
    """What a token says of itself, if it is one that does."""
    middle = token.partition(".")[2].partition(".")[0]
    try:
        data = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _ends(token: str) -> datetime:
    try:
        return datetime.fromtimestamp(float(_claims(token)["exp"]), UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return datetime.now(UTC) + ACCESS_LIVES


def _metrics(post: Mapping[str, Any]) -> Metrics:
    shares = [post.get("repostCount"), post.get("quoteCount")]
    known = [number for number in shares if isinstance(number, int)]
    return Metrics(
        likes=post.get("likeCount"),
        comments=post.get("replyCount"),
        shares=sum(known) if known else None,
    )


connector = Bluesky
