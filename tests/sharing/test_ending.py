"""A connection that ends by itself is told of in time, and never fails a post."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import responses
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from notifications.models import Notice
from sharing import connecting, ending, tasks
from sharing.models import Account, Reason, State
from tenants.models import Membership, Tenant
from tenants.scoping import acting_for
from tests.sharing.conftest import Press, fresh, make_account
from tests.sharing.test_publishing import publish

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
Ending = Callable[..., Account]


@pytest.fixture
def ending_in() -> Ending:
    """Return a function: an account of the member's whose token ends in so long."""

    def make(member: Membership, left: timedelta, network: str = "linkedin") -> Account:
        account = make_account(member, network)
        end(account, left)
        return account

    return make


def end(account: Account, left: timedelta) -> None:
    with acting_for(account.tenant_id):
        rows = Account.objects.for_tenant(account.tenant_id).filter(pk=account.pk)
        rows.update(expires_at=Now() + left)


def told(tenant: Tenant) -> list[str]:
    ending.look.forget()
    ending.tell_in_time()
    with acting_for(tenant):
        notices = Notice.objects.for_tenant(tenant).order_by("created_at")
        return [one.key.rpartition(":")[2] for one in notices]


def test_three_times_before_the_end_and_each_once(
    ana: Membership, ending_in: Ending
) -> None:
    account = ending_in(ana, 15 * DAY)
    heard = []
    for left in (15, 13.9, 13, 6.9, 5, 1.9, 1):
        end(account, left * DAY)
        heard.append(told(ana.tenant))

    assert heard == [
        [], ["14"], ["14"], ["14", "7"], ["14", "7"],
        ["14", "7", "2"], ["14", "7", "2"],
    ]  # fmt: skip


def test_everybody_is_told_of_their_own(
    ana: Membership, eve: Membership, acme: Tenant, globex: Tenant, ending_in: Ending
) -> None:
    mine, theirs = ending_in(ana, 6 * DAY), ending_in(eve, DAY)

    assert (told(acme), told(globex)) == (["7"], ["2"])
    for member, account in ((ana, mine), (eve, theirs)):
        with acting_for(member.tenant_id):
            [notice] = Notice.objects.for_tenant(member.tenant_id)
        assert (notice.membership_id, notice.about) == (member.pk, account.pk)
        assert notice.kind == Notice.Kind.TO_DO


def test_what_renews_itself_or_has_ended_needs_no_word(
    ana: Membership, cora: Membership, ending_in: Ending
) -> None:
    ending_in(ana, DAY, "x")
    ending_in(cora, -DAY)

    assert told(ana.tenant) == []


def test_sweep_tells(ana: Membership, ending_in: Ending) -> None:
    ending_in(ana, DAY)

    tasks.sweep()

    with acting_for(ana.tenant_id):
        assert Notice.objects.for_tenant(ana.tenant_id).count() == 1


def test_accounts_page_counts_the_days_and_offers_to_connect_again(
    client: Client, ana: Membership, ending_in: Ending
) -> None:
    ending_in(ana, 5 * DAY + timedelta(hours=1))
    client.force_login(ana.user)

    page = client.get(reverse("sharing:accounts", args=["acme"])).content.decode()

    assert "Ends in 5 days" in page


def test_post_is_held_when_the_connection_has_ended_and_goes_out_after_the_next(
    ana: Membership, ending_in: Ending, press: Press
) -> None:
    account = ending_in(ana, -DAY)
    held = publish(press(account))
    assert (held.state, held.reason) == (State.NEEDS_USER, Reason.RECONNECT)

    reconnect(account, ana)

    assert fresh(held).state == State.READY
    with responses.RequestsMock() as network:
        network.post("https://api.linkedin.com/rest/posts", status=201,
                     headers={"x-restli-id": "urn:li:share:1"})  # fmt: skip
        assert publish(held).state == State.PUBLISHED


def reconnect(account: Account, by: Membership) -> None:
    """As the confirm page does it."""
    with acting_for(by.tenant_id):
        rows = Account.objects.for_tenant(by.tenant_id).filter(pk=account.pk)
        rows.update(state=Account.State.CONNECTED, expires_at=Now() + 60 * DAY)
        connecting.release_held(rows.get(), by)


@given(st.floats(min_value=0.001, max_value=14))
def test_the_nearest_moment_is_the_smallest_that_has_not_passed(days: float) -> None:
    found = ending.nearest(timedelta(days=days))

    assert timedelta(days=days) <= timedelta(days=found)
    assert all(days > other for other in ending.SOON if other < found)
