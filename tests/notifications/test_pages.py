"""Notices stand at the top of the member's pages until the member has them."""

import pytest
from django.test import Client

from notifications.models import Notice
from tenants.models import Membership
from tests.notifications.conftest import notices, tell

pytestmark = pytest.mark.django_db
FEED, QUEUE = "/t/acme/", "/t/acme/queue/"


@pytest.fixture
def visitor(client: Client, ana: Membership) -> Client:
    client.force_login(ana.user)
    return client


@pytest.mark.parametrize("path", [FEED, "/t/acme/shares/", QUEUE])
def test_member_sees_their_own_and_nobody_elses(
    visitor: Client, ana: Membership, mo: Membership, path: str
) -> None:
    tell(ana, "One of Ana’s.")
    tell(mo, "One of Mo’s.")

    shown = visitor.get(path).content.decode()

    assert "One of Ana’s." in shown
    assert "One of Mo’s." not in shown


def test_page_without_notices_says_nothing_of_them(visitor: Client) -> None:
    assert b'id="notices"' not in visitor.get(FEED).content


def test_got_it_puts_a_notice_away_and_returns(
    visitor: Client, ana: Membership
) -> None:
    tell(ana, "Gone.")
    (notice,) = notices(ana.tenant)

    answer = visitor.post(f"/t/acme/notices/{notice.pk}/got/", {"next": FEED})

    assert answer.url == FEED
    assert b"Gone." not in visitor.get(FEED).content


def test_got_it_redraws_only_the_notices(visitor: Client, ana: Membership) -> None:
    tell(ana, "Gone.")
    tell(ana, "Still here.")
    gone = notices(ana.tenant)[0]

    answer = visitor.post(
        f"/t/acme/notices/{gone.pk}/got/",
        {"next": "/t/acme/shares/"},
        headers={"HX-Request": "true"},
    )

    shown = answer.content.decode()
    assert "Still here." in shown
    assert "Gone." not in shown
    assert 'value="/t/acme/shares/"' in shown


def test_got_all_puts_all_away(visitor: Client, ana: Membership) -> None:
    for text in ("a", "b"):
        tell(ana, text)

    visitor.post("/t/acme/notices/got/", {"next": FEED})

    assert all(notice.seen_at for notice in notices(ana.tenant))


def test_opening_a_notice_leads_to_its_page_and_puts_it_away(
    visitor: Client, ana: Membership
) -> None:
    tell(ana, kind=Notice.Kind.TO_DO, page="sharing:accounts")
    (notice,) = notices(ana.tenant)

    answer = visitor.get(f"/t/acme/notices/{notice.pk}/")

    assert answer.url == "/t/acme/accounts/"
    assert notices(ana.tenant)[0].seen_at


@pytest.mark.parametrize("tail", ["", "got/"])
def test_a_colleagues_notice_is_not_found(
    visitor: Client, mo: Membership, tail: str
) -> None:
    tell(mo)
    (notice,) = notices(mo.tenant)
    path = f"/t/acme/notices/{notice.pk}/{tail}"

    answer = visitor.post(path) if tail else visitor.get(path)

    assert answer.status_code == 404
    assert notices(mo.tenant)[0].seen_at is None
