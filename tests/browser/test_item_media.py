"""Curators give an item pictures of its own; colleagues see them, and watch a film."""

from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tenants.models import Membership
from tests.browser.conftest import WIDTHS, Visit, Visitor, sign_in
from tests.conftest import COMMITTED
from tests.content_library.files import PDF, a_film

pytestmark = [pytest.mark.browser, COMMITTED, pytest.mark.timeout(120)]


@pytest.fixture
def curator(visit: Visit, cora: Membership, viewport: dict[str, int]) -> Visitor:
    visitor = visit(viewport)
    sign_in(visitor, cora.user)
    visitor.open("/t/acme/library/new/")
    return visitor


def picture(folder: Path, name: str, colour: str) -> Path:
    Image.new("RGB", (900, 600), colour).save(folder / name)
    return folder / name


def choose(page: Page, *files: Path) -> None:
    page.get_by_label("Add files").set_input_files(list(files))


@WIDTHS
def test_pictures_are_uploaded_moved_described_and_shared(
    curator: Visitor, tmp_path: Path
) -> None:
    page = curator.page
    rows = page.locator("[data-media-row]")
    page.get_by_label("Title").fill("Three days on the quay")

    choose(page, *(picture(tmp_path, f"{c}.png", c) for c in ("teal", "navy", "gold")))
    expect(rows).to_have_count(3)
    page.get_by_role("button", name="Move gold up").click()
    page.get_by_role("button", name="Remove teal").click()

    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("gold")
    expect(page.get_by_role("button", name="Remove gold")).to_be_focused()
    page.get_by_label("What gold shows").fill("The quay at noon")
    expect(page.locator("[data-item-preview] img")).to_be_visible()
    curator.check()
    page.get_by_role("button", name="Save and approve").click()
    expect(page.locator(".library__row")).to_contain_text("2 pictures")
    curator.check()
    curator.open("/t/acme/")
    shown = page.get_by_role("img", name="The quay at noon")
    expect(shown).to_have_js_property("naturalWidth", 900)
    expect(page.locator(".item__count")).to_have_text("2 pictures")
    curator.check()


@WIDTHS
def test_a_bad_file_is_told_at_once_and_can_be_chosen_anew(
    curator: Visitor, tmp_path: Path
) -> None:
    page = curator.page
    program, nothing = tmp_path / "setup.png", tmp_path / "nothing.jpg"
    program.write_bytes(b"MZ a program")
    nothing.write_bytes(b"")

    choose(page, program, nothing)
    errors = page.locator("[data-media-errors] .field__error")

    expect(errors).to_have_count(2)
    expect(page.locator("[data-media-errors]")).to_contain_text("not a file we can use")
    expect(page.locator("[data-media-errors]")).to_contain_text("This file is empty")
    curator.check()
    choose(page, picture(tmp_path, "good.png", "teal"))
    expect(page.locator("[data-media-row]")).to_have_count(1)
    expect(errors).to_have_count(0)


@WIDTHS
def test_a_film_plays_in_the_feed_and_a_pdf_is_named(
    curator: Visitor, tmp_path: Path
) -> None:
    page = curator.page
    film, report = tmp_path / "Quay.mp4", tmp_path / "Annual report.pdf"
    film.write_bytes(a_film())
    report.write_bytes(PDF)
    for title, file in (("Our film", film), ("Our year", report)):
        curator.open("/t/acme/library/new/")
        page.get_by_label("Title").fill(title)
        choose(page, file)
        expect(page.locator("[data-media-row]")).to_have_count(1)
        page.get_by_role("button", name="Save and approve").click()
        expect(page.get_by_role("link", name=title)).to_be_visible()

    curator.open("/t/acme/")

    expect(page.get_by_role("link", name="Annual report")).to_be_visible()
    curator.check()
    page.locator("video").evaluate(
        "(film) => { film.muted = true; return film.play(); }"
    )
    expect(page.locator("video")).to_have_js_property("readyState", 4)


@WIDTHS
def test_without_scripts_every_button_does_the_same(
    visit: Visit, cora: Membership, viewport: dict[str, int], tmp_path: Path
) -> None:
    visitor = visit(viewport, java_script_enabled=False)
    sign_in(visitor, cora.user)
    page = visitor.page
    visitor.open("/t/acme/library/new/")
    page.get_by_label("Title").fill("Typed")
    rows = page.locator("[data-media-row]")

    choose(
        page,
        picture(tmp_path, "teal.png", "teal"),
        picture(tmp_path, "navy.png", "navy"),
    )
    page.get_by_role("button", name="Upload").click()
    page.get_by_role("button", name="Move navy up").click()

    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("navy")
    expect(page.get_by_label("Title")).to_have_value("Typed")
    page.get_by_role("button", name="Remove teal").click()
    page.get_by_role("button", name="Save draft").click()
    expect(page.locator(".library__row")).to_contain_text("1 picture")
