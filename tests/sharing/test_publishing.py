"""The machine: one press, one post, whatever the network answers."""

from datetime import timedelta
from typing import Any

import pytest
import requests
import responses
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from content_library.models import Item
from sharing import publishing, services, settling, sweeping
from sharing.models import Account, Publication, PublicationEvent, Reason, State
from sharing.tokens import open_tokens
from tenants.models import Membership, Tenant
from tenants.scoping import acting_for
from tests.sharing.conftest import LINKEDIN_POSTS, X_POSTS, Press, fresh, make_account

pytestmark = pytest.mark.django_db

URN = "urn:li:share:7000000000000000001"


@pytest.fixture
def network() -> responses.RequestsMock:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def publish(publication: Publication) -> Publication:
    publishing.publish(publication.tenant_id, publication.pk)
    return fresh(publication)


def settle(publication: Publication) -> Publication:
    make_due(publication)
    settling.settle(publication.tenant_id, publication.pk)
    return fresh(publication)


def change(publication: Publication, **fields: object) -> None:
    """Write to the row as an accident would."""
    with acting_for(publication.tenant_id):
        Publication.objects.for_tenant(publication.tenant_id).filter(
            pk=publication.pk
        ).update(**fields)


def make_due(publication: Publication) -> None:
    change(publication, not_before=Now() - timedelta(seconds=1))


@pytest.fixture
def unreachable(network: responses.RequestsMock, settings: Any) -> None:
    """Every network is behind a port where nobody listens."""
    network.add_passthru("http://127.0.0.1:9")
    settings.NETWORKS_ENVIRON = settings.NETWORKS_ENVIRON | {
        "NETWORK_LINKEDIN_BASE_URL": "http://127.0.0.1:9"
    }


def accepts(network: responses.RequestsMock) -> responses.BaseResponse:
    return network.post(LINKEDIN_POSTS, status=201, headers={"x-restli-id": URN})


def test_a_share_stands_on_the_network_with_its_id_and_address(
    press: Press, linkedin: Account, network: responses.RequestsMock
) -> None:
    accepts(network)

    publication = publish(press(linkedin))

    assert publication.state == State.PUBLISHED
    assert (publication.remote_id, publication.attempts) == (URN, 1)
    assert URN in publication.url
    assert publication.published_at is not None


def test_a_bell_rung_twice_posts_once(
    press: Press, linkedin: Account, network: responses.RequestsMock
) -> None:
    answer = accepts(network)
    publication = press(linkedin)

    publish(publication)
    publish(publication)

    assert answer.call_count == 1


def test_each_transition_leaves_an_event(
    press: Press, linkedin: Account, network: responses.RequestsMock
) -> None:
    accepts(network)

    publication = publish(press(linkedin))

    with acting_for(publication.tenant_id):
        events = PublicationEvent.objects.for_tenant(publication.tenant_id).order_by(
            "at", "pk"
        )
        trail = list(events.values_list("from_state", "to_state"))
    assert trail == [
        ("", "ready"),
        ("ready", "claimed"),
        ("claimed", "sending"),
        ("sending", "published"),
    ]


def test_an_event_is_never_changed(press: Press, linkedin: Account) -> None:
    publication = press(linkedin)

    with (
        pytest.raises(DatabaseError),
        acting_for(publication.tenant_id),
    ):
        PublicationEvent.objects.for_tenant(publication.tenant_id).update(
            reason="other"
        )


@pytest.mark.parametrize(
    ("status", "state", "reason"),
    [
        (401, State.NEEDS_USER, Reason.RECONNECT),
        (400, State.FAILED, "refused"),
        (429, State.READY, Reason.RATE_LIMITED),
        (426, State.READY, Reason.OPERATOR),
        (500, State.UNKNOWN, "unknown"),
        (504, State.UNKNOWN, "unknown"),
    ],
)
def test_an_answer_decides_the_state(
    press: Press,
    linkedin: Account,
    network: responses.RequestsMock,
    status: int,
    state: str,
    reason: str,
) -> None:
    network.post(LINKEDIN_POSTS, status=status, json={"message": "no"})

    publication = publish(press(linkedin))

    assert publication.state == state
    assert publication.reason == reason or state == State.FAILED
    assert publication.explanation


