"""A network that accepts a post and takes its time: asked as it says, and never sent twice."""

from datetime import timedelta
from typing import Any

import pytest
import requests
import responses
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from notifications.models import Notice
from sharing import circuit, connecting, publishing, settling, sweeping
from sharing.connectors.types import Pending
from sharing.invariants import check_all
from sharing.models import Account, Circuit, Publication, Reason, State
from sharing.restoring import close_gate, open_gate, quarantine_all
from tenants.models import Membership
from tenants.scoping import acting_for
from tests.sharing.conftest import Press, fresh
from tests.sharing.test_publishing import change, make_due, publish, settle

pytestmark = pytest.mark.django_db

POSTS = "https://api.snail.example/posts"
JOB = "https://api.snail.example/jobs/j1"
TOKENS = "https://api.snail.example/token"
OUT = {"state": "out", "id": "77"}
AGO = timedelta(hours=2)
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _fresh_memory() -> Any:
    circuit.memory.forget()
    yield
    circuit.memory.forget()


@pytest.fixture
def network() -> Any:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def accepted(
    press: Press, snail: Account, network: responses.RequestsMock
) -> Publication:
    """A post that the network has taken, and works on."""
    network.post(POSTS, status=202, json={"job": "j1", "after": 30})
    return publish(press(snail))


def calls(network: responses.RequestsMock, method: str) -> int:
    return sum(call.request.method == method for call in network.calls)


def stored(account: Account) -> Account:
    with acting_for(account.tenant_id):
        return Account.objects.for_tenant(account.tenant_id).get(pk=account.pk)


def wait_of(publication: Publication) -> float:
    """Return in how many seconds the network is asked again, by the database's clock."""
    with acting_for(publication.tenant_id):
        rows = Publication.objects.for_tenant(publication.tenant_id).with_clock()
        row = rows.get(pk=publication.pk)
    return (row.not_before - row.read_at).total_seconds()


# -- Asked as the network says ----------------------------------------------------------


def test_an_accepted_post_is_asked_for_when_the_network_says(
    accepted: Publication,
) -> None:
    assert (accepted.state, accepted.handle) == (State.PENDING, {"job": "j1"})
    assert 28 < wait_of(accepted) <= 30


def test_once_it_is_out_it_is_published_and_was_sent_once(
    accepted: Publication, network: responses.RequestsMock
) -> None:
    network.get(JOB, json=OUT)

    publication = settle(accepted)

    assert (publication.state, publication.remote_id) == (State.PUBLISHED, "77")
    assert (publication.reason, calls(network, "POST")) == ("", 1)


def test_while_the_network_works_on_it_its_newest_handle_and_hint_count(
    accepted: Publication, network: responses.RequestsMock
) -> None:
    network.get(JOB, json={"job": "j2", "after": 90})

    publication = settle(accepted)

    assert (publication.state, publication.handle) == (State.PENDING, {"job": "j2"})
    assert 88 < wait_of(publication) <= 90


@pytest.mark.parametrize(
    ("hint", "age", "soonest", "latest"),
    [
        (None, timedelta(0), 4, 5),
        (None, timedelta(seconds=200), 98, 101),
        (None, timedelta(minutes=90), 598, 600),
        ("soon", timedelta(0), 4, 5),
        (float("nan"), timedelta(0), 4, 5),
        (float("inf"), timedelta(0), 4, 5),
        (0, timedelta(0), 0, 1),
        (-5, timedelta(0), 0, 1),
        (10, timedelta(minutes=90), 53, 55),
        (10**9, timedelta(0), 3598, 3600),
        (3600, timedelta(minutes=90), 1798, 1800),  # its last moment
    ],
)
def test_pauses_are_bounded_and_grow_with_age(
    accepted: Publication,
    hint: Any,
    age: timedelta,
    soonest: float,
    latest: float,
) -> None:
    change(accepted, sending_at=Now() - age)
    publication = fresh(accepted)

    assert publishing.pending.pend(publication, Pending({"job": "j1"}, after=hint))

    assert soonest <= wait_of(publication) <= latest


