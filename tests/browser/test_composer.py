"""Writing and sharing: by keyboard, on two networks, with trouble on the way."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from content_library.models import Item, SuggestedText
from sharing.models import Account
from tenants.models import Membership, Tenant
from tenants.scoping import acting_for
from tests.browser.conftest import DESK, PHONE, WIDTHS, Visit, Visitor, sign_in
from tests.browser.stack import Stack
from tests.conftest import COMMITTED
from tests.sharing.conftest import make_item

pytestmark = [pytest.mark.browser, COMMITTED, pytest.mark.timeout(240)]

TITLE = "How the new cables were laid"
SOURCE = "https://news.example.com/cables"


@pytest.fixture
def item(acme: Tenant) -> Item:
    item = make_item(acme, title=TITLE, source_url=SOURCE)
    with acting_for(acme):
        SuggestedText.objects.create(tenant=acme, item=item, text="A ready line.")
    return item


@pytest.fixture
def here(product: Stack, ana: Membership, item: Item, visit: Visit) -> Iterator[Visit]:
    """Return a function that puts Ana, signed in, before her feed."""

    def here(viewport: dict[str, int] = DESK, **options: object) -> Visitor:
        visitor = visit(viewport, **options)
        sign_in(visitor, ana.user)
        visitor.open("/t/acme/")
        return visitor

    return here


def connect(visitor: Visitor, *networks: str) -> None:
    visitor.open("/t/acme/accounts/")
    for network in networks:
        visitor.page.get_by_role("button", name=f"Connect {network}").click()
        allow(visitor.page)
    visitor.open("/t/acme/")


def allow(page: Page) -> None:
    page.get_by_role("button", name="Allow").click()
    page.get_by_role("button", name="Link this account").click()


def compose(page: Page) -> None:
    page.get_by_role("link", name=f"Share: {TITLE}").click()
    expect(page.get_by_label("Your words")).to_be_focused()


def press(page: Page) -> None:
    page.get_by_role("button", name="Share now").click()


def end_consent(member: Membership) -> None:
    with acting_for(member.tenant_id):
        Account.objects.for_tenant(member.tenant_id).update(
            state=Account.State.NEEDS_RECONNECT
        )


def test_sharing_needs_no_mouse(here: Visit, product: Stack) -> None:
    ana = here()
    connect(ana, "LinkedIn")
    keys = ana.page.keyboard

    tab_to(ana.page, f"Share: {TITLE}")
    keys.press("Enter")
    expect(ana.page.get_by_label("Your words")).to_be_focused()
    keys.type("Typed without a mouse.")
    tab_to(ana.page, "Share now")
    keys.press("Enter")
    expect(ana.page.get_by_role("heading", name="It is out")).to_be_visible()
    keys.press("Escape")

    expect(ana.page.get_by_role("dialog")).to_have_count(0)
    again = ana.page.get_by_role("link", name=f"Share again: {TITLE}")
    expect(again).to_be_focused()
    assert [post.text for post in product.sandbox.posts()] == ["Typed without a mouse."]


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the control of that name has the focus, and can be seen to."""
    focused = page.locator(":focus")
    for _press in range(60):
        page.keyboard.press("Tab")
        label = focused.get_attribute("aria-label") or focused.inner_text()
        if name in label:
            style = focused.evaluate("one => getComputedStyle(one).outlineStyle")
            assert style != "none", f"{name} has the focus and does not show it"
            return
    raise AssertionError(f"no way to {name} by keyboard")


@WIDTHS
def test_two_networks_with_words_of_their_own(
    here: Visit, product: Stack, viewport: dict[str, int]
) -> None:
    ana = here(viewport)
    connect(ana, "LinkedIn", "X")

    compose(ana.page)
    ana.page.keyboard.type("The long story.")
    ana.page.locator("summary", has_text="Different words for X").click()
    ana.page.get_by_label("Different words for X").fill("Short.")
    preview = ana.page.get_by_role("article", name="Preview for X")
    expect(preview).to_contain_text("Short.")
    expect(preview).to_contain_text("/l/")
    ana.check()
    press(ana.page)
    expect(ana.page.get_by_role("heading", name="It is out")).to_be_visible()

    texts = {post.network: post.text for post in product.sandbox.posts()}
    assert texts["linkedin"] == "The long story."
    assert texts["x"].startswith("Short.")


def test_one_network_refuses_and_the_other_does_not_care(
    here: Visit, product: Stack
) -> None:
    ana = here(PHONE)
    connect(ana, "LinkedIn", "X")
    product.sandbox.fault("POST /api.x.com/2/tweets", "status", status=403)

    compose(ana.page)
    ana.page.keyboard.type("One goes, one stays.")
    press(ana.page)

    expect(ana.page.get_by_role("heading", name="needs a hand")).to_be_visible()
    expect(ana.page.get_by_role("link", name="See it on LinkedIn")).to_be_visible()
    expect(ana.page.get_by_text("Refused", exact=True)).to_be_visible()
    ana.check()
    ana.page.get_by_role("link", name="Change the text").click()
    expect(ana.page.get_by_label("Your words")).to_have_value("One goes, one stays.")
    assert [post.network for post in product.sandbox.posts()] == ["linkedin"]


