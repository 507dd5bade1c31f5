"""Chromium in front of the running product. Nothing is faked but the networks."""

import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.stack import Stack, running

# Playwright keeps an event loop in this thread, which Django would mind.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}
READER = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36"
    " (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
)
WIDTHS = pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Chromium logs an answer to a form that has mistakes in it; that is no fault of the page.
EXPECTED = re.compile(r"status of (422|409|410)")
LISTEN = """
window.addEventListener("securitypolicyviolation", (event) => {
  console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
});
"""


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    return {"executable_path": os.environ.get("CHROMIUM"), "args": FLAGS}


@pytest.fixture(scope="session")
def stack(
    django_db_setup: None,
    django_db_blocker: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stack]:
    """The whole product, started once; the rows are each test's own."""
    with running(tmp_path_factory.mktemp("stack")) as stack:
        with django_db_blocker.unblock():
            stack.rest()
        yield stack


@pytest.fixture
def product(stack: Stack, transactional_db: None) -> Iterator[Stack]:
    """The running product with empty tables, and nothing on the networks yet."""
    stack.forget()
    stack.wake()
    yield stack
    # The tables are emptied after this: nobody may hold a row of them.
    stack.rest()


@dataclass
class Visitor:
    """One person at one browser. What must not happen is noted as it happens."""

    page: Page
    product: Stack
    faults: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        self.page.goto(self.product.address(path))

    def check(self) -> None:
        """The page as it is now: no barrier, nothing sideways, no complaint so far."""
        self.page.wait_for_load_state("load")
        settle(self.page)
        assert self.page.locator("[style]").count() == 0
        found = Axe().run(self.page, options=AXE)
        self.page.evaluate(TIDY)
        assert found.violations_count == 0, found.generate_report()
        wide = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert wide <= 0, f"{self.page.url} is {wide} px too wide"
        assert self.faults == []


# The checker leaves empty style attributes behind, which htmx would carry on.
TIDY = "document.querySelectorAll('[style]').forEach((one) => one.removeAttribute('style'))"
AXE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
}


def settle(page: Page) -> None:
    """Let running animations end: half-way colours have no contrast to speak of.

    A swap may take a moving element away, and bring others that begin to move. What a
    browser does not draw, like parts of a film's controls, may never come to its end.
    """
    page.evaluate(SETTLE)


SETTLE = """
async () => {
  const moving = () => document.getAnimations().filter((one) =>
    one.playState === "running" && one.effect.getTiming().iterations !== Infinity);
  const swapping = () => document.querySelector(".htmx-request, .htmx-swapping");
  for (let look = 0; look < 100 && (moving().length || swapping()); look += 1) {
    const ended = Promise.allSettled(moving().map((one) => one.finished));
    await Promise.race([ended, new Promise((next) => setTimeout(next, 200))]);
    await new Promise((next) => setTimeout(next, 50));
  }
}
"""


Found = TypeVar("Found")


def eventually(look: Callable[[], Found], seconds: float = 40.0) -> Found:
    """Look until there is something: workers take the time they take."""
    until = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < until:
        time.sleep(0.25)
    return found


Visit = Callable[..., Visitor]


@pytest.fixture
def visit(browser: Browser, product: Stack) -> Iterator[Visit]:
    """Return a function that opens a browser of its own for a person."""
    opened: list[tuple[BrowserContext, Visitor]] = []

    def visit(viewport: dict[str, int] = DESK, **options: Any) -> Visitor:
        touch = viewport["width"] < 600
        context = browser.new_context(
            viewport=viewport, has_touch=touch, locale="en-GB", **options
        )
        context.add_init_script(LISTEN)
        context.set_default_timeout(15_000)
        visitor = Visitor(context.new_page(), product)
        watch(context, visitor)
        opened.append((context, visitor))
        return visitor

    yield visit
    for context, _visitor in opened:
        context.close()
    for _context, visitor in opened:
        assert visitor.faults == []


def watch(context: BrowserContext, visitor: Visitor) -> None:
    def note(message: Any) -> None:
        if message.type == "error" and not EXPECTED.search(message.text):
            visitor.faults.append(f"{visitor.page.url}: {message.text}")

    context.on("console", note)
    context.on("weberror", lambda fault: visitor.faults.append(str(fault.error)))


def sign_in(visitor: Visitor, user: Any) -> None:
    """Put a session of the person into the browser, as signing in would."""
    cookie = session_cookie(user)
    visitor.page.context.add_cookies([{**cookie, "url": visitor.product.url}])


def session_cookie(user: Any) -> dict[str, str]:
    client = Client()
    client.force_login(user)
    [morsel] = [one for key, one in client.cookies.items() if key == "session"]
    return {"name": morsel.key, "value": morsel.value}
