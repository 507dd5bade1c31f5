"""What sending makes of limits and outages: it waits, says why, and goes on by itself."""

from datetime import timedelta
from typing import Any

import pytest
import responses
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from notifications.models import Notice
from sharing import circuit, services
from sharing.circuit import Call
from sharing.models import Account, Budget, Circuit, Publication, Reason, State
from tenants.models import Membership
from tenants.scoping import acting_for
from tests.sharing.conftest import (
    LINKEDIN_POSTS,
    X_POSTS,
    Press,
    fresh,
    make_account,
    make_item,
)
from tests.sharing.test_budgets import clock
from tests.sharing.test_circuit import opened, pass_time
from tests.sharing.test_publishing import make_due, publish

pytestmark = pytest.mark.django_db

TWEET = {"data": {"id": "7", "text": "…"}}


@pytest.fixture
def network() -> Any:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def again(publication: Publication) -> Publication:
    make_due(publication)
    return publish(publication)


def shared_by(member: Membership, account: Account) -> Publication:
    """Share an item of the member's own tenant."""
    item = make_item(member.tenant)
    with acting_for(member.tenant_id):
        share = services.share_item(
            by=member,
            item=item,
            parts=[services.Part(account, "I was there.")],
            idempotency_key=account.remote_id,
            now=timezone.now(),
        )
        return share.publications.get()


# -- Limits --------------------------------------------------------------------------------


@pytest.fixture
def one_a_minute(settings: Any) -> None:
    settings.NETWORKS_ENVIRON |= {"NETWORK_X_ACCOUNT_PER_MINUTE": "1"}


@pytest.mark.usefixtures("one_a_minute")
def test_above_the_limit_nothing_is_called_and_the_row_waits_for_its_end(
    press: Press, x: Account, network: responses.RequestsMock
) -> None:
    call = network.post(X_POSTS, status=201, json=TWEET)
    first, second = press(x, "One", "k1"), press(x, "Two", "k2")
    publish(first)

    waiting = publish(second)

    assert call.call_count == 1
    assert (waiting.state, waiting.reason) == (State.READY, Reason.RATE_LIMITED)
    assert waiting.attempts == 0
    assert timedelta(0) < waiting.not_before - clock() < timedelta(seconds=90)


@pytest.mark.usefixtures("one_a_minute")
def test_an_account_of_two_tenants_has_one_limit(
    press: Press,
    x: Account,
    eve: Membership,
    network: responses.RequestsMock,
) -> None:
    call = network.post(X_POSTS, status=201, json=TWEET)
    publish(press(x))
    twin = make_account(eve, "x", remote_id=x.remote_id)
    other = make_account(eve, "x", remote_id="another")

    assert publish(shared_by(eve, twin)).reason == Reason.RATE_LIMITED

    publish(shared_by(eve, other))
    assert call.call_count == 2


def test_what_x_tells_is_believed(
    press: Press, x: Account, network: responses.RequestsMock
) -> None:
    ends = int(clock().timestamp()) + 600
    told = {"x-rate-limit-limit": "100", "x-rate-limit-remaining": "0"}
    headers = told | {"x-rate-limit-reset": str(ends)}
    network.post(X_POSTS, status=201, json=TWEET, headers=headers)
    first, second = press(x, "One", "k1"), press(x, "Two", "k2")
    publish(first)

    waiting = publish(second)

    assert waiting.reason == Reason.RATE_LIMITED
    assert waiting.not_before - clock() > timedelta(minutes=9)


def test_a_429_makes_the_rest_of_the_account_wait_without_asking(
    press: Press, linkedin: Account, network: responses.RequestsMock
) -> None:
    refused = network.post(LINKEDIN_POSTS, status=429, json={})
    first, second = press(linkedin, "One", "k1"), press(linkedin, "Two", "k2")
    assert publish(first).reason == Reason.RATE_LIMITED

    waiting = publish(second)

    assert refused.call_count == 1
    assert (waiting.reason, waiting.attempts) == (Reason.RATE_LIMITED, 0)


@pytest.mark.parametrize("asked", ["0", "-1", "1000000000", "soon", None])
def test_no_absurd_wait_is_kept(
    press: Press, x: Account, network: responses.RequestsMock, asked: str | None
) -> None:
    headers = {"Retry-After": asked} if asked else {}
    network.post(X_POSTS, status=429, json={}, headers=headers)

    waiting = publish(press(x))

    assert (waiting.state, waiting.reason) == (State.READY, Reason.RATE_LIMITED)
    assert waiting.not_before - clock() <= timedelta(hours=24)


