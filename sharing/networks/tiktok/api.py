"""How TikTok is asked: the envelope around every answer, and the questions themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sharing.connectors import errors
from sharing.connectors.base import OAuth2Connector
from sharing.connectors.connector import plain_name
from sharing.connectors.http import Answer
from sharing.connectors.types import Profile, Tokens
from sharing.networks.tiktok import words
from sharing.networks.tiktok.words import MEANINGS

API = "https://open.tiktokapis.com/v2"
WEB = "https://www.tiktok.com"
PER_PAGE = 20
MOST_PAGES = 5

_OPEN_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
_PUBLISH_ID = re.compile(r"[\x21-\x7e]{1,64}")
_POST_ID = re.compile(r"[0-9]{1,30}")


@dataclass(frozen=True)
class Creator:
    """What TikTok lets this person do at the moment."""

    username: str
    nickname: str
    avatar_url: str
    audiences: tuple[str, ...]
    comment_off: bool
    duet_off: bool
    stitch_off: bool
    most_seconds: float | None


@dataclass(frozen=True)
class Status:
    """What became of a ``publish_id``. ``uploaded`` is None where it is not told."""

    state: str
    reason: str
    post_id: str
    uploaded: int | None


class Upload(errors.TryLater):
    """The upload address does not take this part: nothing is published without it."""


class UploadGone(Upload):
    """The address is dead."""


class OutOfStep(Upload):
    """TikTok waits for another part than this one."""


class Speaker(OAuth2Connector):
    """The calls that TikTok knows, without what they are good for."""

    def ask(
        self,
        path: str,
        tokens: Tokens,
        body: Mapping[str, Any],
        *,
        fields: str = "",
        creates: bool = False,
        deadline: float | None = None,
    ) -> dict[str, Any]:
        """One call; returns what stands in the envelope. It may say no with a 200."""
        answer = self.call(
            "POST", f"{API}{path}", tokens=tokens, body=body, creates=creates,
            headers={"Content-Type": "application/json; charset=UTF-8"},
            params={"fields": fields} if fields else None, deadline=deadline,
        )  # fmt: skip
        return self.opened(answer, tokens, creates)

    def opened(
        self, answer: Answer, tokens: Tokens, creates: bool = False
    ) -> dict[str, Any]:
        """What a 2xx brought; raises what it says in spite of its status."""
        code = code_of(answer)
        if code != "ok":
            problem = self.explain(answer, tokens) if code else None
            raise problem or (self.silence(creates) if creates else self.odd())
        return part(answer.json(), "data")

    def explain(
        self, answer: Answer, tokens: Tokens | None
    ) -> errors.ConnectorError | None:
        if tokens is None:
            return self._upload_problem(answer)
        code = code_of(answer)
        meaning = MEANINGS.get(code)
        if code == "scope_permission_missed" and self.lacks_scopes(tokens):
            meaning = MEANINGS["scope_not_authorized"]
        if meaning is None:
            return None
        if meaning.after is not None:
            asked = self.wait(answer) or 0.0
            meaning = replace(meaning, after=max(meaning.after, asked))
        return self.error(meaning.kind, meaning.sentence, **meaning.details)

    def _upload_problem(self, answer: Answer) -> errors.ConnectorError | None:
        """Uploads alone travel without a token."""
        if answer.status == 416:
            return self.error(OutOfStep, words.BUSY, reason="media", after=1.0)
        if answer.status in (400, 401, 403, 404, 410):
            return self.error(UploadGone, words.BUSY, reason="media", after=1.0)
        return None

    def lacks_scopes(self, tokens: Tokens) -> bool:
        return bool(tokens.scopes) and not set(self.scopes) <= set(tokens.scopes)

    # Questions

    def profile(self, tokens: Tokens) -> Profile:
        fields = "open_id,avatar_url,display_name,username"
        url, params = f"{API}/user/info/", {"fields": fields}
        answer = self.call("GET", url, tokens=tokens, params=params)
        user = part(self.opened(answer, tokens), "user")
        open_id = user.get("open_id")
        if not isinstance(open_id, str) or not _OPEN_ID.fullmatch(open_id):
            raise self.odd()
        handle = plain_name(user.get("username"))
        name = plain_name(user.get("display_name")) or handle
        return Profile(open_id, handle, name, web_address(user.get("avatar_url")))

    def creator(self, tokens: Tokens, deadline: float | None = None) -> Creator:
        """What this person may do now; TikTok wants it asked before every post."""
        data = self.ask(
            "/post/publish/creator_info/query/", tokens, {}, deadline=deadline
        )
        audiences = data.get("privacy_level_options")
        if not isinstance(audiences, list):
            raise self.odd()
        most = number(data.get("max_video_post_duration_sec"))
        return Creator(
            username=plain_name(data.get("creator_username")),
            nickname=plain_name(data.get("creator_nickname")),
            avatar_url=web_address(data.get("creator_avatar_url")) or "",
            audiences=tuple(str(one)[:40] for one in audiences[:20]),
            comment_off=data.get("comment_disabled") is True,
            duet_off=data.get("duet_disabled") is True,
            stitch_off=data.get("stitch_disabled") is True,
            most_seconds=most or None,
        )

    def status(
        self, tokens: Tokens, publish_id: str, deadline: float | None = None
    ) -> Status:
        """What became of a post. A no to this question says nothing of the post."""
        problem: errors.ConnectorError | None = None
        try:
            data = self.ask(
                "/post/publish/status/fetch/", tokens, {"publish_id": publish_id},
                deadline=deadline,
            )  # fmt: skip
        except errors.Refused as refused:
            problem = errors.QuestionRefused(refused.sentence, reason=refused.reason)
        if problem is not None:
            raise problem
        state = data.get("status")
        if not isinstance(state, str) or not state:
            raise self.odd()
        uploaded = data.get("uploaded_bytes")
        return Status(
            state=state,
            reason=str(data.get("fail_reason") or "")[:80],
            post_id=public_id(data),
            uploaded=uploaded if type(uploaded) is int else None,
        )

    def videos(self, tokens: Tokens, since: int) -> Iterator[dict[str, Any]]:
        """The person's public videos since a second of the epoch, newest first."""
        cursor = 0
        for _page in range(MOST_PAGES):
            body = {"max_count": PER_PAGE} | ({"cursor": cursor} if cursor else {})
            fields = "id,title,create_time,share_url"
            data = self.ask("/video/list/", tokens, body, fields=fields)
            page = data.get("videos")
            if not isinstance(page, list):
                raise self.odd()
            told = [one for one in page if isinstance(one, dict) and id_of(one)]
            yield from (one for one in told if created_at(one) >= since)
            is_over = any(created_at(one) < since for one in told)
            cursor = data.get("cursor") or 0
            if is_over or data.get("has_more") is not True or type(cursor) is not int:
                return

    def numbers(self, tokens: Tokens, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Public videos by id; those that are not public are left out."""
        fields = "id,share_url,view_count,like_count,comment_count,share_count"
        found: dict[str, dict[str, Any]] = {}
        for start in range(0, len(ids), PER_PAGE):
            body = {"filters": {"video_ids": list(ids[start : start + PER_PAGE])}}
            data = self.ask("/video/query/", tokens, body, fields=fields)
            page = data.get("videos")
            if not isinstance(page, list):
                raise self.odd()
            found |= {id_of(one): one for one in page if isinstance(one, dict)}
        return found


def code_of(answer: Answer) -> str:
    """The code in an envelope, or nothing where there is no envelope."""
    if not answer.complete:
        return ""
    code = part(answer.json(), "error").get("code")
    return code if isinstance(code, str) else ""


def part(data: object, name: str) -> dict[str, Any]:
    found = data.get(name) if isinstance(data, dict) else None
    return found if isinstance(found, dict) else {}


def publish_id_of(data: Mapping[str, Any]) -> str:
    value = data.get("publish_id")
    return value if isinstance(value, str) and _PUBLISH_ID.fullmatch(value) else ""


def public_id(data: Mapping[str, Any]) -> str:
    """The id people see, under either spelling; a number too large for JavaScript."""
    for name in ("publicaly_available_post_id", "publicly_available_post_id"):
        value = data.get(name)
        first = value[0] if isinstance(value, list) and value else value
        if isinstance(first, (int, str)) and _POST_ID.fullmatch(str(first)):
            return str(first)
    return ""


def id_of(video: Mapping[str, Any]) -> str:
    value = video.get("id")
    is_id = isinstance(value, (int, str)) and _POST_ID.fullmatch(str(value))
    return str(value) if is_id else ""


def created_at(video: Mapping[str, Any]) -> float:
    return number(video.get("create_time"))


def number(value: object) -> float:
    """A number as it should be; 0 for anything else."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return 0
    return value if 0 < value < 10**12 else 0


def web_address(value: object) -> str | None:
    if not isinstance(value, str) or len(value) > 2000:
        return None
    return value if value.startswith("https://") else None
