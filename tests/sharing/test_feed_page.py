"""The feed: calm cards, filters, pages, and a fixed number of queries."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from content_library.models import Item, ItemTopic, Topic
from sharing import publishing, services
from sharing.models import Account, Reason
from tenants.models import Membership, Tenant
from tenants.scoping import acting_for
from tests.conftest import COMMITTED
from tests.sharing.conftest import Press, make_account, make_item

pytestmark = pytest.mark.django_db
FEED = reverse("sharing:feed", args=["acme"])


@pytest.fixture
def web(client: Client, ana: Membership) -> Client:
    client.force_login(ana.user)
    return client


def tag(item: Item, name: str) -> Topic:
    with acting_for(item.tenant_id):
        topic, _made = Topic.objects.for_tenant(item.tenant_id).get_or_create(
            tenant_id=item.tenant_id, name=name
        )
        ItemTopic.objects.create(tenant_id=item.tenant_id, item=item, topic=topic)
    return topic


def test_a_card_says_what_it_is_and_why_it_matters(web: Client, acme: Tenant) -> None:
    item = make_item(acme, why="Power cuts get rarer.", source_name="Acme blog")
    tag(item, "Grid")

    page = web.get(FEED).content.decode()

    for words in (item.title, item.summary, item.why, "Acme blog", "Grid"):
        assert words in page
    assert reverse("sharing:compose", args=["acme", item.pk]) in page


def test_items_of_another_tenant_drafts_and_expired_ones_are_not_in_the_feed(
    web: Client, acme: Tenant, globex: Tenant
) -> None:
    now = timezone.now()
    make_item(globex, title="Canary of Globex")
    make_item(acme, title="Canary draft", state=Item.State.DRAFT, approved_at=None)
    make_item(acme, title="Canary past", ends_at=now - timedelta(minutes=1))
    make_item(acme, title="Canary to come", starts_at=now + timedelta(days=1))

    assert "Canary" not in web.get(FEED).content.decode()


def test_what_i_shared_says_so_and_can_be_filtered_away(
    web: Client, item: Item, linkedin: Account, press: Press
) -> None:
    press(linkedin)

    assert "Share again" in web.get(FEED).content.decode()
    assert item.title not in web.get(FEED, {"show": "new"}).content.decode()


def test_what_waits_for_its_time_is_not_called_shared_yet(
    web: Client, item: Item, linkedin: Account, ana: Membership
) -> None:
    with acting_for(ana.tenant_id):
        services.share_item(
            by=ana,
            item=item,
            parts=[services.Part(linkedin, "Then.")],
            idempotency_key="k",
            now=timezone.now(),
            scheduled_at=timezone.now() + timedelta(days=20),
        )

    page = web.get(FEED).content.decode()

    assert "Goes out " in page
    assert ">Shared " not in page
    assert "Share again" in page


def test_what_i_stopped_before_it_went_out_is_not_called_shared(
    web: Client, item: Item, linkedin: Account, press: Press
) -> None:
    publication = press(linkedin)
    publishing.cancel(publication, reason=Reason.BY_MEMBER)

    assert "Share again" not in web.get(FEED).content.decode()
    assert item.title in web.get(FEED, {"show": "new"}).content.decode()


def test_what_a_colleague_shared_looks_unshared_to_me(
    client: Client, cora: Membership, linkedin: Account, press: Press
) -> None:
    press(linkedin)
    client.force_login(cora.user)

    page = client.get(FEED).content.decode()

    assert "Share again" not in page


def test_a_draft_is_marked(web: Client, ana: Membership, item: Item) -> None:
    with acting_for(ana.tenant_id):
        services.save_draft(by=ana, item=item, texts={"": "Half a thought"})

    assert "Draft" in web.get(FEED).content.decode()


def test_a_topic_filters_the_feed(web: Client, acme: Tenant) -> None:
    topic = tag(make_item(acme, title="About grids"), "Grid")
    make_item(acme, title="About people")

    page = web.get(FEED, {"topic": str(topic.pk)}).content.decode()

    assert "About grids" in page
    assert "About people" not in page


@pytest.mark.parametrize("topic", ["nonsense", "\0", "0" * 10_000])
def test_a_topic_that_does_not_exist_is_not_found(web: Client, topic: str) -> None:
    assert web.get(FEED, {"topic": topic}).status_code == 404


def test_a_topic_of_another_tenant_is_not_found(web: Client, globex: Tenant) -> None:
    theirs = tag(make_item(globex), "Secrets")

    assert web.get(FEED, {"topic": str(theirs.pk)}).status_code == 404


def test_more_continues_where_the_page_ended(web: Client, acme: Tenant) -> None:
    now = timezone.now()
    for number in range(15):
        make_item(
            acme, title=f"Story {number:02}", approved_at=now - timedelta(hours=number)
        )

    first = web.get(FEED)
    more = web.get(first.context["more_url"], headers={"HX-Request": "true"})

    assert "Story 11" in first.content.decode()
    assert "Story 12" not in first.content.decode()
    assert [f"Story {n}" in more.content.decode() for n in (11, 12, 14)] == [
        False,
        True,
        True,
    ]
    assert "<html" not in more.content.decode()


@pytest.mark.parametrize("before", ["x", "~", "2026-01-01~", "\0~\0", "9" * 5000])
def test_a_broken_place_is_the_beginning(web: Client, item: Item, before: str) -> None:
    response = web.get(FEED, {"before": before})

    assert response.status_code == 200
    assert item.title in response.content.decode()


def test_an_empty_feed_explains_itself_and_offers_one_thing_to_do(
    web: Client,
) -> None:
    page = web.get(FEED).content.decode()

    assert "No stories yet" in page
    assert page.count('class="empty"') == 1


@pytest.mark.parametrize(
    ("hour", "greeting"), [(6, "Good morning"), (13, "Good afternoon"), (22, "Good evening")]
)  # fmt: skip
def test_the_greeting_follows_the_clock_of_the_tenant(
    web: Client, monkeypatch: pytest.MonkeyPatch, hour: int, greeting: str
) -> None:
    moment = timezone.now().astimezone(timezone.get_default_timezone())
    monkeypatch.setattr(timezone, "now", lambda: moment.replace(hour=hour))

    assert f"{greeting}, Ana" in web.get(FEED).content.decode()


def test_a_stranger_finds_nothing(client: Client, eve: Membership, item: Item) -> None:
    client.force_login(eve.user)

    assert client.get(FEED).status_code == 404


def test_the_page_may_lead_to_the_consent_pages_and_nowhere_else(
    web: Client,
) -> None:
    policy = web.get(FEED).headers["Content-Security-Policy"]

    [allowed] = [part for part in policy.split("; ") if part.startswith("form-action")]
    assert allowed.split() == [
        "form-action",
        "'self'",
        "https://www.linkedin.com",
        "https://x.com",
    ]


@COMMITTED
def test_the_feed_asks_nine_queries_however_much_there_is(
    client: Client, acme: Tenant, ana: Membership
) -> None:
    make_account(ana, "linkedin")
    for number in range(20):
        tag(make_item(acme, title=f"Story {number}"), f"Topic {number % 4}")
    client.force_login(ana.user)
    client.get(FEED)  # the first visit also stores the tenant in the session

    with CaptureQueriesContext(connection) as asked:
        client.get(FEED)

    queries = [one["sql"] for one in asked if one["sql"] not in ("BEGIN", "COMMIT")]
    assert len(queries) <= 9, queries
