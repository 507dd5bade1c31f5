"""LinkedIn: https://learn.microsoft.com/linkedin/marketing/community-management/shares/
(read 2026-08). Self-serve products, personal posts, text as "little text"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from sharing.connectors import errors
from sharing.connectors.base import OAuth2Connector
from sharing.connectors.connector import answered_at, plain_name
from sharing.connectors.http import Answer
from sharing.connectors.links import contains_url
from sharing.connectors.media import MEGABYTE, Kind, Rule, problems_of
from sharing.connectors.modes import AppOption
from sharing.connectors.progress import Progress
from sharing.connectors.rates import Rate, Scope, sane
from sharing.connectors.text import Sentence, _
from sharing.connectors.types import (
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
from sharing.networks.linkedin import numbers
from sharing.networks.linkedin.bodies import body_of, urn_of
from sharing.networks.linkedin.uploads import EXPIRED, Upload

API = "https://api.linkedin.com"
VERSION = "202608"  # served for about a year; the setting overrides it

_SAME_TEXT = _("You have already shared exactly this on LinkedIn.")
_VERSION_GONE = _(
    "LinkedIn no longer serves the version this installation asks for. Please tell an"
    " administrator."
)
_NO_PRODUCT = _(
    "LinkedIn does not let this app post for members. Please tell an administrator."
)
_NO_SCOPE = _("LinkedIn needs your permission to post. Please connect it again.")
_NOT_READ = _("LinkedIn has not read your pictures or video yet. We will try again.")
_UNREADABLE = _("LinkedIn could not read your picture or video. Use another one.")
_SEES = _("See your name, so that you know which account is linked")
_COUNTS = _("See how the posts you shared from here do")
_POSTS = _("Post in your name, each time you press Share")

_POST_URN = re.compile(r"urn:li:(?:share|ugcPost|activity):[0-9]{1,40}(?![0-9])")
_MONTH = re.compile(r"(20[0-9]{2})(0[1-9]|1[0-2])")
_PERSON = re.compile(r"[A-Za-z0-9_-]{1,100}")


PICTURES = Rule(
    Kind.IMAGE,
    ("image/jpeg", "image/png", "image/gif"),
    most=20,
    most_bytes=10 * MEGABYTE,
    most_pixels=36_152_319,
)
VIDEO = Rule(
    Kind.VIDEO,
    ("video/mp4",),
    least_bytes=75 * 1024,
    most_bytes=500 * MEGABYTE,
    seconds=(3, 1800),
)
DOCUMENT = Rule(Kind.DOCUMENT, ("application/pdf",), most_bytes=100 * MEGABYTE)
MEDIA_SECONDS = 15.0  # to try again where LinkedIn has not read a file yet


class LinkedIn(OAuth2Connector):
    slug = "linkedin"
    label = "LinkedIn"
    icon = (
        "M4 2h16a2 2 0 0 1 2 2v16a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V4a2 2 0 0 1 2-2z"
        "M7 5.3a1.6 1.6 0 1 0 0 3.2a1.6 1.6 0 1 0 0-3.2z"
        "M5.7 10v8.3h2.6V10z"
        "M10.2 10v8.3h2.6v-4.4c0-1.2.6-1.8 1.5-1.8s1.4.6 1.4 1.8v4.4h2.6v-5"
        "c0-2.3-1.2-3.6-3.1-3.6c-1 0-1.9.5-2.4 1.3V10z"
    )
    limits = Limits(max_chars=3000, media=(PICTURES, VIDEO, DOCUMENT))
    scopes: tuple[str, ...] = ("openid", "profile", "w_member_social")
    permissions = {
        "openid": Sentence(_SEES),
        "profile": Sentence(_SEES),
        "w_member_social": Sentence(_POSTS),
        numbers.SCOPE: Sentence(_COUNTS),
    }
    AUTHORIZE_URL = "https://www.linkedin.com/oauth/v2/authorization"
    TOKEN_URL = "https://www.linkedin.com/oauth/v2/accessToken"  # noqa: S105
    REVOKE_URL = "https://www.linkedin.com/oauth/v2/revoke"
    denied_errors = frozenset(
        {"access_denied", "user_cancelled_login", "user_cancelled_authorize"}
    )
    needs_text = False  # a card may stand alone
    shows_card = True
    attaches_link = True
    products = (
        "Sign In with LinkedIn using OpenID Connect",
        "Share on LinkedIn",
    )
    app_options = (AppOption("api_version", _("API version"), pattern=r"20\d{4}"),)
    probe = True
    rates = (Rate(Scope.ACCOUNT, 150), Rate(Scope.APP, 100_000))  # until 00:00 UTC

    def __init__(
        self,
        credentials: Credentials,
        base_url: str | None = None,
        options: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(credentials, base_url, options)
        if self.options.get("analytics"):
            self.scopes = (*self.scopes, numbers.SCOPE)
            self.measures = True

    def compose(
        self, text: str, link: str, source_url: str = "", *, has_media: bool = False
    ) -> str:
        """The card carries the link; where pictures take its place, the text does."""
        text = super().compose(text, link, source_url)
        if not link or not has_media or contains_url(text, link):
            return text
        return f"{text.rstrip()}\n\n{link}".lstrip()

    @property
    def version(self) -> str:
        """The month of LinkedIn's API that we speak."""
        return self.options.get("api_version") or VERSION

    def version_months(self, today: date) -> int | None:
        month = _MONTH.match(self.version)
        if not month:
            return None
        return (today.year - int(month[1])) * 12 + today.month - int(month[2])

    def prepare(
        self, tokens: Tokens, profile_id: str, post: Post, progress: Progress
    ) -> NotYet | None:
        """Upload what goes with the post; a video is ready when LinkedIn has read it."""
        upload = Upload(self, tokens, profile_id, progress)
        try:
            if post.media:
                waits = [upload.bring(*file) for file in enumerate(post.media)]
                return next(filter(None, waits), None)
            if post.link and post.thumbnail:
                self._bring_card(upload, post.thumbnail)
        except errors.TryLater as later:
            if later.reason == EXPIRED:
                progress.start_anew()
            raise
        return None

    def _bring_card(self, upload: Upload, picture: Media) -> None:
        """A card may stand without its picture, and rather does than fail for it."""
        if picture.kind == Kind.IMAGE and not problems_of(
            PICTURES, picture, self.label
        ):
            with suppress(errors.Refused):
                upload.bring(0, picture)

    def send(
        self, tokens: Tokens, profile_id: str, post: Post, deadline: float | None
    ) -> Posted:
        if not all(urn_of(post, number) for number in range(len(post.media))):
            raise self.error(errors.TryLater, _NOT_READ, reason="media")
        answer = self.rest(
            "POST",
            "posts",
            tokens,
            body=body_of(profile_id, post),
            creates=True,
            deadline=deadline,
        )
        urn = answer.headers.get("x-restli-id", "")
        if not _POST_URN.fullmatch(urn):
            raise self.unproven()
        return Posted(urn, self.permalink(urn))

    def metrics(self, tokens: Tokens, remote_ids: Sequence[str]) -> dict[str, Metrics]:
        """Nothing, unless the token is of an app that LinkedIn let see numbers."""
        if numbers.SCOPE not in tokens.scopes:
            return {}
        return numbers.read(self, tokens, remote_ids)

    def profile(self, tokens: Tokens) -> Profile:
        data = self.call("GET", f"{API}/v2/userinfo", tokens=tokens).json()
        person = data.get("sub")
        if not isinstance(person, str) or not _PERSON.fullmatch(person):
            raise self.odd()
        return Profile(
            remote_id=f"urn:li:person:{person}",
            handle="",  # LinkedIn does not tell the address of a profile
            name=plain_name(data.get("name")),
            avatar_url=data.get("picture") or None,
        )

    def composer_url(self, text: str, link: str) -> str:
        return f"https://www.linkedin.com/sharing/share-offsite/?{urlencode({'url': link})}"

    def permalink(self, remote_id: str, handle: str = "") -> str:
        return f"https://www.linkedin.com/feed/update/{quote(remote_id, safe=':')}/"

    def explain(
        self, answer: Answer, tokens: Tokens | None
    ) -> errors.ConnectorError | None:
        if answer.status == 422 and "DUPLICATE_POST" in answer.text:
            urn = _POST_URN.search(answer.text)
            known = {"remote_id": urn[0], "url": self.permalink(urn[0])} if urn else {}
            return self.error(errors.Duplicate, _SAME_TEXT, **known)
        if answer.status == 400:
            return self._of_media(answer)
        if answer.status == 426:
            return self.error(errors.OperatorAction, _VERSION_GONE, reason="version")
        if answer.status == 403:
            return self._forbidden(tokens)
        return None

    def _of_media(self, answer: Answer) -> errors.ConnectorError | None:
        """A 400 that speaks of a file: nothing was posted."""
        said = answer.text
        if "MEDIA_ASSET_WAITING_UPLOAD" in said:
            return self.error(
                errors.TryLater, _NOT_READ, after=MEDIA_SECONDS, reason="media"
            )
        if "MEDIA_ASSET_PROCESSING_FAILED" in said:
            return self.error(errors.Refused, _UNREADABLE, reason="media")
        if "EXPIRED_UPLOAD_URL" in said:
            return self.error(errors.TryLater, _NOT_READ, reason=EXPIRED)
        return None

    def _forbidden(self, tokens: Tokens | None) -> errors.ConnectorError:
        """Whose turn is it? A token that lacks the scope needs its member, else the app
        lacks the product."""
        if tokens and "w_member_social" not in tokens.scopes:
            return self.error(errors.Disconnected, _NO_SCOPE, reason="scope_missing")
        return self.error(errors.OperatorAction, _NO_PRODUCT, reason="product")

    def wait(self, answer: Answer) -> float | None:
        """A day's quota begins anew at midnight UTC; no header says so, the message does.

        Without that word it is a throttle of the moment, and trying again tells.
        """
        asked = sane(super().wait(answer))
        if asked is None and " DAY " in answer.text.upper():
            return seconds_to_midnight(answered_at(answer))
        return asked

    def exhausted(self, answer: Answer) -> Scope:
        """The message names whose throttle it was; the member's share of the app's is
        the member's."""
        said = answer.text.upper()
        is_apps = "APPLICATION" in said and "MEMBER" not in said
        return Scope.APP if is_apps else Scope.ACCOUNT

    def rest(self, method: str, path: str, tokens: Tokens, **how: Any) -> Answer:
        """One call of the versioned API; ``how`` as ``call`` takes it."""
        return self.call(
            method,
            f"{API}/rest/{path}",
            tokens=tokens,
            headers=self._headers(),
            **how,
        )

    def _headers(self) -> dict[str, str]:
        return {
            "LinkedIn-Version": self.version,
            "X-Restli-Protocol-Version": "2.0.0",
        }


def seconds_to_midnight(now: datetime) -> float:
    now = now.astimezone(UTC)
    tomorrow = (now + timedelta(days=1)).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    return (tomorrow - now).total_seconds()


connector = LinkedIn
