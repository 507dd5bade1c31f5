"""TikTok: https://developers.tiktok.com/doc/content-posting-api-get-started (read 2026-08).

A video is uploaded in parts and published by its last one; pictures are fetched from us.
What an app may do depends on its audit: ``NETWORK_TIKTOK_AUDIT`` is ``unaudited``,
``audited`` or ``inbox``.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

from sharing.connectors import errors, media
from sharing.connectors.forms import ShareForm, problems, settled
from sharing.connectors.http import Http, NeverSent, NoAnswer
from sharing.connectors.modes import AppOption
from sharing.connectors.progress import Progress
from sharing.connectors.rates import DAY, Rate, Scope
from sharing.connectors.text import Sentence
from sharing.connectors.types import (
    Credentials,
    Limits,
    Media,
    Metrics,
    NotYet,
    Pending,
    Post,
    Posted,
    Tokens,
)
from sharing.networks.tiktok import form, words
from sharing.networks.tiktok.api import (
    API,
    WEB,
    Creator,
    Status,
    created_at,
    id_of,
    publish_id_of,
)
from sharing.networks.tiktok.bodies import photos, video_info
from sharing.networks.tiktok.hooks import Hooks
from sharing.networks.tiktok.uploading import FAILED, Uploader

UNAUDITED, AUDITED, INBOX = "unaudited", "audited", "inbox"
CLOCKS_DIFFER = timedelta(minutes=5)
LARGEST_FACE = 200_000  # bytes
COMPLETE, IN_INBOX = "PUBLISH_COMPLETE", "SEND_TO_USER_INBOX"


class TikTok(Hooks, Uploader):
    slug = "tiktok"
    label = "TikTok"
    icon = (
        "M15.5 3h-3.2v12.2a2.6 2.6 0 1 1-2.6-2.6c.3 0 .5 0 .8.1V9.4a5.9 5.9 0 1 0 5"
        " 5.8V9.1a7.6 7.6 0 0 0 4.4 1.4V7.3a4.4 4.4 0 0 1-4.4-4.3z"
    )
    limits = Limits(
        max_chars=2200,
        media=(
            media.Rule(
                media.Kind.VIDEO,
                types=("video/mp4", "video/quicktime", "video/webm"),
                most_bytes=4_000_000_000,
                least_side=360,
                most_side=4096,
                seconds=(0, 600),
            ),
            media.Rule(
                media.Kind.IMAGE,
                types=("image/jpeg", "image/webp"),
                most=35,
                most_bytes=20_000_000,
                most_side=1920,  # "1080p", lying or upright
                most_short=1080,
            ),
        ),
    )
    scopes = ("user.info.basic", "user.info.profile", "video.publish", "video.list")
    permissions = {
        "user.info.basic": Sentence(words.SEES),
        "user.info.profile": Sentence(words.READS_PROFILE),
        "video.publish": Sentence(words.POSTS),
        "video.upload": Sentence(words.UPLOADS),
        "video.list": Sentence(words.READS),
    }
    AUTHORIZE_URL = f"{WEB}/v2/auth/authorize/"
    TOKEN_URL = f"{API}/oauth/token/"
    REVOKE_URL = f"{API}/oauth/revoke/"
    products = ("Login Kit (Web)", "Content Posting API")
    app_options = (
        AppOption(
            "audit",
            words.AUDIT,
            words.AUDIT_HELP,
            choices=(
                (UNAUDITED, words.IS_UNAUDITED),
                (AUDITED, words.IS_AUDITED),
                (INBOX, words.IS_INBOX),
            ),
        ),
    )
    client_id_param = "client_key"
    scope_separator = ","
    refreshable = True
    needs_text = False
    needs_media = True
    fetches_media = frozenset({media.Kind.IMAGE})
    asks = True
    finds = True
    measures = True
    rates = (Rate(Scope.ACCOUNT, 6, 60), Rate(Scope.ACCOUNT, 15, DAY))

    def __init__(
        self,
        credentials: Credentials,
        base_url: str | None = None,
        options: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(credentials, base_url, options)
        # "mode" is how members share, and once was how far the audit has come.
        said = self.options.get("audit") or self.options.get("mode") or ""
        mode = said.strip().lower()
        self.mode = mode if mode in (AUDITED, INBOX) else UNAUDITED
        if self.mode == INBOX:
            basic, profile, _publish, videos = TikTok.scopes
            self.scopes = (basic, profile, "video.upload", videos)

    def code_from(self, params: Mapping[str, str]) -> str:
        """TikTok encodes its codes once more than it has to."""
        return unquote(super().code_from(params))

    def revoke(self, tokens: Tokens) -> None:
        """The access token stands for the whole consent."""
        self._revoke(tokens.access_token)

    # What is asked with a post

    def share_form(self, tokens: Tokens, files: Sequence[media.Facts]) -> ShareForm:
        if self.mode == INBOX:
            return ShareForm(notes=(form.INBOX,))
        try:
            creator = self.creator(tokens)
        except (errors.TryLater, errors.Refused) as no:
            if no.reason not in ("rate_limited", "banned"):
                raise
            return ShareForm(stop=Sentence(words.CANNOT_POST_NOW))
        too_long = self._too_long(creator, files)
        return ShareForm(
            fields=form.fields_for(files, creator, self.mode == UNAUDITED),
            name=creator.nickname or creator.username,
            avatar=self._face(creator.avatar_url),
            notes=form.notes_for(files),
            consent=form.CONSENT,
            stop=too_long or "",
            max_seconds=creator.most_seconds,
        )

    def check_options(
        self, options: Mapping[str, str], files: Sequence[media.Facts]
    ) -> dict[str, Sentence]:
        if self.mode == INBOX:
            return {}
        fields = form.fields_for(files, None, self.mode == UNAUDITED)
        return problems(fields, options)

    def settle_options(
        self, options: Mapping[str, str], files: Sequence[media.Facts]
    ) -> dict[str, str]:
        if self.mode == INBOX:
            return {}
        return settled(form.fields_for(files, None, self.mode == UNAUDITED), options)

    def _too_long(
        self, creator: Creator, files: Sequence[media.Facts]
    ) -> Sentence | None:
        seconds = [file.seconds for file in files if file.kind == media.Kind.VIDEO]
        longest, most = max(filter(None, seconds), default=0), creator.most_seconds
        if most is None or longest <= most:
            return None
        return Sentence(words.TOO_LONG, seconds=round(longest, 1), most=round(most))

    def _face(self, url: str) -> str:
        """The picture itself: no visitor's browser is sent to TikTok for it."""
        if not url:
            return ""
        try:
            # An address that an answer names: never one inside our own network.
            answer = Http(self.base_url, guarded=True).request("GET", url)
        except (NeverSent, NoAnswer):
            return ""
        kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        is_face = kind in ("image/jpeg", "image/png", "image/webp")
        if not (answer.ok and answer.complete and is_face):
            return ""
        if len(answer.body) > LARGEST_FACE:
            return ""
        return f"data:{kind};base64,{base64.b64encode(answer.body).decode()}"

    # Before publishing

    def prepare(
        self, tokens: Tokens, profile_id: str, post: Post, progress: Progress
    ) -> NotYet | None:
        if not post.media:
            return None  # publish() says what is missing
        if self.mode != INBOX:
            creator = self.creator(tokens, progress.deadline)
            self._check_creator(creator, post)
            progress.keep(username=creator.username)
        if post.media[0].kind == media.Kind.VIDEO:
            info = None
            if self.mode != INBOX:
                info = video_info(post, self.settled(post))
            self.upload(tokens, post.media[0], info, progress)
        elif not all(file.url for file in post.media):
            raise self.error(errors.Refused, words.NO_ADDRESS, reason="media")
        return None

    def _check_creator(self, creator: Creator, post: Post) -> None:
        """TikTok wants to be asked again whether it is still as it was in the form."""
        for sentence in self.check_options(post.options, post.media).values():
            raise errors.Refused(sentence, reason="options")
        if post.options.get("privacy") not in creator.audiences:
            raise self.error(errors.Refused, words.CHOOSE_PRIVACY, reason="options")
        if too_long := self._too_long(creator, post.media):
            raise errors.Refused(too_long, reason="media")

    # Publishing

    def send(
        self, tokens: Tokens, profile_id: str, post: Post, deadline: float | None
    ) -> Pending:
        if post.media[0].kind == media.Kind.VIDEO:
            return self._send_video(post, post.media[0], deadline)
        return self._send_photos(tokens, post, deadline)

    def _send_video(self, post: Post, video: Media, deadline: float | None) -> Pending:
        made = post.made
        if not made.get("ready"):
            raise self.error(errors.TryLater, words.BUSY, reason="media")
        if not made.get("complete"):
            self.put_last(video, made, deadline)
        return Pending(self.handle(post, made["publish_id"]), after=5)

    def _send_photos(
        self, tokens: Tokens, post: Post, deadline: float | None
    ) -> Pending:
        chosen = None if self.mode == INBOX else self.settled(post)
        body = photos(post, chosen)
        data = self.ask(
            "/post/publish/content/init/", tokens, body, creates=True, deadline=deadline
        )
        publish_id = publish_id_of(data)
        if not publish_id:
            raise self.unproven()
        return Pending(self.handle(post, publish_id), after=5)

    def settled(self, post: Post) -> dict[str, str]:
        """The member's choices, as far as they count."""
        return self.settle_options(post.options, post.media)

    def handle(self, post: Post, publish_id: str) -> dict[str, str]:
        kind = "video" if post.media[0].kind == media.Kind.VIDEO else "photo"
        told = {
            "publish_id": publish_id,
            "username": post.made.get("username", ""),
            "kind": kind,
        }
        return {name: value for name, value in told.items() if value}

    # Afterwards

    def poll(
        self,
        tokens: Tokens,
        profile_id: str,
        handle: Mapping[str, str],
        deadline: float | None,
    ) -> Posted | Pending:
        status = self.status(tokens, handle["publish_id"], deadline)
        if status.state == COMPLETE:
            return self._complete(tokens, handle, status)
        if status.state == IN_INBOX:
            return Pending(handle, after=60, sentence=Sentence(words.FINISH))
        if status.state == FAILED:
            said = words.FAILED.get(status.reason, words.NOT_PUBLISHED)
            raise self.error(errors.Refused, said, reason=reason_of(status))
        return Pending(handle)

    def _complete(
        self, tokens: Tokens, handle: Mapping[str, str], status: Status
    ) -> Posted:
        """The id people see comes with a public post, and after its moderation."""
        username = handle.get("username") or self.profile(tokens).handle
        if not status.post_id:
            return Posted(handle["publish_id"], profile_url(username))
        is_photo = handle.get("kind") == "photo"
        url = address(username, status.post_id, "photo" if is_photo else "video")
        return Posted(status.post_id, url)

    def find(
        self, tokens: Tokens, profile_id: str, post: Post, since: datetime
    ) -> Posted | Pending | None:
        """By its handle, if it has one; a refusal is told to whoever polls it next."""
        if publish_id := post.made.get("publish_id"):
            handle = self.handle(post, publish_id)
            status = self.status(tokens, publish_id)
            if status.state == COMPLETE:
                return self._complete(tokens, handle, status)
            return Pending(handle)
        start = int((since - CLOCKS_DIFFER).timestamp())
        for video in self.videos(tokens, start):
            if is_post(video, post):
                url = video.get("share_url")
                found = url if isinstance(url, str) and url.startswith(WEB) else ""
                return Posted(id_of(video), found or self.permalink(id_of(video)))
        return None

    def metrics(self, tokens: Tokens, remote_ids: Sequence[str]) -> dict[str, Metrics]:
        """Also of posts whose public id came after they were said to be out."""
        public = {one: self._public_id(tokens, one) for one in remote_ids}
        wanted = sorted(set(filter(None, public.values())))
        found = self.numbers(tokens, wanted) if wanted else {}
        return {
            one: metrics_of(found[number])
            for one, number in public.items()
            if number in found
        }

    def _public_id(self, tokens: Tokens, remote_id: str) -> str:
        if remote_id.isdecimal():
            return remote_id
        try:
            return self.status(tokens, remote_id).post_id
        except errors.QuestionRefused:
            return ""

    def permalink(self, remote_id: str, handle: str = "") -> str:
        if not remote_id.isdecimal():
            return profile_url(handle)
        return address(handle, remote_id, "video")


def is_post(video: Mapping[str, Any], post: Post) -> bool:
    """The same words, and our own link where it stands in them."""
    title = str(video.get("title") or "").strip()
    return bool(title) and title == post.text.strip() and created_at(video) > 0


def reason_of(status: Status) -> str:
    return status.reason if status.reason in words.FAILED else "failed"


def profile_url(username: str) -> str:
    return f"{WEB}/@{username}" if username else f"{WEB}/"


def address(username: str, post_id: str, kind: str) -> str:
    return f"{WEB}/@{username}/{kind}/{post_id}"


def metrics_of(video: Mapping[str, Any]) -> Metrics:
    return Metrics(
        impressions=count(video, "view_count"),
        likes=count(video, "like_count"),
        comments=count(video, "comment_count"),
        shares=count(video, "share_count"),
    )


def count(video: Mapping[str, Any], name: str) -> int | None:
    value = video.get(name)
    return value if type(value) is int and value >= 0 else None


connector = TikTok
