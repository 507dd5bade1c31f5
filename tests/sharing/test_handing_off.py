"""Shares that members post themselves: handed off, answered by their word alone."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from content_library.models import Item
from sharing import publishing, services, sweeping
from sharing.handing_off import Handed, by_hand
from sharing.models import Account, Publication, PublicationEvent, Share, State
from tenants.models import AuditEntry, Membership, Tenant
from tenants.scoping import acting_for
from tests.sharing.conftest import fresh, make_item
from tests.sharing.test_setups import set_up

pytestmark = pytest.mark.django_db


@pytest.fixture
def web(client: Client, ana: Membership) -> Client:
    client.force_login(ana.user)
    return client


def compose_url(item: Item) -> str:
    return reverse("sharing:compose", args=["acme", item.pk])


def url_of(publication: Publication, name: str = "handoff") -> str:
    return reverse(f"sharing:{name}", args=["acme", publication.pk])


def part(tenant: Tenant, slug: str, text: str = "I held the torch.") -> Handed:
    found = by_hand(tenant.pk, slug, text)
    assert found is not None
    return found


HandOver = Callable[..., Publication]


@pytest.fixture
def hand_over(ana: Membership, acme: Tenant, item: Item) -> HandOver:
    """Return a function that shares the item by hand."""

    def hand_over(slug: str = "xing", key: str = "k1") -> Publication:
        with acting_for(acme):
            share = services.share_item(
                by=ana,
                item=item,
                parts=[],
                by_hand=[part(acme, slug)],
                idempotency_key=key,
                now=timezone.now(),
            )
            return share.publications.get()

    return hand_over


# -- The press --------------------------------------------------------------------------


def test_a_press_hands_text_and_link_to_the_member(hand_over: HandOver) -> None:
    publication = hand_over("threads")

    with acting_for(publication.tenant_id):
        assert publication.state == State.HANDED_OFF
        assert publication.mode == "assisted"
        assert publication.account is None
        assert publication.link.url in publication.text
        [event] = PublicationEvent.objects.for_tenant(publication.tenant_id)
    assert (event.from_state, event.to_state) == ("", State.HANDED_OFF)


def test_one_press_publishes_and_hands_off(
    ana: Membership, acme: Tenant, item: Item, linkedin: Account
) -> None:
    with acting_for(acme):
        share = services.share_item(
            by=ana,
            item=item,
            parts=[services.Part(linkedin, "Mine")],
            by_hand=[part(acme, "whatsapp"), part(acme, "xing")],
            idempotency_key="k1",
            now=timezone.now(),
        )
        rows = share.publications.order_by("network")
        links = {row.link_id for row in rows}
        found = [(row.network, row.state) for row in rows]

    assert found == [
        ("linkedin", "ready"),
        ("whatsapp", "handed_off"),
        ("xing", "handed_off"),
    ]
    assert len(links) == 3


def test_no_worker_ever_takes_it(hand_over: HandOver, acme: Tenant) -> None:
    publication = hand_over()

    assert publishing.claim(acme.pk, publication.pk) is None
    assert sweeping.due() == []
    assert not publishing.cancel(publication, reason="by_member")
    assert fresh(publication).state == State.HANDED_OFF


def test_a_share_is_handed_to_a_network_once(hand_over: HandOver, acme: Tenant) -> None:
    publication = hand_over()

    with acting_for(acme), pytest.raises(IntegrityError), transaction.atomic():
        copy = fresh(publication)
        copy.pk, copy._state.adding = None, True
        link = copy.link
        link.pk, link.code, link._state.adding = None, "another", True
        link.id = Share().id
        link.save(force_insert=True)
        copy.id, copy.link = Share().id, link
        copy.save(force_insert=True)


def test_words_that_a_network_does_not_take_are_refused(
    ana: Membership, acme: Tenant, item: Item
) -> None:
    with acting_for(acme), pytest.raises(services.ShareRefused) as refused:
        services.share_item(
            by=ana,
            item=item,
            parts=[],
            by_hand=[part(acme, "threads", "a" * 501)],
            idempotency_key="k1",
            now=timezone.now(),
        )

    assert "too long" in refused.value.errors["by_hand.0.text"][0]


def test_a_network_that_is_off_or_published_on_is_not_used_by_hand(
    acme: Tenant,
) -> None:
    assert by_hand(acme.pk, "facebook", "Mine") is None
    assert by_hand(acme.pk, "linkedin", "Mine") is None
    assert by_hand(acme.pk, "nowhere", "Mine") is None


# -- The composer -----------------------------------------------------------------------


def press(web: Client, item: Item, **fields: Any) -> Any:
    page = web.get(compose_url(item))
    key = page.context["composer"].form["key"].value()
    data = {"key": key, "text": "I held the torch.", "share": "now"} | fields
    return web.post(compose_url(item), data)


def test_without_any_account_the_composer_offers_the_networks_by_hand(
    web: Client, item: Item, ana: Membership
) -> None:
    page = web.get(compose_url(item)).content.decode()

    assert 'name="by_hand" value="xing"' in page
    assert 'value="facebook"' not in page


def test_the_composer_hands_over(web: Client, item: Item, acme: Tenant) -> None:
    answer = press(web, item, by_hand=["xing", "whatsapp"])

    with acting_for(acme):
        rows = list(Publication.objects.for_tenant(acme).order_by("network"))
    page = web.get(answer["Location"]).content.decode()
    assert [row.network for row in rows] == ["whatsapp", "xing"]
    assert "they are yours to post" in page
    assert "https://wa.me/?text=I%20held" in page
    assert "Did you post it?" in page


def test_words_of_ones_own_for_a_network(web: Client, item: Item, acme: Tenant) -> None:
    press(web, item, by_hand=["xing"], **{"text-xing": "Other words"})

    with acting_for(acme):
        assert Publication.objects.for_tenant(acme).get().text == "Other words"


def test_choosing_nothing_is_said_at_the_choice(web: Client, item: Item) -> None:
    answer = press(web, item)

    assert answer.status_code == 422
    assert "Choose at least one account or network." in answer.content.decode()


def test_what_is_wrong_stands_where_it_was_typed(web: Client, item: Item) -> None:
    answer = press(web, item, by_hand=["threads"], text="a" * 600)

    form = answer.context["composer"].form
    assert answer.status_code == 422
    assert "too long" in form.errors["text"][0]


def test_a_second_tab_with_the_same_words_hands_over_nothing_new(
    web: Client, item: Item, acme: Tenant
) -> None:
    keys = [
        web.get(compose_url(item)).context["composer"].form["key"].value()
        for _tab in range(2)
    ]
    for key in keys:
        web.post(
            compose_url(item),
            {"key": key, "text": "Mine", "by_hand": "xing", "share": "now"},
        )

    with acting_for(acme):
        assert Share.objects.for_tenant(acme).count() == 1


def test_the_composer_remembers_where_it_was_handed_last(
    web: Client, item: Item, acme: Tenant
) -> None:
    press(web, item, by_hand=["xing"])

    form = web.get(compose_url(make_item(acme))).context["composer"].form

    assert form["by_hand"].value() == ["xing"]


# -- The page for posting it ------------------------------------------------------------


def test_the_page_has_all_that_posting_takes(web: Client, hand_over: HandOver) -> None:
    publication = hand_over("xing")

    page = web.get(url_of(publication)).content.decode()

    assert "I held the torch.</textarea>" in page
    assert "https://www.xing.com/spi/shares/new?url=http" in page
    assert "<svg" in page
    assert "style=" not in page


def test_a_kit_opens_nothing_and_holds_its_link(
    web: Client, hand_over: HandOver, acme: Tenant
) -> None:
    set_up(acme, "linkedin", mode="kit")
    publication = hand_over("linkedin")

    page = web.get(url_of(publication)).content.decode()

    with acting_for(acme):
        assert publication.text.endswith(publication.link.url)
    assert "Copy the text" in page
    assert "share-offsite" not in page


@pytest.mark.parametrize(
    ("said", "state", "reason"),
    [
        ("yes", "published", "declared"),
        ("no", "cancelled", "by_member"),
        ("later", "handed_off", "new"),
    ],
)
def test_the_members_word_settles_it(
    web: Client, hand_over: HandOver, said: str, state: str, reason: str
) -> None:
    publication = hand_over()

    web.post(url_of(publication, "posted"), {"out": said})

    settled = fresh(publication)
    assert (settled.state, settled.reason) == (state, reason)


def test_the_word_is_taken_once_and_audited(
    web: Client, hand_over: HandOver, acme: Tenant
) -> None:
    publication = hand_over()

    for said in ("yes", "no"):
        web.post(url_of(publication, "posted"), {"out": said})

    with acting_for(acme):
        entries = AuditEntry.objects.filter(tenant=acme, action="publication.answered")
        assert [entry.details for entry in entries] == [{"out": True}]
    assert fresh(publication).state == State.PUBLISHED


def test_a_colleague_finds_nothing(
    client: Client, hand_over: HandOver, mo: Membership
) -> None:
    publication = hand_over()
    client.force_login(mo.user)

    assert client.get(url_of(publication)).status_code == 404
    assert client.post(url_of(publication, "posted"), {"out": "yes"}).status_code == 404
    assert fresh(publication).state == State.HANDED_OFF


def test_a_stranger_of_another_tenant_finds_nothing(
    client: Client, hand_over: HandOver, eve: Membership
) -> None:
    publication = hand_over()
    client.force_login(eve.user)

    there = reverse("sharing:handoff", args=["globex", publication.pk])
    assert client.get(there).status_code == 404


def test_what_is_published_for_members_has_no_such_page(
    web: Client, ana: Membership, acme: Tenant, item: Item, linkedin: Account
) -> None:
    with acting_for(acme):
        share = services.share_item(
            by=ana,
            item=item,
            parts=[services.Part(linkedin, "Mine")],
            idempotency_key="k1",
            now=timezone.now(),
        )
        publication = share.publications.get()

    assert web.get(url_of(publication)).status_code == 404


# -- The queue --------------------------------------------------------------------------


def test_the_queue_asks_calmly(web: Client, hand_over: HandOver) -> None:
    hand_over()

    page = web.get(reverse("sharing:queue", args=["acme"])).content.decode()

    assert "Yours to post" in page
    assert "Yes, it is out" in page


def test_after_two_weeks_nobody_is_asked_any_more(
    web: Client, hand_over: HandOver, acme: Tenant
) -> None:
    publication = hand_over()
    with acting_for(acme):
        rows = Publication.objects.for_tenant(acme).filter(pk=publication.pk)
        rows.update(created_at=timezone.now() - timedelta(days=14, minutes=1))

    queue = web.get(reverse("sharing:queue", args=["acme"])).content.decode()
    shared = web.get(
        reverse("sharing:shared", args=["acme", publication.share_id])
    ).content.decode()

    assert "Yours to post" not in queue
    assert "Not confirmed" in shared
    assert web.get(url_of(publication)).status_code == 302