@pytest.mark.usefixtures("one_a_minute")
def test_a_call_that_never_left_is_not_counted(
    press: Press, x: Account, network: responses.RequestsMock, settings: Any
) -> None:
    network.add_passthru("http://127.0.0.1:9")
    settings.NETWORKS_ENVIRON |= {"NETWORK_X_BASE_URL": "http://127.0.0.1:9"}

    assert publish(press(x)).reason == "unreachable"

    assert Budget.objects.exists()
    assert not Budget.objects.filter(used__gt=0).exists()


def test_what_may_not_go_out_takes_no_call(
    press: Press, x: Account, ana: Membership
) -> None:
    publication = press(x)
    with acting_for(ana.tenant_id):
        Membership.objects.for_tenant(ana.tenant_id).filter(pk=ana.pk).update(
            deactivated_at=Now()
        )

    assert publish(publication).state == State.CANCELLED

    assert not Budget.objects.filter(used__gt=0).exists()


# -- Outages -------------------------------------------------------------------------------


def test_while_a_network_is_silent_rows_wait_and_use_no_attempt(
    press: Press, x: Account, network: responses.RequestsMock
) -> None:
    call = network.post(X_POSTS, status=201, json=TWEET)
    opened()

    waiting = publish(press(x))

    assert call.call_count == 0
    assert (waiting.state, waiting.reason) == (State.READY, Reason.CIRCUIT_OPEN)
    assert waiting.attempts == 0
    assert waiting.not_before > clock()


def test_the_answered_probe_lets_the_rest_go(
    press: Press, x: Account, network: responses.RequestsMock
) -> None:
    network.post(X_POSTS, status=201, json=TWEET)
    opened()
    waiting = publish(press(x))
    pass_time(30)

    assert again(waiting).state == State.PUBLISHED

    assert circuit.gate("x") is None
    network.post(X_POSTS, status=201, json={"data": {"id": "8", "text": "…"}})
    assert publish(press(x, "Two", "k2")).state == State.PUBLISHED


def test_posts_that_fail_open_the_circuit(
    press: Press, x: Account, network: responses.RequestsMock
) -> None:
    network.post(X_POSTS, status=503)
    for _ in range(19):
        circuit.note("x", Call.FAULT)

    assert publish(press(x)).state == State.UNKNOWN

    assert circuit.gate("x") is not None


def test_a_probe_that_may_not_go_out_leaves_its_turn_to_the_next(
    press: Press, x: Account, ana: Membership
) -> None:
    opened()
    pass_time(30)
    publication = press(x)
    with acting_for(ana.tenant_id):
        Membership.objects.for_tenant(ana.tenant_id).filter(pk=ana.pk).update(
            deactivated_at=Now()
        )

    publish(publication)

    assert circuit.gate("x") is None


def test_other_networks_go_on(
    press: Press, linkedin: Account, network: responses.RequestsMock
) -> None:
    urn = "urn:li:share:7000000000000000001"
    network.post(LINKEDIN_POSTS, status=201, headers={"x-restli-id": urn})
    opened()

    assert publish(press(linkedin)).state == State.PUBLISHED


# -- Whoever runs this ---------------------------------------------------------------------


def notices(member: Membership) -> int:
    with acting_for(member.tenant_id):
        mine = Notice.objects.for_tenant(member.tenant_id)
        return mine.filter(membership=member).count()


def test_the_admin_is_told_once_that_the_app_has_no_credit(
    press: Press, x: Account, ada: Membership, network: responses.RequestsMock
) -> None:
    call = network.post(X_POSTS, status=402, json={"title": "CreditsDepleted"})
    first, second = press(x, "One", "k1"), press(x, "Two", "k2")
    assert publish(first).reason == Reason.OPERATOR

    waiting = publish(second)
    again(waiting)

    assert call.call_count == 1
    assert (waiting.state, waiting.reason) == (State.READY, Reason.OPERATOR)
    assert notices(ada) == 1


def test_once_there_is_credit_again_it_goes_on_by_itself(
    press: Press, x: Account, network: responses.RequestsMock
) -> None:
    network.post(X_POSTS, status=402, json={"title": "CreditsDepleted"})
    publication = publish(press(x))
    network.replace(responses.POST, X_POSTS, status=201, json=TWEET)
    Circuit.objects.update(next_probe_at=F("next_probe_at") - timedelta(minutes=5))
    circuit.memory.is_old()

    assert again(publication).state == State.PUBLISHED

    assert fresh(publication).attempts == 2
    assert circuit.gate("x") is None