def test_a_lost_answer_is_unknown_and_never_sent_again_blindly(
    press: Press, x: Account, network: responses.RequestsMock
) -> None:
    answer = network.post(X_POSTS, body=requests.exceptions.ReadTimeout())
    publication = publish(press(x))
    assert publication.state == State.UNKNOWN

    make_due(publication)
    publish(publication)

    assert answer.call_count == 1


def test_a_connection_that_was_never_made_is_tried_again(
    press: Press, linkedin: Account, unreachable: None
) -> None:

    publication = publish(press(linkedin))

    assert (publication.state, publication.attempts) == (State.READY, 1)


def test_after_the_whole_ladder_the_member_is_asked(
    press: Press, linkedin: Account, unreachable: None, settings: Any
) -> None:
    settings.PUBLISHING_RETRY_LADDER = (1, 1)
    publication = press(linkedin)

    for _ in range(3):
        make_due(publication)
        publish(publication)

    assert (fresh(publication).state, fresh(publication).reason) == (
        State.NEEDS_USER,
        Reason.GAVE_UP,
    )


def test_a_refused_token_holds_what_waits_until_the_account_is_connected_again(
    press: Press, linkedin: Account, network: responses.RequestsMock
) -> None:
    network.post(LINKEDIN_POSTS, status=401, json={"code": "REVOKED_ACCESS_TOKEN"})
    first, second = (
        press(linkedin, key="k1"),
        press(linkedin, "Another text.", key="k2"),
    )
    publish(first)

    held = publish(second)

    assert (held.state, held.reason, held.attempts) == (
        State.NEEDS_USER,
        Reason.RECONNECT,
        0,
    )


# -- What must hold at the last moment ---------------------------------------------------------


def test_a_member_who_left_posts_nothing(
    press: Press, linkedin: Account, ana: Membership, network: responses.RequestsMock
) -> None:
    publication = press(linkedin)
    with acting_for(ana.tenant_id):
        ana.deactivated_at = timezone.now()
        ana.save()

    assert publish(publication).state == State.CANCELLED
    assert not network.calls


def test_a_withdrawn_item_posts_nothing(
    press: Press, linkedin: Account, item: Item, network: responses.RequestsMock
) -> None:
    publication = press(linkedin)
    with acting_for(item.tenant_id):
        item.state = Item.State.ARCHIVED
        item.save()

    publication = publish(publication)

    assert (publication.state, publication.reason) == (
        State.CANCELLED,
        Reason.ITEM_CLOSED,
    )
    assert not network.calls


def test_a_share_cancelled_in_time_posts_nothing(
    press: Press, linkedin: Account, network: responses.RequestsMock
) -> None:
    publication = press(linkedin)

    assert publishing.cancel(publication, reason=Reason.BY_MEMBER)
    assert publish(publication).state == State.CANCELLED
    assert not network.calls


def test_a_share_cancelled_while_it_is_claimed_is_not_sent(
    press: Press, linkedin: Account, network: responses.RequestsMock
) -> None:
    publication = press(linkedin)
    work = publishing.claim(publication.tenant_id, publication.pk)
    assert work is not None

    assert publishing.cancel(publication, reason=Reason.BY_MEMBER)
    assert not publishing.start_sending(work)


def test_what_is_going_out_cannot_be_cancelled(press: Press, linkedin: Account) -> None:
    publication = press(linkedin)
    work = publishing.claim(publication.tenant_id, publication.pk)
    assert work is not None
    assert publishing.start_sending(work)

    assert not publishing.cancel(publication, reason=Reason.BY_MEMBER)
    assert fresh(publication).state == State.SENDING


# -- Lanes, leases, stale workers -----------------------------------------------------------------


def test_an_account_sends_one_publication_at_a_time(
    press: Press, linkedin: Account
) -> None:
    first, second = (
        press(linkedin, key="k1"),
        press(linkedin, "Another text.", key="k2"),
    )

    assert publishing.claim(first.tenant_id, first.pk)
    assert publishing.claim(second.tenant_id, second.pk) is None

    publishing.cancel(first, reason=Reason.BY_MEMBER)
    assert first.behind == second.pk


def test_another_account_does_not_wait(
    press: Press, linkedin: Account, x: Account
) -> None:
    first, second = press(linkedin, key="k1"), press(x, key="k2")

    assert publishing.claim(first.tenant_id, first.pk)
    assert publishing.claim(second.tenant_id, second.pk)


