"""The whole way of one item: from an invitation to a number on the dashboard."""

import re
from email import message_from_string, policy

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from guidelines.services import RuleText, write_guideline
from tenants.models import Membership, Role, Tenant
from tenants.scoping import acting_for
from tests.browser.conftest import (
    DESK,
    READER,
    WIDTHS,
    Visit,
    Visitor,
    eventually,
    sign_in,
)
from tests.browser.stack import Stack
from tests.conftest import COMMITTED, PASSWORD, Join

pytestmark = [pytest.mark.browser, COMMITTED, pytest.mark.timeout(240)]

TITLE = "Forty kilometres of cable in nine days"
SOURCE = "https://news.example.com/cables"
WORDS = "I held the torch while the others did the work."


@pytest.fixture
def people(acme: Tenant, join: Join) -> dict[str, Membership]:
    """Colleagues enough that a number about all of them tells of nobody."""
    for name in ("bo", "cy", "di", "ed", "flo"):
        join(name, acme)
    return {
        "admin": join("ada", acme, Role.ADMIN),
        "curator": join("cora", acme, Role.CURATOR),
        "manager": join("mo", acme, Role.MANAGER),
    }


@pytest.fixture
def rules(acme: Tenant, people: dict[str, Membership]) -> None:
    with acting_for(acme):
        write_guideline(
            by=people["curator"],
            title="Posting",
            introduction="",
            rules=[RuleText("Say that you work here", "Pretend to be a customer")],
            publish=True,
            now=timezone.now(),
        )


@WIDTHS
def test_the_road_from_invitation_to_dashboard(
    visit: Visit,
    product: Stack,
    people: dict[str, Membership],
    rules: None,
    viewport: dict[str, int],
) -> None:
    publish_an_item(visit(viewport), people["curator"])
    invite(visit(viewport), people["admin"], "ana@acme.example")

    ana = visit(viewport)
    join_by(ana, product)
    connect_linkedin(ana)
    share(ana)

    [post] = product.sandbox.posts("linkedin")
    assert post.text == WORDS
    read(visit(DESK, user_agent=READER), post.card["source"])
    watch_it_arrive(ana, visit(viewport), people["manager"])


def publish_an_item(cora: Visitor, curator: Membership) -> None:
    sign_in(cora, curator.user)
    cora.open("/t/acme/library/new/")
    cora.check()
    cora.page.get_by_label("Web address").fill(SOURCE)
    cora.page.get_by_label("Title").fill(TITLE)
    cora.page.get_by_role("button", name="Save and approve").click()
    expect(cora.page.get_by_text(TITLE).first).to_be_visible()
    cora.check()


def invite(ada: Visitor, admin: Membership, email: str) -> None:
    sign_in(ada, admin.user)
    ada.open("/t/acme/people/invite/")
    ada.check()
    ada.page.get_by_role("textbox").first.fill(email)
    ada.page.get_by_role("button", name="Send invitations").click()
    expect(ada.page.get_by_text(email).first).to_be_visible()
    ada.check()


def join_by(ana: Visitor, product: Stack) -> None:
    """Open the mail and come as far as the first feed's doorstep."""
    [mail] = eventually(lambda: product.mails())
    text = message_from_string(mail, policy=policy.default).get_body(("plain",))
    assert text is not None
    [link] = re.findall(r"http\S+/invitations/\S+", text.get_content())
    ana.page.goto(link)
    ana.check()
    ana.page.get_by_label("Name").fill("Ana Berg")
    ana.page.get_by_label("Password").fill(PASSWORD)
    ana.page.get_by_role("button", name="Join").click()
    expect(ana.page.get_by_text("Say that you work here")).to_be_visible()
    ana.check()
    ana.page.get_by_role("button", name="Got it").click()


def connect_linkedin(ana: Visitor) -> None:
    ana.check()
    ana.page.get_by_role("button", name="Connect LinkedIn").click()
    ana.page.get_by_role("button", name="Allow").click()
    expect(ana.page.get_by_text("You are linking")).to_be_visible()
    ana.check()
    ana.page.get_by_role("button", name="Link this account").click()
    expect(ana.page.get_by_text("Connected", exact=True)).to_be_visible()
    ana.check()
    ana.page.get_by_role("link", name="Go to the feed").click()


def share(ana: Visitor) -> None:
    """Two activations and some typing."""
    ana.check()
    ana.page.get_by_role("link", name=f"Share: {TITLE}").click()
    box = ana.page.get_by_label("Your words")
    expect(box).to_be_focused()
    expect(box).to_have_value("")
    ana.page.keyboard.type(WORDS)
    expect(
        ana.page.get_by_role("article", name="Preview for LinkedIn")
    ).to_contain_text(WORDS)
    ana.check()
    ana.page.get_by_role("button", name="Share now").click()
    expect(ana.page.get_by_role("heading", name="It is out")).to_be_visible()
    ana.check()
    ana.page.get_by_role("link", name="View my shares").click()
    expect(ana.page.get_by_text(WORDS).first).to_be_visible()
    ana.check()


def read(reader: Visitor, tracked: str) -> None:
    """Somebody on the network follows the tracked link."""
    answer = reader.page.context.request.get(tracked, max_redirects=0)

    assert (answer.status, answer.headers["location"]) == (302, SOURCE)


def watch_it_arrive(ana: Visitor, mo: Visitor, manager: Membership) -> None:
    sign_in(mo, manager.user)

    def clicks() -> str:
        mo.open("/t/acme/dashboard/")
        figure = mo.page.locator(".stat", has_text="clicks").first
        value = figure.locator(".stat__value").inner_text().strip()
        return value if value not in ("", "0") else ""

    assert eventually(clicks) == "1"
    mo.check()
    ana.open("/t/acme/")
    expect(ana.page.get_by_role("link", name=f"Share again: {TITLE}")).to_be_visible()
    ana.check()
