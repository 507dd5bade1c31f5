"""X: https://docs.x.com/x-api (read 2026-08). Weighted text, one-time refresh tokens."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from sharing.connectors import errors
from sharing.connectors.base import OAuth2Connector
from sharing.connectors.connector import answered_at, plain_name
from sharing.connectors.forms import ON
from sharing.connectors.http import Answer
from sharing.connectors.links import contains_url
from sharing.connectors.media import MEGABYTE, Kind, Rule
from sharing.connectors.modes import AppOption, Mode
from sharing.connectors.progress import Progress
from sharing.connectors.rates import DAY, Allowance, Rate, Scope, seconds_until
from sharing.connectors.text import Sentence, _
from sharing.connectors.types import (
    Limits,
    Metrics,
    NotYet,
    Post,
    Posted,
    Profile,
    Tokens,
)
from sharing.connectors.weights import weighted_length
from sharing.networks.x import numbers, remaining
from sharing.networks.x.remaining import QUARTER_HOUR
from sharing.networks.x.uploads import GIF, Upload, forgotten

API = "https://api.x.com/2"
MARK = "\ufeff"  # no width and no glyph; comes along when text is pasted, X refuses it
CLOCKS_DIFFER = timedelta(minutes=5)  # our link is unique, so a wide look is safe

_SAME_TEXT = _("You have already posted exactly this text on X.")
_NO_CREDIT = _("The X app has no credit left. Please tell an administrator.")
_NOT_ENROLLED = _("X does not let this app post yet. Please tell an administrator.")
_NOT_ALLOWED = _(
    "X did not allow this post. Look whether your X account is locked or limited, and"
    " connect it again if it is not."
)
_NO_SCOPE = _("X needs your permission to post. Please connect your account again.")
_ODD_TEXT = _("X did not accept this text.")
_NOT_READY = _("X has not got your pictures or video yet. We will try again.")
_NO_MEDIA = _(
    "X does not have the pictures or video of this post any more. Share it once more."
)
_INVISIBLE = _("The text contains an invisible character that cannot be posted.")
_CASHTAGS = _("X allows one $ symbol like $ABC in a post.")
_SEES = _("See your name, so that you know which account is linked")
_POSTS = _("Post in your name, each time you press Share")
_UPLOADS = _("Upload the pictures and videos that you share")
_READS = _("Look up the posts you shared from here and their numbers")
_MONTHLY = _("X bills each post. Leave empty for no limit of your own.")
_STAYS = _("Stay connected until you disconnect")

_ID = re.compile(r"[0-9]{1,40}")
_CASHTAG = re.compile(r"(?<![\w$])\$[A-Za-z]{1,6}(?:[._][A-Za-z]{1,2})?(?!\w)")


PICTURES = Rule(
    Kind.IMAGE,
    ("image/jpeg", "image/png", "image/webp"),
    most=4,
    most_bytes=5 * MEGABYTE,
)
MOVING = Rule(Kind.IMAGE, (GIF,), most_bytes=15 * MEGABYTE, most_side=1280)
VIDEO = Rule(
    Kind.VIDEO,
    ("video/mp4", "video/quicktime"),
    most_bytes=512 * MEGABYTE,
    least_side=32,
    most_side=1280,
    ratio=(1 / 3, 3),
    seconds=(0.5, 140),
)


class X(OAuth2Connector):
    slug = "x"
    label = "X"
    icon = (
        "M3 3h5.3l4.5 6.1L18.1 3h2.4l-6.6 7.6L21.5 21h-5.3l-4.9-6.7L5.4 21H3l7.2-8.2z"
        "M6.1 4.7l10.9 14.6h1.6L7.7 4.7z"
    )
    limits = Limits(
        max_chars=280,
        url_length=23,
        light_ranges=((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247)),
        media=(PICTURES, MOVING, VIDEO),
    )
    scopes = (
        "tweet.read",
        "tweet.write",
        "users.read",
        "media.write",
        "offline.access",
    )
    permissions = {
        "tweet.read": Sentence(_READS),
        "tweet.write": Sentence(_POSTS),
        "users.read": Sentence(_SEES),
        "media.write": Sentence(_UPLOADS),
        "offline.access": Sentence(_STAYS),
    }
    api = API
    AUTHORIZE_URL = "https://x.com/i/oauth2/authorize"
    TOKEN_URL = f"{API}/oauth2/token"
    REVOKE_URL = f"{API}/oauth2/revoke"
    pkce = True
    refreshable = True
    basic_auth = True
    # Near-identical posts of many people are against its rules, links cost money.
    default_mode = Mode.ASSISTED
    prefills = True
    products = ("Project", "App: Web App, Automated App or Bot", "Read and write")
    app_options = (
        AppOption(
            "tenant_per_month", _("Most posts a month"), _MONTHLY, most=1_000_000
        ),
    )
    finds = True
    measures = True
    rates = (
        Rate(Scope.ACCOUNT, 100, QUARTER_HOUR),
        Rate(Scope.APP, 10_000, DAY),
    )

    def compose(
        self, text: str, link: str, source_url: str = "", *, has_media: bool = False
    ) -> str:
        """The link has to stand in the text: where the member put it, or at the end."""
        text = super().compose(text.replace(MARK, ""), link, source_url)
        if not link or contains_url(text, link):
            return text
        return f"{text.rstrip()}\n\n{link}".lstrip()

    def composer_url(self, text: str, link: str) -> str:
        words = text.removesuffix(link).rstrip() if link else text
        asked = {"text": words} | ({"url": link} if words != text else {})
        return f"https://x.com/intent/post?{urlencode(asked, quote_via=quote)}"

    def length(self, text: str) -> int:
        return weighted_length(text, self.limits)

    def check(self, text: str) -> list[str]:
        problems = super().check(text)
        if MARK in text:
            problems.append(Sentence(_INVISIBLE))
        if len(_CASHTAG.findall(text)) > 1:
            problems.append(Sentence(_CASHTAGS))
        return problems

    @property
    def fields_name(self) -> str:
        """X is renaming a parameter: ``tweet.fields`` today, ``post.fields`` to come."""
        return self.options.get("fields_name") or "tweet.fields"

    def prepare(
        self, tokens: Tokens, profile_id: str, post: Post, progress: Progress
    ) -> NotYet | None:
        """Upload what goes with the post, and wait until X has looked at it."""
        if forgotten(progress):
            progress.start_anew()
        upload = Upload(self, tokens, progress)
        waits = [upload.bring(*file) for file in enumerate(post.media)]
        return next(filter(None, waits), None)

    def send(
        self, tokens: Tokens, profile_id: str, post: Post, deadline: float | None
    ) -> Posted:
        ids = [post.made.get(f"id{number}", "") for number in range(len(post.media))]
        if not all(ids):
            raise self.error(errors.TryLater, _NOT_READY, reason="media")
        body: dict[str, Any] = {"text": post.text}
        if ids:
            body["media"] = {"media_ids": ids}
        if post.options.get("paid_partnership") in (True, ON):
            body["paid_partnership"] = True
        answer = self.call(
            "POST",
            f"{API}/tweets",
            tokens=tokens,
            body=body,
            creates=True,
            deadline=deadline,
        )
        remote_id = _id(_part(answer.json(), "data"))
        if not remote_id:
            raise self.unproven()
        return Posted(remote_id, self.permalink(remote_id), self.allowances(answer))

    def profile(self, tokens: Tokens) -> Profile:
        fields = {"user.fields": "profile_image_url,username,name"}
        answer = self.call("GET", f"{API}/users/me", tokens=tokens, params=fields)
        data = _part(answer.json(), "data")
        if not _id(data):
            raise self.odd()
        return Profile(
            remote_id=_id(data),
            handle=plain_name(data.get("username")),
            name=plain_name(data.get("name")) or plain_name(data.get("username")),
            avatar_url=data.get("profile_image_url") or None,
        )

    def find(
        self, tokens: Tokens, profile_id: str, post: Post, since: datetime
    ) -> Posted | None:
        """Read back the member's own posts and look for the tracked link."""
        answer = self.call(
            "GET",
            f"{API}/users/{profile_id}/tweets",
            tokens=tokens,
            params={
                "max_results": "100",
                "start_time": _stamp(since - CLOCKS_DIFFER),
                "exclude": "retweets,replies",
                self.fields_name: "created_at,entities",
            },
        )
        if not answer.complete or not isinstance(answer.json().get("meta"), dict):
            raise self.odd()
        for found in _list(answer.json().get("data")):
            if _id(found) and _matches(found, post):
                return Posted(_id(found), self.permalink(_id(found)))
        return None

    def metrics(self, tokens: Tokens, remote_ids: Sequence[str]) -> dict[str, Metrics]:
        return numbers.read(self, tokens, remote_ids)

    def permalink(self, remote_id: str, handle: str = "") -> str:
        if handle:
            return f"https://x.com/{handle}/status/{remote_id}"
        return f"https://x.com/i/web/status/{remote_id}"

    def explain(
        self, answer: Answer, tokens: Tokens | None
    ) -> errors.ConnectorError | None:
        said = answer.text.lower()
        if answer.status == 402 or "usage-capped" in said or "creditsdepleted" in said:
            return self.error(errors.OperatorAction, _NO_CREDIT, reason="credit")
        if answer.status == 400 and "media ids" in said:
            return self.error(errors.Refused, _NO_MEDIA, reason="media")
        if answer.status == 400:
            return self.error(errors.Refused, _ODD_TEXT)
        if answer.status != 403:
            return None
        if "duplicate content" in said:
            return self.error(errors.Duplicate, _SAME_TEXT)
        if "client-forbidden" in said or "client-not-enrolled" in said:
            return self.error(errors.OperatorAction, _NOT_ENROLLED, reason="enrolment")
        if tokens and tokens.scopes and "tweet.write" not in tokens.scopes:
            return self.error(errors.Disconnected, _NO_SCOPE, reason="scope_missing")
        return self.error(errors.Refused, _NOT_ALLOWED, reason="not_permitted")

    def wait(self, answer: Answer) -> float | None:
        """X names the second of the reset; a used-up day counts more than 15 minutes."""
        told = self.allowances(answer)
        spent = [one.after for one in told if one.remaining == 0 and one.after]
        if spent:
            return max(spent)
        now = answered_at(answer).timestamp()
        reset = seconds_until(answer.headers.get("x-rate-limit-reset"), now)
        return reset or super().wait(answer)

    def read_allowances(self, answer: Answer) -> tuple[Allowance, ...]:
        now = answered_at(answer).timestamp()
        return remaining.read(answer.headers, now)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _part(data: object, name: str) -> dict[str, Any]:
    part = data.get(name) if isinstance(data, dict) else None
    return part if isinstance(part, dict) else {}


def _list(value: object) -> list[dict[str, Any]]:
    listed = value if isinstance(value, list) else ()
    return [one for one in listed if isinstance(one, dict)]


def _id(data: object) -> str:
    """Ids are decimal strings too large for JavaScript; some clients see numbers."""
    value = str(data.get("id") or "") if isinstance(data, dict) else ""
    return value if _ID.fullmatch(value) else ""


def _matches(found: dict[str, Any], post: Post) -> bool:
    """The same post: our link stands in it, which X shortens and tells apart."""
    if not post.link:
        return bool(found.get("text") == post.text)
    urls = _list(_part(found, "entities").get("urls"))
    seen = [url.get(key) for url in urls for key in ("expanded_url", "unwound_url")]
    return post.link in seen or contains_url(str(found.get("text") or ""), post.link)


connector = X
