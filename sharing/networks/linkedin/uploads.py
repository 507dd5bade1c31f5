"""Files on their way to LinkedIn, before there is a post that shows them.

A picture or a document goes in one piece; a video in the very ranges that LinkedIn
names, each to an address of its own. What is made stands in ``progress``, by the number
of the file: ``urn0`` the asset, ``at0`` when it was brought, and of a video underway
``parts0`` the addresses and ranges, ``until0`` how long they live, ``token0`` and
``tags0`` what finishing it wants.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from sharing.connectors import errors
from sharing.connectors.bodies import Stream
from sharing.connectors.connector import SILENT
from sharing.connectors.http import Answer
from sharing.connectors.media import MEGABYTE, Kind
from sharing.connectors.progress import Progress
from sharing.connectors.text import _
from sharing.connectors.types import Media, NotYet, Tokens

if TYPE_CHECKING:
    from sharing.networks.linkedin import LinkedIn

# Nobody says how long an asset is kept that no post shows; a post that failed and is
# tried again much later brings its pictures anew.
KEPT_SECONDS = 3600
ADDRESSES_LIVE = 3600  # seconds, where LinkedIn does not say
AT_ONCE = 8 * MEGABYTE  # more than that is not held in memory
FAR = 10**14  # milliseconds; later than that is no moment
EXPIRED = "upload_expired"
BYTES = {"Content-Type": "application/octet-stream"}

_RESOURCES = {Kind.IMAGE: "images", Kind.VIDEO: "videos", Kind.DOCUMENT: "documents"}
_ASSET = re.compile(r"urn:li:(?:image|video|document):[A-Za-z0-9_-]{1,200}")
_TAG = re.compile(r"[\x21-\x7e]{1,1000}")

_REFUSED = _(
    "LinkedIn did not accept this picture, video or document. Use another one."
)
_BROKEN = _(
    "LinkedIn could not read this video. Save it once more as MP4 and try again."
)


@dataclass(frozen=True)
class Range:
    """The bytes from ``first`` to ``last``, both included, and where they go."""

    url: str
    first: int
    last: int


class Upload:
    """All files of one post. Says ``bring`` for each; ``NotYet`` as long as one is worked on."""

    def __init__(
        self, network: LinkedIn, tokens: Tokens, owner: str, progress: Progress
    ) -> None:
        self.network = network
        self.tokens = tokens
        self.owner = owner
        self.progress = progress
        self.fresh: set[int] = set()  # begun by this very call

    def bring(self, number: int, file: Media) -> NotYet | None:
        if file.kind == Kind.VIDEO:
            return self.bring_video(number, file)
        if self.age(number) > KEPT_SECONDS:
            self.bring_whole(number, file)
        return None

    def age(self, number: int) -> float:
        """For how many seconds a file has been there."""
        at = self.progress.get(f"at{number}")
        return time.time() - float(at) if at else float("inf")

    def bring_whole(self, number: int, file: Media) -> None:
        value = self.begin(number, file, {})
        url = self.address(value.get("uploadUrl"), own=True)
        self.progress.keep()  # a document may take as long as a row is held
        with self.bytes_of(file, 0, file.size) as body:
            self.put(url, body, number, self.tokens)
        at = str(int(time.time()))
        self.progress.keep(
            **{f"urn{number}": self.asset(file, value), f"at{number}": at}
        )

    # A video

    def bring_video(self, number: int, file: Media) -> NotYet | None:
        made = self.progress.get
        if not made(f"at{number}"):
            until = float(made(f"until{number}") or 0)
            if until <= time.time():
                self.begin_video(number, file)
            self.send_parts(number, file)
            self.finish(number)
        return self.state(number)

    def begin_video(self, number: int, file: Media) -> None:
        more = {
            "fileSizeBytes": file.size,
            "uploadCaptions": False,
            "uploadThumbnail": False,
        }
        value = self.begin(number, file, more)
        parts = self.ranges(value.get("uploadInstructions"), file.size)
        seconds = int(time.time()) + ADDRESSES_LIVE
        until = value.get("uploadUrlsExpireAt")
        if isinstance(until, int) and 0 < until < FAR:
            seconds = until // 1000
        self.progress.keep(
            **{
                f"urn{number}": self.asset(file, value),
                f"parts{number}": json.dumps([[p.url, p.first, p.last] for p in parts]),
                f"until{number}": str(seconds),
                f"token{number}": str(value.get("uploadToken") or ""),
                f"tags{number}": "[]",
            }
        )

    def send_parts(self, number: int, file: Media) -> None:
        """Send what has no tag yet; each tag is written down before the next part."""
        tags: list[str] = json.loads(self.progress.get(f"tags{number}"))
        parts = [
            Range(*part) for part in json.loads(self.progress.get(f"parts{number}"))
        ]
        for part in parts[len(tags) :]:
            length = part.last - part.first + 1
            with self.bytes_of(file, part.first, length) as body:
                answer = self.put(part.url, body, number)
            tags.append(self.tag(answer))
            self.progress.keep(**{f"tags{number}": json.dumps(tags)})

    def finish(self, number: int) -> None:
        """A second word that all is there is no harm: then LinkedIn is at work already."""
        request = {
            "video": self.progress.get(f"urn{number}"),
            "uploadToken": self.progress.get(f"token{number}"),
            "uploadedPartIds": json.loads(self.progress.get(f"tags{number}")),
        }
        done = True
        try:
            self.action("videos", "finalizeUpload", {"finalizeUploadRequest": request})
        except errors.QuestionRefused:
            done = False
        if not done and self.status(number) not in ("PROCESSING", "AVAILABLE"):
            raise self.refused(number)
        self.progress.keep(
            **{f"{name}{number}": "" for name in ("parts", "until", "token", "tags")},
            **{f"at{number}": str(int(time.time()))},
        )

    def state(self, number: int) -> NotYet | None:
        status = self.status(number)
        if status == "PROCESSING_FAILED":
            raise self.network.error(errors.Refused, _BROKEN, reason="media")
        return None if status == "AVAILABLE" else NotYet()

    def status(self, number: int) -> str:
        """How far a video is. An app that may not ask goes on; the post's answer tells."""
        urn = quote(self.progress.get(f"urn{number}"), safe="")
        answer = None
        try:
            answer = self.network.rest(
                "GET", f"videos/{urn}", self.tokens, deadline=self.progress.deadline
            )
        except errors.OperatorAction as problem:
            if problem.reason != "product":
                raise
        if answer is None:
            return "AVAILABLE"
        status = answer.json().get("status")
        if not isinstance(status, str):
            raise self.network.odd()
        return status

    # What LinkedIn is asked, and what it answers

    def begin(self, number: int, file: Media, more: dict[str, Any]) -> dict[str, Any]:
        self.fresh.add(number)
        request = {"initializeUploadRequest": {"owner": self.owner, **more}}
        answer = self.refusing(
            number,
            lambda: self.action(_RESOURCES[file.kind], "initializeUpload", request),
        )
        value = answer.json().get("value")
        if not isinstance(value, dict):
            raise self.network.odd()
        return value

    def action(self, resource: str, name: str, body: dict[str, Any]) -> Answer:
        return self.network.rest(
            "POST",
            f"{resource}?action={name}",
            self.tokens,
            body=body,
            deadline=self.progress.deadline,
        )

    @contextmanager
    def bytes_of(
        self, file: Media, first: int, length: int
    ) -> Iterator[bytes | Stream]:
        """Some bytes to send; many are read while they are sent, and the row is held."""
        if length <= AT_ONCE:
            yield file.part(first, length)
            return
        with file.open() as opened:
            opened.seek(first)
            yield Stream(opened, length, self.progress.keep)

    def put(
        self, url: str, body: bytes | Stream, number: int, tokens: Tokens | None = None
    ) -> Answer:
        """Send bytes; what the address says against it is no word on token or app."""
        return self.refusing(
            number,
            lambda: self.network.call(
                "PUT",
                url,
                tokens=tokens,
                headers=BYTES,
                data=body,
                deadline=self.progress.deadline,
            ),
            () if tokens else (errors.Disconnected,),
        )

    def refusing(
        self,
        number: int,
        ask: Callable[[], Answer],
        of_address: tuple[type[errors.ConnectorError], ...] = (),
    ) -> Answer:
        """Ask; a refusal is one of the file, or of an address that has died."""
        problem: errors.ConnectorError | None = None
        try:
            return ask()
        except errors.QuestionRefused:
            problem = self.refused(number)
        except of_address:
            problem = self.network.error(errors.TryLater, SILENT, reason=EXPIRED)
        raise problem

    def refused(self, number: int) -> errors.ConnectorError:
        """Of what an earlier call began the addresses may have died; then begin anew."""
        if number in self.fresh:
            return self.network.error(errors.Refused, _REFUSED, reason="media")
        return self.network.error(errors.TryLater, SILENT, reason=EXPIRED)

    def asset(self, file: Media, value: dict[str, Any]) -> str:
        urn = value.get(file.kind.value)
        if not isinstance(urn, str) or not _ASSET.fullmatch(urn):
            raise self.network.odd()
        return urn

    def tag(self, answer: Answer) -> str:
        tag = answer.headers.get("ETag", "").strip().strip('"')
        if not _TAG.fullmatch(tag):
            raise self.network.odd()
        return tag

    def ranges(self, told: object, size: int) -> list[Range]:
        """The ranges as told, which must be the whole file and nothing twice."""
        parts: list[Range] = []
        for one in told if isinstance(told, list) else ():
            if not isinstance(one, dict):
                raise self.network.odd()
            first, last = one.get("firstByte"), one.get("lastByte")
            begun = parts[-1].last + 1 if parts else 0
            if first != begun or not isinstance(last, int) or last < first:
                raise self.network.odd()
            parts.append(Range(self.address(one.get("uploadUrl")), first, last))
        if not parts or parts[-1].last != size - 1:
            raise self.network.odd()
        return parts

    def address(self, url: object, own: bool = False) -> str:
        """Where bytes may go; the member's token goes to LinkedIn itself alone."""
        base = (self.network.base_url or "").rstrip("/")
        if isinstance(url, str) and base and url.startswith(f"{base}/"):
            return url
        parts = urlsplit(url if isinstance(url, str) else "")
        host = f".{parts.hostname or ''}"
        if parts.scheme != "https" or (own and not host.endswith(".linkedin.com")):
            raise self.network.odd()
        return parts.geturl()
