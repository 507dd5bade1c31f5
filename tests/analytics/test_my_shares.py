from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from analytics import rollups
from analytics.item_clicks import Clicks
from analytics.models import LinkRollup
from analytics.personal import clicks_of_publications, own_shares
from sharing.models import State
from tenants.models import Membership, Tenant
from tenants.scoping import acting_for
from tests.analytics.conftest import make_item, make_publication
from tests.conftest import Join

pytestmark = pytest.mark.django_db

MY_SHARES = reverse("analytics:my_shares", args=["acme"])


def give_clicks(publication: Any, human: int) -> None:
    with acting_for(publication.tenant_id):
        LinkRollup.objects.for_tenant(publication.tenant_id).filter(
            link=publication.link
        ).update(clicks_raw=human + 1, clicks_machine=1, clicks_human=human)


def test_a_member_sees_the_clicks_of_own_shares_and_of_nobody_elses(
    client: Client, ana: Membership, join: Join, acme: Tenant, globex: Tenant
) -> None:
    item = make_item(acme)
    mine = make_publication(ana, item)
    other = make_publication(join("bo", acme), item, text="Bo's own words")
    rollups.catch_up(acme, timezone.now())
    give_clicks(mine, 7)
    give_clicks(other, 900)
    client.force_login(ana.user)

    page = client.get(MY_SHARES).content.decode()

    assert "human-likely clicks" in page
    assert "7" in page
    assert "900" not in page
    assert "own words" not in page.replace("your own words", "")
    with acting_for(acme):
        found = own_shares(ana, None)
    assert found.clicks == Clicks(8, 1, 7)
    assert found.published == 1


def test_clicks_of_another_tenants_publication_are_not_found(
    eve: Membership, acme: Tenant, globex: Tenant
) -> None:
    theirs = make_publication(eve, make_item(globex))
    rollups.catch_up(globex, timezone.now())

    with acting_for(acme):
        assert clicks_of_publications(acme, [theirs.pk]) == {}


def test_what_never_went_out_has_no_number_rather_than_nought(
    ana: Membership, acme: Tenant
) -> None:
    make_publication(ana, make_item(acme), state=State.READY, published_at=None)

    with acting_for(acme):
        (share,) = own_shares(ana, None).shares
        assert share.clicks is None


def test_the_list_asks_again_only_while_something_moves(
    client: Client, ana: Membership, acme: Tenant
) -> None:
    item = make_item(acme)
    client.force_login(ana.user)
    make_publication(ana, item)
    assert "every 3s" not in client.get(MY_SHARES).content.decode()

    make_publication(ana, item, network="y", state=State.READY, published_at=None)
    page = client.get(MY_SHARES).content.decode()
    assert "every 3s" in page

    with acting_for(acme):
        seen = own_shares(ana, None).signature
    assert client.get(MY_SHARES, {"seen": seen}).status_code == 204
    assert client.get(MY_SHARES, {"seen": "old"}).status_code == 200


def test_a_doubtful_publication_is_put_to_its_member(
    client: Client, ana: Membership, acme: Tenant
) -> None:
    make_publication(
        ana,
        make_item(acme),
        state=State.NEEDS_USER,
        published_at=None,
        reason="unconfirmed",
        sending_at=timezone.now(),
    )
    client.force_login(ana.user)

    page = client.get(MY_SHARES).content.decode()

    assert "It is out" in page
    assert "Send again" in page


def test_the_first_visit_says_where_to_begin(client: Client, ana: Membership) -> None:
    client.force_login(ana.user)

    assert "You have not shared anything yet" in client.get(MY_SHARES).content.decode()


def test_the_page_asks_as_many_queries_for_one_share_as_for_many(
    client: Client, ana: Membership, acme: Tenant
) -> None:
    item = make_item(acme)
    make_publication(ana, item)
    client.force_login(ana.user)
    client.get(MY_SHARES)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            client.get(MY_SHARES)
        counts.append(len(asked))
        for _more in range(15):
            make_publication(ana, item)

    assert counts[0] == counts[1] <= 15


@pytest.mark.parametrize("page", ["0", "-1", "x", "9999999999999999999999", "\x00"])
def test_an_odd_page_number_is_no_error(
    client: Client, ana: Membership, page: str
) -> None:
    client.force_login(ana.user)

    assert client.get(MY_SHARES, {"page": page}).status_code == 200