def test_a_claim_whose_worker_died_is_free_again(
    press: Press, linkedin: Account
) -> None:
    publication = press(linkedin)
    publishing.claim(publication.tenant_id, publication.pk)
    change(publication, lease_until=Now() - timedelta(seconds=1))

    assert sweeping.reap_expired() == 1
    assert fresh(publication).state == State.READY


def test_a_send_whose_worker_died_is_unknown(press: Press, linkedin: Account) -> None:
    publication = press(linkedin)
    work = publishing.claim(publication.tenant_id, publication.pk)
    assert work is not None
    publishing.start_sending(work)
    change(publication, lease_until=Now() - timedelta(seconds=1))

    assert sweeping.reap_expired() == 1
    assert fresh(publication).state == State.UNKNOWN


def test_a_worker_that_wakes_after_its_claim_was_reaped_sends_nothing(
    press: Press, linkedin: Account
) -> None:
    publication = press(linkedin)
    work = publishing.claim(publication.tenant_id, publication.pk)
    assert work is not None
    change(publication, lease_until=Now() - timedelta(seconds=1))
    sweeping.reap_expired()

    assert not publishing.start_sending(work)


def test_proof_that_comes_after_the_reaper_still_counts(
    press: Press, linkedin: Account, network: responses.RequestsMock
) -> None:
    accepts(network)
    publication = press(linkedin)
    work = publishing.claim(publication.tenant_id, publication.pk)
    assert work is not None
    publishing.start_sending(work)
    change(publication, lease_until=Now() - timedelta(seconds=1))
    sweeping.reap_expired()

    posted = publishing.send(work, open_tokens(linkedin))
    publishing.record(work.publication, posted)

    assert fresh(publication).state == State.PUBLISHED


# -- Doubt ------------------------------------------------------------------------------------------


def in_doubt(
    press: Press, account: Account, network: responses.RequestsMock
) -> Publication:
    url = LINKEDIN_POSTS if account.network == "linkedin" else X_POSTS
    network.post(url, body=requests.exceptions.ReadTimeout())
    publication = publish(press(account))
    network.remove(responses.POST, url)
    assert publication.state == State.UNKNOWN
    return publication


def test_doubt_at_linkedin_is_settled_by_its_duplicate_answer(
    press: Press, linkedin: Account, network: responses.RequestsMock
) -> None:
    publication = in_doubt(press, linkedin, network)
    first = network.calls[0].request.body
    network.post(
        LINKEDIN_POSTS,
        status=422,
        json={
            "status": 422,
            "code": "DUPLICATE_POST",
            "message": f"Content is a duplicate of {URN}",
            "errorDetails": {"inputErrors": [{"code": "DUPLICATE_POST"}]},
        },
    )

    publication = settle(publication)

    assert (publication.state, publication.remote_id) == (State.PUBLISHED, URN)
    assert network.calls[1].request.body == first


def test_doubt_at_linkedin_is_probed_once_then_the_member_is_asked(
    press: Press, linkedin: Account, network: responses.RequestsMock
) -> None:
    publication = in_doubt(press, linkedin, network)
    again = network.post(LINKEDIN_POSTS, status=500)

    publication = settle(publication)
    settle(publication)

    assert (publication.state, publication.reason) == (
        State.NEEDS_USER,
        Reason.UNCONFIRMED,
    )
    assert again.call_count == 1


def test_a_recalled_item_is_not_probed(
    press: Press, linkedin: Account, item: Item, network: responses.RequestsMock
) -> None:
    publication = in_doubt(press, linkedin, network)
    with acting_for(item.tenant_id):
        Item.objects.for_tenant(item.tenant_id).update(state=Item.State.ARCHIVED)

    settle(publication)

    assert len(network.calls) == 1


def test_doubt_at_x_is_settled_by_finding_the_tracked_link(
    press: Press, x: Account, network: responses.RequestsMock
) -> None:
    publication = in_doubt(press, x, network)
    link = {"url": "https://t.co/1", "expanded_url": publication.card["link"]}
    network.get(
        f"https://api.x.com/2/users/{x.remote_id}/tweets",
        json={
            "meta": {"result_count": 1},
            "data": [{"id": "99", "text": "…", "entities": {"urls": [link]}}],
        },
    )

    publication = settle(publication)

    assert (publication.state, publication.remote_id) == (State.PUBLISHED, "99")