def test_what_the_network_refuses_after_all_fails_with_its_sentence(
    accepted: Publication, network: responses.RequestsMock, ana: Membership
) -> None:
    network.get(JOB, json={"state": "refused"})

    publication = settle(accepted)

    assert publication.state == State.FAILED
    assert publication.explanation == "Snail found the picture too small."
    with acting_for(ana.tenant_id):
        notices = Notice.objects.for_tenant(ana.tenant_id)
        assert notices.filter(membership=ana, about=publication.share_id).count() == 1


# -- What says nothing of the post ------------------------------------------------------


@pytest.mark.parametrize(
    "trouble",
    [
        {"status": 429, "headers": {"Retry-After": "20"}},
        {"status": 503},
        {"status": 404},
        {"status": 403},
        {"status": 200, "body": "<html>"},
        {"status": 200, "json": {"posts": 7}},
        {"body": requests.exceptions.ReadTimeout()},
        {"body": requests.exceptions.InvalidURL()},
    ],
)
def test_an_answer_about_the_asking_leaves_the_post_as_it_is(
    accepted: Publication, network: responses.RequestsMock, trouble: dict[str, Any]
) -> None:
    network.get(JOB, **trouble)

    publication = settle(accepted)

    assert (publication.state, publication.handle) == (State.PENDING, {"job": "j1"})
    assert publication.explanation.startswith("Snail has your post")
    assert 0 < wait_of(publication) <= 20
    assert calls(network, "POST") == 1


def test_a_token_that_ended_is_renewed_and_the_question_asked_again(
    accepted: Publication, network: responses.RequestsMock
) -> None:
    refusal = network.get(JOB, status=401)
    publication = settle(accepted)
    assert (publication.state, publication.reason) == (
        State.PENDING,
        Reason.TOKEN_REFRESH,
    )
    network.remove(refusal)
    network.post(TOKENS, json={"access_token": "a2", "refresh_token": "r2"})
    network.get(JOB, json=OUT)

    assert settle(publication).state == State.PUBLISHED


def test_a_connection_that_is_over_is_told_and_the_post_followed_once_it_is_back(
    accepted: Publication, network: responses.RequestsMock, snail: Account
) -> None:
    refusal = network.get(JOB, status=401)
    network.post(TOKENS, json={"access_token": "a2", "refresh_token": "r2"})
    settle(accepted)
    publication = settle(accepted)
    assert (publication.state, publication.reason) == (State.PENDING, Reason.RECONNECT)
    assert "Connect your account again" in publication.explanation
    assert stored(snail).state == Account.State.NEEDS_RECONNECT
    assert settle(publication).state == State.PENDING  # and asks nobody

    with acting_for(snail.tenant_id):
        Account.objects.for_tenant(snail.tenant_id).update(
            state=Account.State.CONNECTED
        )
    network.remove(refusal)
    network.get(JOB, json=OUT)

    assert settle(publication).state == State.PUBLISHED


def test_a_network_that_is_switched_off_here_is_not_asked(
    accepted: Publication, network: responses.RequestsMock, settings: Any
) -> None:
    settings.NETWORKS_ENVIRON = {}

    publication = settle(accepted)

    assert (publication.state, publication.reason) == (State.PENDING, Reason.OPERATOR)


# -- The breaker --------------------------------------------------------------------------


def test_a_network_that_is_left_alone_is_not_asked(
    accepted: Publication, network: responses.RequestsMock
) -> None:
    answer = network.get(JOB, json=OUT)
    Circuit.objects.create(
        network="snail",
        reason=Circuit.Reason.CIRCUIT_OPEN,
        opened_at=Now(),
        next_probe_at=Now() + timedelta(seconds=30),
    )
    circuit.memory.is_old()

    publication = settle(accepted)

    assert (publication.state, publication.reason) == (
        State.PENDING,
        Reason.CIRCUIT_OPEN,
    )
    assert answer.call_count == 0


