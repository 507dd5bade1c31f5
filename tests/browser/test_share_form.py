"""What a network asks with a post, as a member meets it: TikTok's ten points."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from content_library import item_media
from content_library.item_media import Chosen
from content_library.models import Item
from tenants.models import Membership
from tenants.scoping import acting_for
from tests.browser.conftest import PHONE, WIDTHS, Visit, Visitor, sign_in
from tests.browser.stack import Stack
from tests.browser.test_composer import allow
from tests.conftest import COMMITTED
from tests.content_library.files import run, uploaded
from tests.sharing.conftest import make_item

pytestmark = [pytest.mark.browser, COMMITTED, pytest.mark.timeout(240)]

TITLE = "How the new cables were laid"


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    source = ["-f", "lavfi", "-i", "testsrc=size=360x640:rate=24:duration=2"]
    run([*source, "-c:v", "libx264", "-pix_fmt", "yuv420p"], path)
    return path.read_bytes()


@pytest.fixture
def item(product: Stack, cora: Membership, film: bytes, settings: Any) -> Item:
    """An item with a video, where the running product finds it."""
    settings.MEDIA_ROOT = product.folder / "media"
    item = make_item(cora.tenant, title=TITLE)
    kept = item_media.keep_upload(by=cora, upload=uploaded(film))
    with acting_for(cora.tenant_id):
        item_media.arrange(item, [Chosen(kept.pk, "Cables")], item.approved_at)
    return item


@pytest.fixture
def here(product: Stack, ana: Membership, item: Item, visit: Visit) -> Iterator[Visit]:
    """Return a function that puts Ana, with a TikTok account, before the composer."""

    def here(viewport: dict[str, int], person: str = "Signe Holm") -> Visitor:
        visitor = visit(viewport)
        sign_in(visitor, ana.user)
        visitor.open("/t/acme/accounts/")
        visitor.page.get_by_role("button", name="Connect TikTok").click()
        visitor.page.get_by_label(person).check()
        allow(visitor.page)
        visitor.open("/t/acme/")
        visitor.page.get_by_role("link", name=f"Share: {TITLE}").click()
        visitor.page.get_by_label("Your words").fill("Laid in nine days.")
        return visitor

    return here


def form(page: Page) -> Locator:
    return page.get_by_role("group", name="What TikTok asks")


def share_button(page: Page) -> Locator:
    return page.get_by_role("button", name="Share now")


@WIDTHS
def test_the_form_meets_every_point_of_the_audit(
    here: Visit, product: Stack, viewport: dict[str, int]
) -> None:
    ana = here(viewport)
    page, asked = ana.page, form(ana.page)

    expect(asked).to_contain_text("Signe Holm")
    expect(asked.locator("img")).to_have_attribute("src", re.compile("^data:image/"))
    expect(asked.get_by_label("Who can watch this")).to_have_value("")
    for switch in ("Allow comments", "Allow Duet", "Allow Stitch"):
        expect(asked.get_by_label(switch)).not_to_be_checked()
    expect(asked.get_by_label("Your brand")).to_be_hidden()
    expect(page.get_by_role("link", name="Music Usage Confirmation")).to_be_visible()

    asked.get_by_label("This promotes").check()
    expect(share_button(page)).to_be_disabled()
    expect(asked.get_by_text("Say whom it promotes")).to_be_visible()
    asked.get_by_label("Branded content").check()
    expect(share_button(page)).to_be_enabled()
    expect(asked.get_by_text("Paid partnership")).to_be_visible()
    expect(page.get_by_role("link", name="Branded Content Policy")).to_be_visible()
    alone = asked.get_by_role("option", name="Only you", include_hidden=True)
    expect(alone).to_be_disabled()
    expect(asked.get_by_text("cannot be for you alone").first).to_be_visible()
    ana.check()

    asked.get_by_label("Who can watch this").select_option("Everyone")
    asked.get_by_label("Allow comments").check()
    share_button(page).click()
    out = page.get_by_role("heading", name="It is out")
    expect(out).to_be_visible(timeout=30_000)

    [post] = product.sandbox.posts("tiktok")
    assert post.text == "Laid in nine days."
    assert post.sent["privacy_level"] == "PUBLIC_TO_EVERYONE"
    assert post.sent["disable_comment"] is False
    assert post.sent["disable_duet"] is True
    assert post.sent["brand_content_toggle"] is True


def test_what_was_not_answered_is_asked_again_by_keyboard(
    here: Visit, product: Stack
) -> None:
    ana = here(PHONE)
    page, asked = ana.page, form(ana.page)
    expect(asked).to_be_visible()
    asked.get_by_label("Allow Duet").press("Space")

    share_button(page).press("Enter")

    expect(page.get_by_role("alert")).to_contain_text("Choose who can watch this.")
    expect(asked.get_by_text("Choose who can watch this.")).to_be_visible()
    expect(asked.get_by_label("Allow Duet")).to_be_checked()
    expect(page.get_by_label("Your words")).to_have_value("Laid in nine days.")
    ana.check()
    assert product.sandbox.posts("tiktok") == []


def test_who_cannot_post_now_is_told(here: Visit) -> None:
    ana = here(PHONE, "Pia Pause")

    expect(form(ana.page)).to_contain_text("you cannot post at the moment")
    expect(share_button(ana.page)).to_be_disabled()
    ana.check()
