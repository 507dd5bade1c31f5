"""Connecting where something has to be typed first: a server, or a password made for us."""

import re

import pytest
from playwright.sync_api import expect

from tenants.models import Membership
from tests.browser.conftest import WIDTHS, Visit, sign_in
from tests.conftest import COMMITTED

pytestmark = [pytest.mark.browser, COMMITTED, pytest.mark.timeout(180)]
ACCOUNTS = "/t/acme/accounts/"


@WIDTHS
def test_a_server_is_named_and_says_yes(
    visit: Visit, ana: Membership, viewport: dict[str, int]
) -> None:
    visitor = visit(viewport)
    page = visitor.page
    sign_in(visitor, ana.user)
    visitor.open(ACCOUNTS)
    page.get_by_role("button", name="Connect Mastodon").click()
    visitor.check()

    page.get_by_label("Your server").fill("localhost")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_label("Your server")).to_have_value("localhost")
    visitor.check()

    page.get_by_label("Your server").fill("@signe@social.example")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Allow").click()
    expect(page.get_by_text("signe_holm@social.example")).to_be_visible()
    visitor.check()

    page.get_by_role("button", name="Link this account").click()
    expect(
        page.locator("#toasts").get_by_text("Mastodon is connected.")
    ).to_be_visible()


@WIDTHS
def test_a_password_made_for_us_is_typed_once(
    visit: Visit, ana: Membership, viewport: dict[str, int]
) -> None:
    visitor = visit(viewport)
    page = visitor.page
    sign_in(visitor, ana.user)
    visitor.open(ACCOUNTS)
    page.get_by_role("button", name="Connect Bluesky").click()
    visitor.check()

    page.get_by_label("Your handle").fill("signe-holm.bsky.social")
    page.get_by_label("App password").fill("wrong")
    page.get_by_label("App password").press("Enter")
    expect(page.get_by_text(re.compile("did not accept this handle"))).to_be_visible()
    expect(page.get_by_label("Your handle")).to_have_value("signe-holm.bsky.social")
    expect(page.get_by_label("App password")).to_have_value("")
    visitor.check()

    page.get_by_label("App password").fill("abcd-efgh-ijkl-mnop")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("signe-holm.bsky.social")).to_be_visible()
    visitor.check()

    page.get_by_role("button", name="Link this account").click()
    expect(page.locator("#toasts").get_by_text("Bluesky is connected.")).to_be_visible()