def test_a_question_may_be_the_probe_that_opens_the_way_again(
    accepted: Publication, network: responses.RequestsMock
) -> None:
    network.get(JOB, json=OUT)
    Circuit.objects.create(
        network="snail",
        reason=Circuit.Reason.CIRCUIT_OPEN,
        opened_at=Now() - timedelta(minutes=1),
        next_probe_at=Now() - SECOND,
    )
    circuit.memory.is_old()

    assert settle(accepted).state == State.PUBLISHED

    assert not Circuit.objects.open().exists()


def test_a_question_proves_nothing_of_an_app_that_may_not_post(
    accepted: Publication, network: responses.RequestsMock
) -> None:
    network.get(JOB, json=OUT)
    Circuit.objects.create(
        network="snail",
        reason=Circuit.Reason.OPERATOR,
        opened_at=Now() - timedelta(minutes=6),
        next_probe_at=Now() - SECOND,
    )
    circuit.memory.is_old()

    assert settle(accepted).state == State.PUBLISHED

    paused = Circuit.objects.with_clock().open().get()
    assert paused.next_probe_at is not None
    assert paused.next_probe_at <= paused.read_at


def test_silence_when_asked_counts_as_the_network_s_fault(
    accepted: Publication, network: responses.RequestsMock
) -> None:
    network.get(JOB, status=503)

    settle(accepted)

    assert sum(Circuit.objects.get(network="snail").faults) == 1


def test_looking_for_a_post_in_doubt_waits_for_the_breaker_too(
    press: Press, snail: Account, network: responses.RequestsMock
) -> None:
    network.post(POSTS, status=500)
    publication = publish(press(snail))
    looked = network.get(POSTS, json={"posts": []})
    Circuit.objects.update_or_create(
        network="snail",
        defaults={
            "reason": Circuit.Reason.CIRCUIT_OPEN,
            "opened_at": Now(),
            "next_probe_at": Now() + timedelta(seconds=30),
        },
    )
    circuit.memory.is_old()

    assert settle(publication).state == State.UNKNOWN
    change(publication, unknown_since=Now() - timedelta(minutes=15))
    assert settle(publication).state == State.NEEDS_USER  # in time all the same

    assert looked.call_count == 0


# -- Up to its maximum age ------------------------------------------------------------------


def test_what_takes_too_long_is_in_doubt_and_then_the_member_is_asked(
    accepted: Publication, network: responses.RequestsMock
) -> None:
    network.get(JOB, json={"job": "j1", "after": 5})
    network.get(POSTS, json={"posts": []})
    change(accepted, sending_at=Now() - AGO)

    publication = settle(accepted)
    assert (publication.state, publication.reason) == (State.UNKNOWN, Reason.OVERDUE)
    assert "has not said in time" in publication.explanation

    assert settle(publication).state == State.UNKNOWN  # never PENDING anew
    change(publication, unknown_since=Now() - timedelta(minutes=15))
    publication = settle(publication)
    assert (publication.state, publication.reason) == (
        State.NEEDS_USER,
        Reason.UNCONFIRMED,
    )
    assert calls(network, "POST") == 1


@pytest.mark.parametrize("also_late", [{"status": 503}, {"status": 401}])
def test_silence_at_the_last_moment_is_doubt_as_well(
    accepted: Publication, network: responses.RequestsMock, also_late: dict[str, Any]
) -> None:
    network.get(JOB, **also_late)
    change(accepted, sending_at=Now() - AGO)

    assert settle(accepted).state == State.UNKNOWN


def test_what_is_out_at_the_last_moment_is_published(
    accepted: Publication, network: responses.RequestsMock
) -> None:
    network.get(JOB, json=OUT)
    change(accepted, sending_at=Now() - AGO)

    assert settle(accepted).state == State.PUBLISHED


def test_doubt_is_settled_by_the_handle_first(
    accepted: Publication, network: responses.RequestsMock
) -> None:
    looked = network.get(POSTS, json={"posts": []})
    close_gate()
    quarantine_all()
    assert sweeping.unsettled() == []
    open_gate()
    network.get(JOB, json=OUT)

    assert settle(accepted).state == State.PUBLISHED

    assert looked.call_count == 0


