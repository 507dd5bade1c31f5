"""Tokens that must be seen nowhere: watched for in all that the whole test run lets out.

Logs with their tracebacks, messages to Celery, pages, API answers and exports. Whoever
lets one out fails the test in which it happened, whatever that test is about.
"""

import logging
import re
from collections.abc import Callable, Iterator
from typing import Any

from celery.signals import before_task_publish
from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

ACCESS, REFRESH = "access-canary", "refresh-canary"
SECRET = "secret-canary"
SEEN = re.compile(rb"(?:access|refresh|secret)-canary|canary-(?:7b1f|9c2e)")

leaks: list[str] = []


def look(place: str, content: bytes) -> None:
    if found := SEEN.search(content):
        leaks.append(f"{place} shows {found[0].decode()}")


class Log(logging.Handler):
    """Whatever anybody logs, as it would be written."""

    plain = logging.Formatter("%(name)s %(message)s")

    def emit(self, record: logging.LogRecord) -> None:
        look(f"the log of {record.name}", self.plain.format(record).encode())


LOG = Log()


def look_at_message(sender: str, body: Any, headers: Any, **_more: Any) -> None:
    look(f"the message for {sender}", repr((body, headers)).encode())


class Pages:
    """A middleware around all others."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        place = f"{request.method} {request.path}"
        look(place, repr(response.headers).encode())
        if isinstance(response, StreamingHttpResponse):
            if not response.is_async:
                response.streaming_content = watched(place, response.streaming_content)
        else:
            look(place, response.content)
        return response


def watched(place: str, chunks: Any) -> Iterator[bytes]:
    for chunk in chunks:
        look(place, chunk)
        yield chunk


def watch() -> None:
    """Begin, before the middleware is loaded."""
    before_task_publish.connect(look_at_message, weak=False)
    settings.MIDDLEWARE.insert(0, "tests.canaries.Pages")
