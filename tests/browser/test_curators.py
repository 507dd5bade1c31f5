"""Curators at work: an item beside its preview, and guidelines row by row."""

from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from tenants.models import Membership
from tests.browser.conftest import WIDTHS, Visit, Visitor, sign_in
from tests.conftest import COMMITTED

pytestmark = [pytest.mark.browser, COMMITTED, pytest.mark.timeout(120)]


@pytest.fixture
def curator(visit: Visit, cora: Membership, viewport: dict[str, int]) -> Visitor:
    visitor = visit(viewport)
    sign_in(visitor, cora.user)
    return visitor


@WIDTHS
def test_the_preview_shows_what_is_typed_and_two_presses_make_it_live(
    curator: Visitor, tmp_path: Path
) -> None:
    Image.new("RGB", (600, 250), "teal").save(tmp_path / "quay.png")
    page = curator.page
    curator.open("/t/acme/library/")

    page.get_by_role("link", name="Add the first item").click()
    page.get_by_label("Web address").fill("https://example.com/ny-kaj/æ")
    page.get_by_label("Title").fill("The new quay")
    page.get_by_label("New topics").fill("Harbour, Jobs")
    page.locator("#id_picture").set_input_files(tmp_path / "quay.png")

    preview = page.locator("[data-item-preview]")
    expect(preview).to_contain_text("The new quay")
    expect(preview.locator(".badge")).to_have_text(["Harbour", "Jobs"])
    expect(preview.locator("img")).to_be_visible()
    curator.check()
    page.get_by_role("button", name="Save and approve").click()
    expect(page.get_by_role("link", name="The new quay")).to_be_visible()
    expect(page.locator(".library__row img")).to_have_js_property("naturalWidth", 600)
    curator.check()


@WIDTHS
def test_a_mistake_keeps_what_was_typed_and_stands_at_its_field(
    curator: Visitor,
) -> None:
    page = curator.page
    curator.open("/t/acme/library/new/")
    page.get_by_label("Web address").fill("javascript:alert(1)")
    page.get_by_label("Title").fill("Typed")

    page.get_by_role("button", name="Save draft").click()

    address = page.get_by_label("Web address")
    expect(address).to_have_accessible_description(
        "A web address begins with https:// or http://. The page that people open."
        " Not needed with pictures, a video or a PDF."
    )
    expect(page.get_by_label("Title")).to_have_value("Typed")
    curator.check()


@WIDTHS
def test_rules_are_moved_and_removed_without_leaving_the_page(
    curator: Visitor,
) -> None:
    page = curator.page
    curator.open("/t/acme/guidelines/new/")
    rows = page.locator("fieldset textarea[name$='-do']")
    first = rows.nth(0).input_value()

    page.locator("#down-0").click()
    expect(rows.nth(1)).to_have_value(first)
    page.locator("#remove-1").click()
    expect(rows).to_have_count(4)
    page.get_by_role("button", name="Add a rule").click()
    expect(rows).to_have_count(5)

    expect(page.get_by_role("button", name="Add a rule")).to_be_focused()
    curator.check()
    rows.nth(4).fill("Say thank you.")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Say thank you.")).to_be_visible()
    curator.check()