def test_after_a_restore_what_the_network_still_works_on_is_followed_again(
    accepted: Publication, network: responses.RequestsMock
) -> None:
    close_gate()
    quarantine_all()
    open_gate()
    network.get(JOB, json={"job": "j1"})

    assert settle(accepted).state == State.PENDING


def test_sent_again_on_the_member_s_word_it_has_no_old_handle(
    accepted: Publication, network: responses.RequestsMock
) -> None:
    change(
        accepted,
        state=State.NEEDS_USER,
        reason=Reason.UNCONFIRMED,
    )

    assert publishing.declare(fresh(accepted), is_out=False)

    assert fresh(accepted).handle is None


# -- One at a time ---------------------------------------------------------------------------


def test_two_bells_ask_once(
    accepted: Publication, network: responses.RequestsMock
) -> None:
    answer = network.get(JOB, json={"job": "j1", "after": 30})
    make_due(accepted)

    for _ in range(2):
        settling.settle(accepted.tenant_id, accepted.pk)

    assert answer.call_count == 1


def test_nobody_asks_beside_a_worker_and_one_that_fell_costs_a_lease(
    accepted: Publication, network: responses.RequestsMock, settings: Any
) -> None:
    make_due(accepted)

    assert settling.take_a_look(accepted.tenant_id, accepted.pk)

    assert settling.take_a_look(accepted.tenant_id, accepted.pk) is None
    lease = settings.PUBLISHING_LEASE_SECONDS
    assert lease - 2 < wait_of(accepted) <= lease


def test_who_lost_his_turn_may_only_bring_proof(
    accepted: Publication, network: responses.RequestsMock
) -> None:
    make_due(accepted)
    slow = settling.take_a_look(accepted.tenant_id, accepted.pk)
    assert slow is not None
    make_due(accepted)
    settling.take_a_look(accepted.tenant_id, accepted.pk)

    network.get(JOB, json={"state": "refused"})
    refused = settling.question(slow, settling.poll)
    assert refused is not None
    assert not publishing.record(slow.publication, refused)
    network.replace(responses.GET, JOB, json=OUT)
    posted = settling.question(slow, settling.poll)
    assert posted is not None
    assert publishing.record(slow.publication, posted)

    assert fresh(accepted).state == State.PUBLISHED


def test_the_sweep_finds_it_when_it_is_due(accepted: Publication) -> None:
    assert sweeping.unsettled() == []
    make_due(accepted)

    assert sweeping.unsettled() == [(accepted.tenant_id, accepted.pk)]


def test_it_cannot_be_cancelled_and_its_lane_is_free(
    accepted: Publication, press: Press, snail: Account, network: responses.RequestsMock
) -> None:
    assert not publishing.cancel(accepted, reason=Reason.BY_MEMBER)

    assert publish(press(snail, "Another one.", key="k2")).state == State.PENDING


def test_an_account_that_is_disconnected_ends_in_the_question(
    accepted: Publication,
    network: responses.RequestsMock,
    ana: Membership,
    snail: Account,
) -> None:
    connecting.disconnect(account=stored(snail), by=ana, now=accepted.created_at)
    assert settle(accepted).state == State.PENDING
    change(accepted, sending_at=Now() - AGO)
    publication = settle(accepted)
    change(publication, unknown_since=Now() - timedelta(minutes=15))

    assert settle(publication).state == State.NEEDS_USER


# -- What must hold ----------------------------------------------------------------------------


def test_the_database_takes_no_pending_row_without_its_handle(
    accepted: Publication,
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        change(accepted, handle=None)


@pytest.mark.parametrize(
    "harm", [{"handle": {}}, {"sending_at": Now() - AGO - timedelta(minutes=3)}]
)
def test_what_breaks_is_named(accepted: Publication, harm: dict[str, Any]) -> None:
    assert not [one for one in check_all() if not one.holds]

    change(accepted, **harm)

    broken = [one.invariant.code for one in check_all() if not one.holds]
    assert broken == ["I9"]