def test_doubt_at_x_that_nothing_settles_is_put_to_the_member_in_time(
    press: Press, x: Account, network: responses.RequestsMock
) -> None:
    publication = in_doubt(press, x, network)
    network.get(
        f"https://api.x.com/2/users/{x.remote_id}/tweets",
        json={"meta": {"result_count": 0}},
    )

    assert settle(publication).state == State.UNKNOWN
    change(publication, unknown_since=Now() - timedelta(minutes=15))
    publication = settle(publication)

    assert (publication.state, publication.reason) == (
        State.NEEDS_USER,
        Reason.UNCONFIRMED,
    )


def ask(publication: Publication) -> Publication:
    change(publication, unknown_since=Now() - timedelta(minutes=15), probes=1)
    return settle(publication)


def test_the_member_says_it_is_out(
    press: Press, x: Account, network: responses.RequestsMock
) -> None:
    network.get(
        f"https://api.x.com/2/users/{x.remote_id}/tweets",
        json={"meta": {"result_count": 0}},
    )
    publication = ask(in_doubt(press, x, network))

    assert publishing.declare(publication, is_out=True)
    assert fresh(publication).state == State.PUBLISHED
    assert fresh(publication).reason == Reason.DECLARED


def test_the_member_says_send_it_again(
    press: Press, x: Account, network: responses.RequestsMock
) -> None:
    network.get(
        f"https://api.x.com/2/users/{x.remote_id}/tweets",
        json={"meta": {"result_count": 0}},
    )
    publication = ask(in_doubt(press, x, network))
    network.post(X_POSTS, status=201, json={"data": {"id": "7", "text": "…"}})

    assert publishing.declare(publication, is_out=False)
    assert publish(publication).state == State.PUBLISHED


# -- Sweeps ---------------------------------------------------------------------------------------------


def test_the_sweep_finds_what_nobody_rang_for(press: Press, linkedin: Account) -> None:
    publication = press(linkedin)

    assert (publication.tenant_id, publication.pk) in sweeping.due()


def test_the_tenants_take_turns(
    press: Press, linkedin: Account, x: Account, eve: Membership, globex: Tenant
) -> None:
    mine = [press(linkedin, key="k1"), press(x, key="k2")]
    theirs = make_account(eve, "x")
    with acting_for(globex):
        item = Item.objects.create(
            tenant=globex,
            title="T",
            source_url="https://globex.example",
            state="approved",
            approved_at=timezone.now(),
        )
        other = publishing_of(eve, item, theirs)

    turns = sweeping.due()

    assert turns.index((globex.pk, other.pk)) < 2
    assert {pk for _tenant, pk in turns} == {mine[0].pk, mine[1].pk, other.pk}


def publishing_of(member: Membership, item: Item, account: Account) -> Publication:
    share = services.share_item(
        by=member,
        item=item,
        parts=[services.Part(account, "Hello")],
        idempotency_key="e1",
        now=timezone.now(),
    )
    return share.publications.get()


# -- What the database refuses ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "impossible",
    [
        {"state": State.PUBLISHED, "published_at": Now()},
        {"state": State.CLAIMED},
        {"state": State.READY, "lease_until": Now()},
        {"state": State.SENDING, "lease_until": Now()},
        {"state": State.UNKNOWN, "sending_at": Now()},
        {"mode": "assisted"},
    ],
)
def test_a_state_without_its_proof_is_refused_by_the_database(
    press: Press, linkedin: Account, impossible: dict[str, object]
) -> None:
    publication = press(linkedin)

    with pytest.raises(IntegrityError), transaction.atomic():
        change(publication, **impossible)


def test_the_lane_question_is_answered_by_an_index(
    press: Press, linkedin: Account
) -> None:
    publication = press(linkedin)
    with acting_for(publication.tenant_id), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        lane = Publication.objects.for_tenant(publication.tenant_id).filter(
            account=linkedin,
            state__in=["claimed", "sending", "unknown"],
            token=F("token"),
        )
        assert "publication_lane" in lane.explain()
