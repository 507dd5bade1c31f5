"""Who knocks at every door in the sweep, and what they see."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.core.signals import got_request_exception
from django.db import transaction
from django.test import Client

from tests.twins import Twin


class Bare(Client):
    """A test client that does not keep each template and its context: half the time."""

    error: BaseException | None = None

    def request(self, **request: Any) -> Any:
        self.error = None
        got_request_exception.connect(self.keep)
        try:
            answer = self.handler(self._base_environ(**request))
        finally:
            got_request_exception.disconnect(self.keep)
        answer.error = self.error
        return answer

    def keep(self, **kwargs: Any) -> None:
        self.error = sys.exc_info()[1]


class Visitor:
    """One person or program; each visit is undone, so that no visit changes the next."""

    def __init__(self, name: str, twin: Twin | None = None, role: str = "") -> None:
        self.name, self.twin = name, twin
        self.client = Bare()
        self.token = twin.tokens[role] if twin else ""
        self.session = ""
        if twin:
            self.client.force_login(twin.members[role].user)
            self.session = self.client.cookies[settings.SESSION_COOKIE_NAME].value

    def visit(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """Ask by session for a page, by token for the API."""
        is_api = path.startswith("/api/")
        cookies = {} if is_api else {settings.SESSION_COOKIE_NAME: self.session}
        self.client.cookies = SimpleCookie(cookies if self.session else {})
        if is_api:
            options["content_type"] = "application/json"
            if self.token:
                options["headers"] = {"authorization": f"Bearer {self.token}"}
        with undone():
            return getattr(self.client, method)(path, body, **options)


@contextmanager
def undone() -> Iterator[None]:
    """Take back what a visit wrote, in the database and in the cache's counters."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    cache.clear()


def seen(answer: Any) -> str:
    """Return everything that a visitor can read of an answer."""
    head = "\n".join(f"{name}: {value}" for name, value in answer.items())
    body = b"".join(answer) if answer.streaming else answer.content
    return head + str(answer.cookies) + body.decode("utf-8", "replace")


def why(answer: Any) -> str:
    """Return the error behind a 500, for the report."""
    error = answer.error
    return f" {type(error).__name__}: {error}"[:300] if error else ""


# -- Forms as a page shows them ------------------------------------------------------------


@dataclass
class Form:
    action: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    free: set[str] = field(default_factory=set)


class Forms(HTMLParser):
    """Collect the POST forms of a page with the values that a browser would send."""

    def __init__(self, page: str, path: str) -> None:
        super().__init__()
        self.path, self.found, self.open = path, [], None  # type: ignore[var-annotated]
        self.select = self.area = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            posts = values.get("method", "").lower() == "post"
            action = values.get("action") or self.path
            self.open = Form(action) if posts else None
            if self.open:
                self.found.append(self.open)
        elif self.open is not None:
            self.take(tag, values)

    def take(self, tag: str, values: dict[str, str]) -> None:
        name = values.get("name", "")
        if tag == "option" and self.select and "selected" in values:
            self.add(self.select, values.get("value", ""))
        if not name or name == "csrfmiddlewaretoken":
            return
        self.select = name if tag == "select" else self.select
        self.area = name if tag == "textarea" else ""
        kind = values.get("type", "text")
        if tag in ("select", "textarea"):
            self.open.fields.setdefault(name, [])
            self.open.free.add(name)
        elif tag == "input" and (
            kind not in ("checkbox", "radio") or "checked" in values
        ):
            self.add(name, values.get("value", ""))
            self.open.free.add(name)
        elif tag == "button":
            self.open.fields.setdefault(name, [values.get("value", "")])

    def handle_data(self, data: str) -> None:
        if self.open is not None and self.area:
            self.add(self.area, data.strip())

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.open = None
        elif tag in ("select", "textarea"):
            self.select = self.area = ""

    def add(self, name: str, value: str) -> None:
        self.open.fields.setdefault(name, []).append(value)
