"""Sending a stored file: whole, or the part of it that a player asks for (RFC 9110 §14)."""

import re
from collections.abc import Iterator
from typing import IO

from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)

BLOCK = 64 * 1024
RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})\Z")


class Part:
    """``length`` bytes of an open file from ``first`` on, a block at a time."""

    def __init__(self, file: IO[bytes], first: int, length: int) -> None:
        self.file, self.left = file, length
        file.seek(first)

    def __iter__(self) -> Iterator[bytes]:
        while self.left > 0 and (block := self.file.read(min(BLOCK, self.left))):
            self.left -= len(block)
            yield block

    def close(self) -> None:
        self.file.close()


def send_file(
    request: HttpRequest, file: IO[bytes], size: int, content_type: str
) -> HttpResponseBase:
    """Return the file as an answer to GET or HEAD; it closes the file."""
    part = part_of(request.headers.get("Range", ""), size)
    if part is None:
        file.close()
        answer: HttpResponseBase = HttpResponse(status=416)
        answer["Content-Range"] = f"bytes */{size}"
        return answer
    first, length = part
    if request.method == "HEAD":
        file.close()
        answer = HttpResponse(content_type=content_type)
    else:
        answer = StreamingHttpResponse(
            Part(file, first, length), content_type=content_type
        )
    if length < size:
        answer.status_code = 206
        answer["Content-Range"] = f"bytes {first}-{first + length - 1}/{size}"
    answer["Content-Length"] = str(length)
    answer["Accept-Ranges"] = "bytes"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


def part_of(asked: str, size: int) -> tuple[int, int] | None:
    """Return the first byte and how many; None when the file has no such part.

    Several parts at once, or anything odd, get the whole file: the RFC lets us.
    """
    found = RANGE.match(asked)
    if found is None or not any(found.groups()):
        return 0, size
    first, last = found.groups()
    if not first:
        length = min(int(last), size)
        return (size - length, length) if length else None
    begin, end = int(first), min(int(last), size - 1) if last else size - 1
    if last and int(last) < begin:
        return 0, size
    return (begin, end - begin + 1) if begin < size else None
