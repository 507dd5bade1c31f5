"""Files on their way to X, before there is a post that shows them.

A picture goes in one piece; a GIF and a video in segments that are put together and then
looked at. What is made stands in ``progress``, by the number of the file: ``id0`` the
media, ``at0`` when X gave it, of one underway ``next0`` the segment that is to come and
``work0`` that X is at work, and ``done0`` when it may be posted.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sharing.connectors import errors
from sharing.connectors.connector import SILENT
from sharing.connectors.http import Answer
from sharing.connectors.media import MEGABYTE, Kind
from sharing.connectors.progress import Progress
from sharing.connectors.text import _
from sharing.connectors.types import Media, NotYet, Tokens

if TYPE_CHECKING:
    from sharing.networks.x import X

SEGMENT = 2 * MEGABYTE  # of 1 to 4 that X takes; at most 1000 of them
# X forgets media after about a day; what is older than this is uploaded anew.
KEPT_SECONDS = 20 * 3600
ALT_MAX = 1000
GIF = "image/gif"

_ID = re.compile(r"[0-9]{1,19}")
_REFUSED = _("X did not accept this picture or video. Use another one.")
_NO_SCOPE = _(
    "X needs your permission to upload pictures and videos. Please connect your account"
    " again."
)


def segments(size: int) -> list[tuple[int, int]]:
    """First byte and length of each segment of a file."""
    return [(first, min(SEGMENT, size - first)) for first in range(0, size, SEGMENT)]


def category(file: Media) -> str:
    if file.kind == Kind.VIDEO:
        return "tweet_video"
    return "tweet_gif" if file.content_type == GIF else "tweet_image"


class Upload:
    """All files of one post. Says ``bring`` for each; ``NotYet`` as long as one is worked on."""

    def __init__(self, network: X, tokens: Tokens, progress: Progress) -> None:
        self.network = network
        self.tokens = tokens
        self.progress = progress
        self.fresh: set[int] = set()  # begun by this very call

    def bring(self, number: int, file: Media) -> NotYet | None:
        if self.made("done", number):
            return None
        if category(file) == "tweet_image":
            waits = self.bring_whole(number, file)
        else:
            waits = self.bring_parts(number, file)
        if waits is None:
            self.describe(number, file)
            self.keep(number, done="1")
        return waits

    def made(self, name: str, number: int) -> str:
        return self.progress.get(f"{name}{number}")

    def keep(self, number: int, **made: str) -> None:
        self.progress.keep(**{f"{name}{number}": value for name, value in made.items()})

    def bring_whole(self, number: int, file: Media) -> NotYet | None:
        if self.made("work", number):
            return self.look(number)
        if self.made("id", number):
            return None
        self.fresh.add(number)
        data = self.ask(
            number,
            "POST",
            "media/upload",
            data={"media_category": category(file)},
            files={"media": ("picture", file.read(), file.content_type)},
        )
        self.keep(number, id=self.id_of(data), at=now())
        return self.waiting(number, data)

    # In segments

    def bring_parts(self, number: int, file: Media) -> NotYet | None:
        if self.made("work", number):
            return self.look(number)
        if not self.made("id", number):
            self.begin(number, file)
        self.send_segments(number, file)
        path = f"media/upload/{self.made('id', number)}/finalize"
        data = self.ask(number, "POST", path)
        self.keep(number, work="1")
        return self.waiting(number, data)

    def begin(self, number: int, file: Media) -> None:
        self.fresh.add(number)
        body = {
            "media_type": file.content_type,
            "total_bytes": file.size,
            "media_category": category(file),
        }
        data = self.ask(number, "POST", "media/upload/initialize", body=body)
        self.keep(number, id=self.id_of(data), at=now(), next="0")

    def send_segments(self, number: int, file: Media) -> None:
        """Each is written down before the next; one sent twice takes its own place."""
        path = f"media/upload/{self.made('id', number)}/append"
        begun = int(self.made("next", number) or 0)
        for index, (first, length) in enumerate(segments(file.size)):
            if index < begun:
                continue
            self.ask(
                number,
                "POST",
                path,
                data={"segment_index": str(index)},
                files={"media": ("part", file.part(first, length), _BYTES)},
            )
            self.keep(number, next=str(index + 1))

    def look(self, number: int) -> NotYet | None:
        """How far X is; without the command X takes the question for another."""
        asked = {"command": "STATUS", "media_id": self.made("id", number)}
        data = self.ask(number, "GET", "media/upload", params=asked)
        return self.waiting(number, data)

    def waiting(self, number: int, data: Mapping[str, Any]) -> NotYet | None:
        """What X tells of its work on a file; where it tells nothing, there is none."""
        self.id_of(data)  # or it is no answer at all
        work = data.get("processing_info")
        state = work.get("state") if isinstance(work, dict) else "succeeded"
        if state == "failed":
            raise self.network.error(errors.Refused, _REFUSED, reason="media")
        if state == "succeeded":
            return None
        if not self.made("work", number):
            self.keep(number, work="1")
        after = work.get("check_after_secs") if isinstance(work, dict) else None
        return NotYet(float(after) if isinstance(after, (int, float)) else None)

    def describe(self, number: int, file: Media) -> None:
        """What a picture shows, for those who do not see it; X takes none for a video."""
        text = file.alt.strip()[:ALT_MAX]
        if not text or file.kind != Kind.IMAGE:
            return
        metadata = {"alt_text": {"text": text}}
        body = {"id": self.made("id", number), "metadata": metadata}
        self.ask(number, "POST", "media/metadata", body=body)

    # What X is asked, and what it answers

    def ask(self, number: int, method: str, path: str, **how: Any) -> dict[str, Any]:
        problem: errors.ConnectorError | None = None
        answer: Answer | None = None
        try:
            answer = self.network.call(
                method,
                f"{self.network.api}/{path}",
                tokens=self.tokens,
                deadline=self.progress.deadline,
                **how,
            )
        except errors.Refused as refusal:
            problem = self.refused(number, refusal)
        if problem is not None or answer is None:
            if problem and problem.reason == EXPIRED:
                self.progress.start_anew()
            raise problem or self.network.odd()
        data = answer.json().get("data")
        return data if isinstance(data, dict) else {}

    def refused(self, number: int, refusal: errors.Refused) -> errors.ConnectorError:
        """Of the right to upload, of the file, or of media that X has forgotten."""
        if refusal.reason == "not_permitted":
            if "media.write" in self.tokens.scopes:
                return refusal
            return self.network.error(
                errors.Disconnected, _NO_SCOPE, reason="scope_missing"
            )
        if number in self.fresh:
            return self.network.error(errors.Refused, _REFUSED, reason="media")
        return self.network.error(errors.TryLater, SILENT, reason=EXPIRED)

    def id_of(self, data: Mapping[str, Any]) -> str:
        media_id = str(data.get("id") or "")
        if not _ID.fullmatch(media_id):
            raise self.network.odd()
        return media_id


EXPIRED = "upload_expired"
_BYTES = "application/octet-stream"


def now() -> str:
    return str(int(time.time()))


def forgotten(progress: Progress) -> bool:
    """Whether X may have forgotten media of this post by the time it is published."""
    times = [float(at) for name, at in progress.made.items() if name.startswith("at")]
    return bool(times) and time.time() - min(times) > KEPT_SECONDS