def test_pressing_twice_posts_once(here: Visit, product: Stack) -> None:
    ana = here()
    connect(ana, "LinkedIn")

    compose(ana.page)
    ana.page.keyboard.type("Once is enough.")
    ana.page.get_by_role("button", name="Share now").dblclick()
    expect(ana.page.get_by_role("heading", name="It is out")).to_be_visible()

    assert len(product.sandbox.posts()) == 1
    ana.page.get_by_role("button", name="Back to the feed").click()
    expect(ana.page.get_by_role("link", name=f"Share again: {TITLE}")).to_be_visible()


def test_an_ended_connection_costs_no_words(
    here: Visit, product: Stack, ana: Membership
) -> None:
    visitor = here(PHONE)
    connect(visitor, "X")
    compose(visitor.page)
    visitor.page.keyboard.type("Kept to the letter. ")
    end_consent(ana)
    visitor.page.reload()

    visitor.page.get_by_role("link", name=f"Share: {TITLE}").click()
    visitor.check()
    visitor.page.get_by_role("button", name="Reconnect X").click()
    allow(visitor.page)
    expect(visitor.page.get_by_label("Your words")).to_have_value(
        "Kept to the letter. "
    )
    press(visitor.page)
    expect(visitor.page.get_by_role("heading", name="It is out")).to_be_visible()

    [post] = product.sandbox.posts()
    assert post.text.startswith("Kept to the letter.")


def test_without_any_account_the_composer_connects_one_and_keeps_the_words(
    here: Visit,
) -> None:
    ana = here()

    compose(ana.page)
    ana.page.keyboard.type("Before anything was connected.")
    ana.check()
    ana.page.get_by_role("button", name="Connect LinkedIn").click()
    allow(ana.page)

    expect(ana.page.get_by_label("Your words")).to_have_value(
        "Before anything was connected."
    )
    expect(ana.page.get_by_role("button", name="Share now")).to_be_enabled()
    ana.check()


def test_a_closed_composer_opens_again_with_what_was_typed(here: Visit) -> None:
    ana = here()
    connect(ana, "LinkedIn")

    compose(ana.page)
    ana.page.keyboard.type("Half a thought")
    ana.page.keyboard.press("Escape")
    expect(ana.page.get_by_role("dialog")).to_have_count(0)
    compose(ana.page)

    expect(ana.page.get_by_label("Your words")).to_have_value("Half a thought")


def test_a_lost_session_loses_no_words(here: Visit, ana: Membership) -> None:
    visitor = here()
    compose(visitor.page)
    visitor.page.context.clear_cookies(name="session")

    visitor.page.keyboard.type("Still here")
    expect(visitor.page.get_by_text("Not saved yet")).to_be_visible()
    visitor.faults.clear()  # Chromium logs the two answers that say "sign in first"
    sign_in(visitor, ana.user)
    visitor.open("/t/acme/")
    visitor.page.get_by_role("link", name=f"Share: {TITLE}").click()

    expect(visitor.page.get_by_label("Your words")).to_have_value("Still here")


def test_a_suggestion_is_a_start_and_the_counter_keeps_up(here: Visit) -> None:
    ana = here()
    connect(ana, "X")

    compose(ana.page)
    ana.page.get_by_role("button", name="A ready line.").click()
    expect(ana.page.get_by_label("Your words")).to_have_value("A ready line.")
    ana.page.keyboard.type(" " + "a" * 280)

    expect(ana.page.get_by_text("too many")).to_be_visible()
    preview = ana.page.get_by_role("article", name="Preview for X")
    expect(preview.get_by_text("characters too long")).to_be_visible()
    expect(ana.page.locator("[data-composer-status]")).to_contain_text("too long")
    ana.check()


def test_without_script_everything_still_works(here: Visit, product: Stack) -> None:
    ana = here(java_script_enabled=False)
    connect(ana, "LinkedIn")

    ana.page.get_by_role("link", name=f"Share: {TITLE}").click()
    ana.page.get_by_label("Your words").fill("No script at all.")
    ana.page.get_by_role("button", name="A ready line.").click()
    press(ana.page)
    for _look in range(40):
        if ana.page.get_by_role("heading", name="It is out").count():
            break
        ana.page.wait_for_timeout(500)
        ana.page.reload()

    [post] = product.sandbox.posts()
    assert post.text == "No script at all.\n\nA ready line."


@pytest.mark.parametrize("scheme", ["light", "dark"])
@WIDTHS
def test_the_pages_have_no_barrier_in_light_and_dark(
    here: Visit, viewport: dict[str, int], scheme: str
) -> None:
    ana = here(viewport, color_scheme=scheme)
    ana.check()
    connect(ana, "LinkedIn")
    for path in ("accounts/", "welcome/accounts/"):
        ana.open(f"/t/acme/{path}")
        ana.check()
    ana.page.goto(ana.product.address("/t/acme/"))
    compose(ana.page)
    ana.check()
