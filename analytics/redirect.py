"""``/l/<code>``: a plain WSGI callable in front of Django, which it must outlive.

No session, no cookie, no template, no query in the usual case: the click is written
to this process's file, then the reader is sent on.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import trans_real
from django.views.decorators.csrf import csrf_exempt

from analytics.destinations import CODE, Destination, Destinations, Unreachable
from analytics.recording import Environ, address_of, recorder
from analytics.stream import client

logger = logging.getLogger(__name__)

PREFIX = "/l/"
GUESSES_PER_MINUTE = 30

StartResponse = Callable[[str, list[tuple[str, str]]], Any]
Headers = list[tuple[str, str]]

ALWAYS: Headers = [
    ("Cache-Control", "private, max-age=0"),
    ("X-Robots-Tag", "noindex"),
    # The page behind the link may see which network sent the reader, nothing more.
    ("Referrer-Policy", "strict-origin"),
    ("X-Content-Type-Options", "nosniff"),
]
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGE_HEADERS: Headers = [
    *ALWAYS,
    ("Content-Type", "text/html; charset=utf-8"),
    ("Content-Security-Policy", PAGE_POLICY),
    ("Vary", "Accept-Language"),
]


class Guesses:
    """Counts each address's misses of the running minute, in memory only."""

    def __init__(self) -> None:
        self._minute = 0
        self._misses: Counter[str] = Counter()
        self._changing = threading.Lock()

    def note(self, address: str) -> None:
        with self._changing:
            self._misses[address] += 1

    def are_too_many(self, address: str) -> bool:
        minute = int(time.monotonic() // 60)
        if minute != self._minute:
            with self._changing:
                self._minute, self._misses = minute, Counter()
        return self._misses[address] >= GUESSES_PER_MINUTE


@cache
def destinations() -> Destinations:
    return Destinations(client())


guesses = Guesses()


def answer(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    """Send the reader on, or say calmly why not."""
    if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
        start_response(
            "405 Method Not Allowed",
            [*ALWAYS, ("Allow", "GET, HEAD"), ("Content-Length", "0")],
        )
        return [b""]
    code = environ["PATH_INFO"][len(PREFIX) :]
    destination = destinations().in_memory(code)
    if destination is None:
        try:
            destination = look_up(code, environ)
        except Stop as stop:
            return say(stop, environ, start_response)
    recorder().record(destination, environ)
    start_response(
        "302 Found",
        [*ALWAYS, ("Location", destination.url), ("Content-Length", "0")],
    )
    return [b""]


def wake() -> None:
    """Let what a dead process left on disk be shipped before the first click comes."""
    recorder()


class Stop(Exception):
    """The reader cannot be sent on."""

    def __init__(self, status: str, key: str, *headers: tuple[str, str]) -> None:
        super().__init__(status)
        self.status = status
        self.key = key
        self.headers = headers


def look_up(code: str, environ: Environ) -> Destination:
    """Return where an unfamiliar code leads; guessing gets slow."""
    if not CODE.fullmatch(code):
        raise Stop("404 Not Found", "unknown")
    address = address_of(environ)
    if guesses.are_too_many(address):
        raise Stop("429 Too Many Requests", "slow_down", ("Retry-After", "60"))
    try:
        destination = destinations().find(code)
    except Unreachable:
        raise Stop("503 Service Unavailable", "away", ("Retry-After", "30")) from None
    except Exception:
        logger.exception("a link could not be looked up")
        raise Stop("503 Service Unavailable", "away", ("Retry-After", "30")) from None
    if destination is None:
        guesses.note(address)
        raise Stop("404 Not Found", "unknown")
    return destination


def say(stop: Stop, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """Answer with a small page in the reader's language."""
    body = page(stop.key, language_of(environ))
    headers = [*PAGE_HEADERS, *stop.headers, ("Content-Length", str(len(body)))]
    start_response(stop.status, headers)
    return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body]


def sentences(key: str) -> dict[str, str]:
    """Return the icon, the title and the text for one reason to stop."""
    return {
        "unknown": {
            "symbol": "link",
            "title": _("This link leads nowhere"),
            "text": _("It may be mistyped, or what it led to was taken back."),
        },
        "slow_down": {
            "symbol": "clock",
            "title": _("Too many attempts"),
            "text": _("Wait a minute, then open the link again."),
        },
        "away": {
            "symbol": "clock",
            "title": _("Just a moment"),
            "text": _("This link cannot be opened right now. Try again shortly."),
        },
    }[key]


@cache
def page(key: str, language: str) -> bytes:
    with translation.override(language):
        return render_to_string(
            "analytics/link_stopped.html", sentences(key) | {"language": language}
        ).encode()


def language_of(environ: Environ) -> str:
    """Return the first of our languages that the browser asks for."""
    accepted = environ.get("HTTP_ACCEPT_LANGUAGE", "")[:200]
    for wanted, _weight in trans_real.parse_accept_lang_header(accepted.lower()):
        for language, _label in settings.LANGUAGES:
            if wanted.split("-")[0] == language:
                return language
    return settings.LANGUAGE_CODE


@csrf_exempt
def view(request: HttpRequest, code: str) -> HttpResponse:
    """The same, where Django answers alone: the test client and the test server."""
    answered: list[tuple[str, Headers]] = []
    body = answer(request.META, lambda *begun: answered.append(begun))
    status, headers = answered[0]
    return HttpResponse(
        b"".join(body), status=int(status.split()[0]), headers=dict(headers)
    )
