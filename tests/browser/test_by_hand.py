"""Posting by hand: no account, no mouse, no script; text and link at hand, one answer."""

import pytest
from playwright.sync_api import expect

from content_library.models import Item
from sharing.models import Publication
from tenants.models import Membership, Tenant
from tenants.scoping import acting_for
from tests.browser.conftest import WIDTHS, Visit, Visitor, sign_in
from tests.browser.test_queue import press
from tests.conftest import COMMITTED
from tests.sharing.conftest import make_item

pytestmark = [pytest.mark.browser, COMMITTED, pytest.mark.timeout(240)]

TITLE = "How the new cables were laid"
COMPOSER = "https://www.xing.com/"


@pytest.fixture
def item(acme: Tenant) -> Item:
    return make_item(acme, title=TITLE)


def far_side(visitor: Visitor) -> list[str]:
    """Stand in for the network's own page; return the addresses that were opened."""
    opened: list[str] = []

    def answer(route: object) -> None:
        opened.append(route.request.url)  # type: ignore[attr-defined]
        route.fulfill(  # type: ignore[attr-defined]
            body="<title>XING</title>", content_type="text/html"
        )

    visitor.page.context.route(f"{COMPOSER}**", answer)
    return opened


def state_of(member: Membership) -> tuple[str, str]:
    with acting_for(member.tenant_id):
        row = Publication.objects.for_tenant(member.tenant_id).get()
        return row.state, row.reason


@WIDTHS
def test_from_the_feed_to_the_networks_own_composer_without_a_mouse(
    ana: Membership, item: Item, visit: Visit, viewport: dict[str, int]
) -> None:
    visitor = visit(viewport, permissions=["clipboard-read", "clipboard-write"])
    opened = far_side(visitor)
    sign_in(visitor, ana.user)
    visitor.open("/t/acme/")
    page = visitor.page

    press(page, f"Share: {TITLE}")
    expect(page.get_by_label("Your words")).to_be_focused()
    page.keyboard.type("I held the torch.")
    page.get_by_label("XING").focus()
    page.keyboard.press("Space")
    expect(page.get_by_label("Preview for XING")).to_contain_text("I held the torch.")
    visitor.check()
    press(page, "Share now")
    expect(page.get_by_role("heading", name="Now it is yours to post")).to_be_visible()
    visitor.check()
    with page.context.expect_page() as tab:
        press(page, "Copy the text and open XING")
    tab.value.close()

    assert opened[0].startswith(f"{COMPOSER}spi/shares/new?url=http")
    assert page.evaluate("navigator.clipboard.readText()") == "I held the torch."
    press(page, "Do it on your phone")
    expect(page.get_by_label("QR code that opens this page")).to_be_visible()
    visitor.check()
    press(page, "Yes, it is out")
    expect(page.get_by_role("heading", name="It is out. Thank you!")).to_be_visible()
    visitor.check()
    assert state_of(ana) == ("published", "declared")


@WIDTHS
def test_the_queue_keeps_it_until_there_is_an_answer(
    ana: Membership, item: Item, visit: Visit, viewport: dict[str, int]
) -> None:
    visitor = visit(viewport)
    sign_in(visitor, ana.user)
    visitor.open(f"/t/acme/items/{item.pk}/share/")
    page = visitor.page
    page.get_by_label("Your words").fill("I held the torch.")
    page.get_by_label("WhatsApp").check()
    page.get_by_role("button", name="Share now").click()
    page.get_by_role("button", name="Later", exact=True).click()

    mine = page.get_by_role("region", name="Yours to post")
    expect(mine).to_contain_text(TITLE)
    visitor.check()
    mine.get_by_role("link", name="Post it").click()
    expect(page.get_by_label("Your text for WhatsApp")).to_be_visible()
    visitor.check()
    page.get_by_role("button", name="No, I let it be").click()
    assert state_of(ana) == ("cancelled", "by_member")


def test_all_of_it_works_without_a_script(
    ana: Membership, item: Item, visit: Visit
) -> None:
    visitor = visit(java_script_enabled=False)
    opened = far_side(visitor)
    sign_in(visitor, ana.user)
    visitor.open(f"/t/acme/items/{item.pk}/share/")
    page = visitor.page

    page.get_by_label("Your words").fill("I held the torch.")
    page.get_by_label("XING").check()
    page.get_by_role("button", name="Share now").click()
    expect(page.get_by_label("Your text for XING")).to_have_value("I held the torch.")
    with page.context.expect_page() as tab:
        page.get_by_role("link", name="Open XING").click()
    tab.value.close()
    page.get_by_role("button", name="Yes, it is out").click()

    assert opened
    assert state_of(ana) == ("published", "declared")
