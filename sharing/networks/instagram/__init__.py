"""Instagram: https://developers.facebook.com/docs/instagram-platform (read 2026-08).

Instagram Login, professional accounts. It fetches pictures and videos at their address,
works on them in a container, and publishes that when told to.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sharing.connectors import errors, media
from sharing.connectors.events import DeletionAsked, Event, Removed
from sharing.connectors.media import MEGABYTE, Rule
from sharing.connectors.media import Kind as MediaKind
from sharing.connectors.modes import AppOption
from sharing.connectors.progress import Progress
from sharing.connectors.rates import DAY, Rate, Scope
from sharing.connectors.text import Sentence, _
from sharing.connectors.types import Limits, NotYet, Post, Posted, Tokens
from sharing.networks.instagram import signed
from sharing.networks.instagram.asking import SHAPES, Asking, is_story, of_choice
from sharing.networks.instagram.containers import (
    EXPIRED,
    PUBLISHED,
    WORKING,
    Containers,
    Preparing,
    address_in,
)
from sharing.networks.instagram.graph import LOST, id_of
from sharing.networks.instagram.insights import Insights
from sharing.networks.instagram.login import Login

HASHTAGS, MENTIONS = 30, 20
MOST_FILES = 10

_HASHTAGS = _("Instagram takes at most %(most)s hashtags; there are %(count)s.")
_MENTIONS = _("Instagram takes at most %(most)s @-mentions; there are %(count)s.")
_NOT_READY = _("Instagram is still working on your picture or video.")
_SEES = _("See your name, so that you know which account is linked")
_POSTS = _("Post in your name, each time you press Share")
_READS = _("Read the numbers of the posts you shared from here")

_HASHTAG = re.compile(r"(?<![\w&#])#\w+")
_MENTION = re.compile(r"(?<![\w.@])@[A-Za-z0-9_.]+")

PICTURE = Rule(
    MediaKind.IMAGE,
    ("image/jpeg",),
    most=MOST_FILES,
    most_bytes=8 * MEGABYTE,
    most_side=1440,
    ratio=SHAPES,
)
ALONE = replace(
    PICTURE, ratio=(0.5, SHAPES[1])
)  # it may become a story: see ``asking``
REEL = Rule(
    MediaKind.VIDEO,
    ("video/mp4", "video/quicktime"),
    most=MOST_FILES,
    most_bytes=300 * MEGABYTE,
    seconds=(3, 900),
)
IN_CAROUSEL = Rule(
    MediaKind.VIDEO,
    REEL.types,
    most=MOST_FILES,
    most_bytes=300 * MEGABYTE,
    seconds=(3, 60),
)


class Instagram(Asking, Insights, Containers, Login):
    slug = "instagram"
    label = "Instagram"
    icon = (
        "M7 2h10a5 5 0 0 1 5 5v10a5 5 0 0 1-5 5H7a5 5 0 0 1-5-5V7a5 5 0 0 1 5-5z"
        "M7 4a3 3 0 0 0-3 3v10a3 3 0 0 0 3 3h10a3 3 0 0 0 3-3V7a3 3 0 0 0-3-3z"
        "M12 7a5 5 0 1 1 0 10a5 5 0 1 1 0-10z"
        "M12 9a3 3 0 1 0 0 6a3 3 0 1 0 0-6z"
        "M17.3 5.5a1.2 1.2 0 1 1 0 2.4a1.2 1.2 0 1 1 0-2.4z"
    )
    limits = Limits(max_chars=2200, media=(PICTURE, REEL))
    scopes = (
        "instagram_business_basic",
        "instagram_business_content_publish",
        "instagram_business_manage_insights",
    )
    permissions = {
        "instagram_business_basic": Sentence(_SEES),
        "instagram_business_content_publish": Sentence(_POSTS),
        "instagram_business_manage_insights": Sentence(_READS),
    }
    products = ("Instagram API with Instagram login",)
    app_options = (
        AppOption("version", _("API version"), pattern=r"v\d{1,3}\.\d{1,2}"),
    )
    oldest_months = 18  # of about twenty-four
    needs_text = False
    needs_media = True
    fetches_media = frozenset(MediaKind)
    finds = True
    measures = True
    callbacks = frozenset({"deauthorize", "deletion"})
    # What it says of the day's posts differs; before each one it is asked (``prepare``).
    rates = (Rate(Scope.ACCOUNT, 100, DAY),)

    # What may be published

    def check(self, text: str) -> list[str]:
        problems = super().check(text)
        counted = (
            (_HASHTAGS, len(_HASHTAG.findall(text)), HASHTAGS),
            (_MENTIONS, len(_MENTION.findall(text)), MENTIONS),
        )
        for sentence, count, most in counted:
            if count > most:
                problems.append(Sentence(sentence, count=count, most=most))
        return problems

    def check_media(self, files: Sequence[media.Facts]) -> list[str]:
        """Pictures and videos may stand side by side here: each by its own rule."""
        if not files:
            return super().check_media(files)
        if len(files) == 1:
            return list(media.problems((ALONE, REEL), files, self.label))
        rules = (PICTURE, IN_CAROUSEL)
        found: list[str] = []
        for kind in {file.kind: None for file in files}:
            alike = [file for file in files if file.kind == kind]
            found += media.problems(rules, alike, self.label)
        if len(files) > MOST_FILES and not found:
            found.append(media.too_many(MOST_FILES, len(files), self.label))
        return found

    # What is published

    def prepare(
        self, tokens: Tokens, profile_id: str, post: Post, progress: Progress
    ) -> NotYet | None:
        choice = of_choice(is_story(post), post.media)
        problems = [*self.check(post.text), *self.check_media(post.media)]
        if choice or problems:
            raise errors.Refused(choice or problems[0], reason="media")
        return Preparing(self, tokens, profile_id, post, progress).go_on()

    def send(
        self, tokens: Tokens, profile_id: str, post: Post, deadline: float | None
    ) -> Posted:
        standing, container = post.made.get("media"), post.made.get("container")
        if standing:
            return Posted(standing, self._address(tokens, standing, deadline))
        if not container:
            raise self.error(errors.TryLater, _NOT_READY, after=5, reason="media")
        answer = self.call(
            "POST",
            self.at(f"{profile_id}/media_publish"),
            tokens=tokens,
            data={"creation_id": container},
            creates=True,
            deadline=deadline,
        )
        remote_id = id_of(answer.json())
        if not remote_id:
            raise self.unproven()
        address = self._address(tokens, remote_id, deadline)
        return Posted(remote_id, address, self.allowances(answer))

    def _address(self, tokens: Tokens, remote_id: str, deadline: float | None) -> str:
        """Where people see it; nothing that goes wrong here undoes the post."""
        fields = "permalink,shortcode,media_product_type,timestamp"
        try:
            answer = self.call(
                "GET", self.at(remote_id), tokens=tokens,
                params={"fields": fields}, deadline=deadline,
            )  # fmt: skip
        except errors.ConnectorError:
            return ""
        return address_in(answer.json())

    def permalink(self, remote_id: str, handle: str = "") -> str:
        """The member's page: the address of a post is told by Instagram alone."""
        return f"https://www.instagram.com/{f'{handle}/' if handle else ''}"

    def find(
        self, tokens: Tokens, profile_id: str, post: Post, since: datetime
    ) -> Posted | None:
        """The container knows whether it was published; then the post is to be seen."""
        state = self._state_then(post.made.get("container", ""), tokens)
        if state == WORKING:
            raise self.odd()
        found = self.newest(tokens, profile_id, post, since)
        if found is None and state == PUBLISHED:
            raise self.odd()  # it is out, and not shown yet
        return found

    def _state_then(self, container: str, tokens: Tokens) -> str:
        """A container that is gone was not published; what is listed says the rest."""
        if not container:
            return EXPIRED
        try:
            return self.state_of(container, tokens)[0]
        except errors.TryLater as later:
            if later.reason != LOST:
                raise
        return EXPIRED

    # What Instagram calls us for

    def verify_callback(
        self, kind: str, headers: Mapping[str, str], body: bytes
    ) -> Event | None:
        secrets = (
            self.credentials.client_secret,
            self.options.get("meta_secret", ""),
        )
        told = signed.read(body, secrets)
        if told is None:
            return None
        event = DeletionAsked if kind == "deletion" else Removed
        return event(told.user_id, told.at)


connector = Instagram
