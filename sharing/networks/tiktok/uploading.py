"""A video on its way up: part by part, gone on with by whoever is next.

What is kept: ``publish_id``, ``upload_url`` and until when it lives, the number of the
``next`` part; ``ready`` when only the last one is missing, ``again`` when that one was
refused before, ``complete`` when TikTok has it all.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from sharing.connectors import errors
from sharing.connectors.forms import ON
from sharing.connectors.progress import Progress
from sharing.connectors.types import Media, Tokens
from sharing.networks.tiktok.api import OutOfStep, Speaker, Upload, publish_id_of
from sharing.networks.tiktok.bodies import file_source
from sharing.networks.tiktok.chunks import Cut, cut

ADDRESS_LIVES = 50 * 60  # seconds; TikTok says an hour
FAILED, UPLOADING = "FAILED", "PROCESSING_UPLOAD"
MOST_MOVES = 5  # of one upload; then it is begun anew
DIRECT, TO_INBOX = "/post/publish/video/init/", "/post/publish/inbox/video/init/"


class Uploader(Speaker):
    """Uploads files. Nothing stands at TikTok before the last part is there."""

    def upload(
        self,
        tokens: Tokens,
        video: Media,
        info: Mapping[str, Any] | None,
        progress: Progress,
    ) -> None:
        """All parts but the last: that one publishes. Without ``info``, to the inbox."""
        if progress.get("publish_id"):
            self._go_on(tokens, video, progress)
        if not progress.get("publish_id"):
            self._begin(tokens, video, info, progress)
        pieces = cut(video.size)
        while not progress.get("complete") and next_of(progress) < pieces.count - 1:
            self._next_part(tokens, video, pieces, progress)
        if not progress.get("ready"):
            progress.keep(ready=ON)

    def put_part(
        self,
        video: Media,
        number: int,
        made: Mapping[str, str],
        deadline: float | None,
        creates: bool = False,
    ) -> None:
        part = cut(video.size).part(number)
        self.call(
            "PUT",
            made["upload_url"],
            headers={
                "Content-Type": video.content_type,
                "Content-Range": part.content_range,
            },
            data=video.part(part.first, part.length),
            creates=creates,
            deadline=deadline,
        )

    def put_last(
        self, video: Media, made: Mapping[str, str], deadline: float | None
    ) -> None:
        number = cut(video.size).count - 1
        self.put_part(video, number, made, deadline, creates=True)

    def _begin(
        self,
        tokens: Tokens,
        video: Media,
        info: Mapping[str, Any] | None,
        progress: Progress,
    ) -> None:
        """An answer that is lost does no harm: nothing stands without the upload."""
        body: dict[str, Any] = {"source_info": file_source(cut(video.size))}
        if info is not None:
            body = {"post_info": dict(info), **body}
        where = TO_INBOX if info is None else DIRECT
        data = self.ask(where, tokens, body, deadline=progress.deadline)
        publish_id, url = publish_id_of(data), data.get("upload_url")
        if not publish_id or not self._is_upload_address(url):
            raise self.odd()
        until = str(int(time.time()) + ADDRESS_LIVES)
        progress.keep(publish_id=publish_id, upload_url=str(url), next="0", until=until)

    def _go_on(self, tokens: Tokens, video: Media, progress: Progress) -> None:
        """Where was it left, and does TikTok still know of it?"""
        try:
            status = self.status(tokens, progress.get("publish_id"), progress.deadline)
        except errors.QuestionRefused:
            progress.start_anew()
            return
        has_all = status.uploaded is not None and status.uploaded >= video.size
        is_old = int(progress.get("until") or 0) <= time.time()
        if status.state == FAILED:
            progress.start_anew()
        elif status.state != UPLOADING or has_all:
            progress.keep(complete=ON)
        elif is_old or progress.get("again"):
            progress.start_anew()
        elif progress.get("ready"):
            # The last part was refused, or never sent: once more, then all anew.
            progress.keep(again=ON)
            moved_to(progress, cut(video.size), status.uploaded)

    def _next_part(
        self, tokens: Tokens, video: Media, pieces: Cut, progress: Progress
    ) -> None:
        number = next_of(progress)
        try:
            self.put_part(video, number, progress.made, progress.deadline)
        except OutOfStep:
            status = self.status(tokens, progress.get("publish_id"), progress.deadline)
            if not moved_to(progress, pieces, status.uploaded):
                progress.start_anew()
                raise
        except Upload:
            progress.start_anew()
            raise
        else:
            progress.keep(next=str(number + 1))

    def _is_upload_address(self, url: object) -> bool:
        if not isinstance(url, str) or len(url) > 2000:
            return False
        below = f"{self.base_url.rstrip('/')}/" if self.base_url else "https://"
        return url.startswith(("https://", below))


def next_of(progress: Progress) -> int:
    return int(progress.get("next") or 0)


def moved_to(progress: Progress, pieces: Cut, uploaded: int | None) -> bool:
    """Go where TikTok says it is; false when it says nothing new."""
    number = None if uploaded is None else pieces.begun_at(uploaded)
    moves = int(progress.get("moves") or 0)
    if number in (None, next_of(progress)) or moves == MOST_MOVES:
        return False
    progress.keep(next=str(number), moves=str(moves + 1))
    return True
