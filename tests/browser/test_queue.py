"""For later: chosen by keyboard, seen in one's queue, moved, cancelled, gone out alive."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from content_library.models import Item
from sharing.models import Publication
from tenants.models import Membership, Tenant
from tenants.scoping import acting_for
from tests.browser.conftest import WIDTHS, Visit, Visitor, sign_in
from tests.browser.stack import Stack
from tests.conftest import COMMITTED
from tests.sharing.conftest import make_item

pytestmark = [pytest.mark.browser, COMMITTED, pytest.mark.timeout(240)]

TITLE = "How the new cables were laid"


@pytest.fixture
def item(acme: Tenant) -> Item:
    return make_item(acme, title=TITLE)


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the control of that name has the focus, and can be seen to."""
    focused = page.locator(":focus")
    for _press in range(80):
        page.keyboard.press("Tab")
        if not focused.count():
            continue  # on a part of the browser's own time field
        label = focused.get_attribute("aria-label") or focused.inner_text()
        if name in label:
            style = focused.evaluate("one => getComputedStyle(one).outlineStyle")
            assert style != "none", f"{name} has the focus and does not show it"
            return
    raise AssertionError(f"no way to {name} by keyboard")


def press(page: Page, name: str) -> None:
    tab_to(page, name)
    page.keyboard.press("Enter")


def connect(visitor: Visitor) -> None:
    visitor.open("/t/acme/accounts/")
    visitor.page.get_by_role("button", name="Connect LinkedIn").click()
    visitor.page.get_by_role("button", name="Allow").click()
    visitor.page.get_by_role("button", name="Link this account").click()


def let_it_be_time(member: Membership) -> None:
    with acting_for(member.tenant_id):
        Publication.objects.for_tenant(member.tenant_id).update(
            not_before=timezone.now() - timedelta(seconds=1)
        )


@WIDTHS
def test_from_the_feed_to_a_good_time_to_the_queue_without_a_mouse(
    product: Stack,
    ana: Membership,
    item: Item,
    visit: Visit,
    viewport: dict[str, int],
) -> None:
    visitor = visit(viewport)
    sign_in(visitor, ana.user)
    connect(visitor)
    visitor.open("/t/acme/")
    page = visitor.page

    # Three activations: the card, Later, the time.
    press(page, f"Share: {TITLE}")
    expect(page.get_by_label("Your words")).to_be_focused()
    page.keyboard.type("For a quiet morning.")
    press(page, "Later")
    times = page.get_by_role("group", name="Good times")
    expect(times).to_be_visible()
    visitor.check()
    page.keyboard.press("Escape")  # closes the panel, not the composer
    expect(times).to_be_hidden()
    page.keyboard.press("Enter")
    expect(times).to_be_visible()
    press(page, "08:45")
    expect(page.get_by_role("heading", name="Goes out")).to_be_visible()
    visitor.check()
    press(page, "Your queue")

    waiting = page.get_by_role("region", name="Waiting")
    expect(waiting).to_contain_text("08:45, as you chose")
    visitor.check()
    press(page, "Change the time")
    visitor.check()
    day = timezone.localdate() + timedelta(days=9)
    page.get_by_label("Day", exact=True).fill(day.isoformat())
    page.get_by_label("Time", exact=True).fill("11:15")
    press(page, "Move it")
    expect(waiting).to_contain_text("11:15, as you chose")
    expect(page.get_by_role("status").filter(has_text="Moved.").first).to_be_visible()

    # Its time comes while the page is open: no reload.
    let_it_be_time(ana)
    out = page.get_by_role("region", name="Lately")
    expect(out).to_contain_text(TITLE, timeout=60_000)
    expect(waiting).to_have_count(0)
    visitor.check()
    assert [post.text for post in product.sandbox.posts()] == ["For a quiet morning."]


def test_cancelling_in_the_queue(
    product: Stack, ana: Membership, item: Item, visit: Visit
) -> None:
    visitor = visit()
    sign_in(visitor, ana.user)
    connect(visitor)
    visitor.open(f"/t/acme/items/{item.pk}/share/")
    page = visitor.page
    page.get_by_label("Your words").fill("Never to be.")
    press(page, "Later")
    day = timezone.localdate() + timedelta(days=3)
    page.get_by_label("Day", exact=True).fill(day.isoformat())
    page.get_by_label("Time", exact=True).fill("10:00")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Goes out")).to_be_visible()
    visitor.open("/t/acme/queue/")

    page.get_by_role("button", name="Cancel").click()

    expect(page.get_by_role("region", name="Lately")).to_contain_text("Cancelled")
    assert product.sandbox.posts() == []


def test_the_rules_page_has_no_barrier(
    product: Stack, ada: Membership, visit: Visit
) -> None:
    visitor = visit()
    sign_in(visitor, ada.user)
    visitor.open("/t/acme/settings/sharing/")
    visitor.check()
    visitor.page.get_by_label("From").fill("18:00")
    visitor.page.get_by_role("button", name="Save").click()
    expect(visitor.page.get_by_text("Write when quiet hours end.")).to_be_visible()
    visitor.check()
