"""Accidents, each of which once cost a post, a lane or a person's time."""

import contextlib
import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import requests
import responses
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.models.functions import Now
from django.utils import timezone

from content_library.models import Item
from notifications.models import Notice
from sharing import failpoints, publishing, services, settling, sweeping, tasks
from sharing.connectors import errors
from sharing.connectors.types import Posted
from sharing.models import Account, Budget, Publication, Reason, State
from sharing.tokens import open_tokens
from tenants.models import Membership
from tenants.scoping import across_tenants, acting_for
from tests.conftest import COMMITTED
from tests.sharing.conftest import LINKEDIN_POSTS, X_POSTS, Press, fresh
from tests.sharing.test_publishing import URN, change, publish, settle

pytestmark = pytest.mark.django_db

X_TOKENS = "https://api.x.com/2/oauth2/token"
TWEET = {"data": {"id": "7", "text": "…"}}


@pytest.fixture
def network() -> Any:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def begun(publication: Publication) -> publishing.Work:
    """Go as far as a worker that is about to call the network."""
    work = publishing.claim(publication.tenant_id, publication.pk)
    assert work is not None
    assert publishing.start_sending(work)
    return work


def reaped(publication: Publication) -> None:
    change(publication, lease_until=Now() - timedelta(seconds=1))
    assert sweeping.reap_expired() == 1


def timeline(account: Account) -> str:
    return f"https://api.x.com/2/users/{account.remote_id}/tweets"


# -- Bells ---------------------------------------------------------------------------------


def test_rows_that_wait_for_a_busy_lane_do_not_ring_each_other(
    press: Press, x: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, _third = (press(x, f"Text {n}", key=f"k{n}") for n in range(3))
    begun(first)
    rung: list[object] = []
    monkeypatch.setattr(tasks, "ring", lambda *bell: rung.append(bell))

    tasks.publish(str(second.tenant_id), str(second.pk))

    assert rung == []


def test_the_sweep_rings_once_for_each_account(press: Press, x: Account) -> None:
    first, _second = (press(x, f"Text {n}", key=f"k{n}") for n in range(2))

    assert sweeping.due() == [(first.tenant_id, first.pk)]


def test_a_long_queue_is_read_by_its_index_and_never_as_a_whole(
    press: Press, x: Account
) -> None:
    press(x)
    with across_tenants(reason="the sweep's own question"), connection.cursor() as rows:
        rows.execute("SET LOCAL enable_seqscan = off")
        rows.execute(f"EXPLAIN {sweeping.QUEUE}", {"batch": 500})
        plan = "\n".join(line for (line,) in rows.fetchall())

    assert "publication_waiting" in plan
    assert "publication_lane" in plan
    assert "Anti Join" not in plan


def test_a_press_is_due_at_once_also_when_the_web_server_is_ahead(
    ana: Membership, item: Item, x: Account
) -> None:
    with acting_for(ana.tenant_id):
        share = services.share_item(
            by=ana,
            item=item,
            parts=[services.Part(x, "In my own words.")],
            idempotency_key="ahead",
            now=timezone.now() + timedelta(minutes=10),
        )
        publication = share.publications.get()

    assert sweeping.due() == [(publication.tenant_id, publication.pk)]


def test_one_broken_part_of_the_sweep_does_not_stop_the_others(
    press: Press, x: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    publication = press(x)
    rung: list[object] = []
    monkeypatch.setattr(tasks, "ring", lambda _task, *ids: rung.append(ids))
    monkeypatch.setattr(sweeping, "reap_expired", lambda: 1 / 0)

    tasks.sweep()

    assert rung == [(publication.tenant_id, publication.pk)]


def test_after_a_bell_that_nobody_took_the_next_press_does_not_wait(
    press: Press, x: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Deaf:
        name = "sharing.publish"
        calls = 0

        def delay(self, *_ids: str) -> None:
            self.calls += 1
            raise ConnectionError

    monkeypatch.setattr(tasks.Broker, "silent_until", 0.0)
    publication, deaf = press(x), Deaf()

    tasks.ring(deaf, publication.tenant_id, publication.pk)
    tasks.ring(deaf, publication.tenant_id, publication.pk)

    assert deaf.calls == 1
    tasks.Broker.silent_until = 0.0


def test_a_row_whose_bell_is_waiting_is_not_rung_for_again(
    press: Press, x: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    publication, rung = press(x), []
    monkeypatch.setattr(tasks.publish, "delay", lambda *ids: rung.append(ids))
    monkeypatch.setattr(tasks, "bells_waiting", lambda: 3)

    tasks.ring_for(tasks.publish, sweeping.due)
    tasks.ring_for(tasks.publish, sweeping.due)

    assert rung == [(str(publication.tenant_id), str(publication.pk))]


def test_a_row_whose_bell_was_lost_is_rung_for_by_the_next_sweep(
    press: Press, x: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    publication, rung = press(x), []
    monkeypatch.setattr(tasks.publish, "delay", lambda *ids: rung.append(ids))
    monkeypatch.setattr(tasks, "bells_waiting", lambda: 0)

    tasks.ring_for(tasks.publish, sweeping.due)
    tasks.ring_for(tasks.publish, sweeping.due)

    assert rung == [(str(publication.tenant_id), str(publication.pk))] * 2


# -- Answers that come late -----------------------------------------------------------------


def test_proof_counts_also_after_the_member_was_asked(
    press: Press, x: Account, network: responses.RequestsMock
) -> None:
    network.post(X_POSTS, status=201, json=TWEET)
    network.get(timeline(x), json={"meta": {"result_count": 0}})
    publication = press(x)
    work = begun(publication)
    reaped(publication)
    change(publication, unknown_since=Now() - timedelta(minutes=15))
    assert settle(publication).state == State.NEEDS_USER

    publishing.record(work.publication, publishing.send(work, open_tokens(x)))

    assert (fresh(publication).state, fresh(publication).remote_id) == (
        State.PUBLISHED,
        "7",
    )


def test_a_late_proof_that_nothing_was_sent_spares_the_member_the_question(
    press: Press, x: Account, network: responses.RequestsMock
) -> None:
    publication = press(x)
    work = begun(publication)
    reaped(publication)
    network.post(X_POSTS, status=429, headers={"Retry-After": "1"})

    publishing.record(work.publication, publishing.send(work, open_tokens(x)))

    assert (fresh(publication).state, fresh(publication).reason) == (
        State.READY,
        Reason.RATE_LIMITED,
    )


def test_a_late_no_says_nothing_once_a_probe_was_sent(
    press: Press, linkedin: Account, network: responses.RequestsMock
) -> None:
    publication = press(linkedin)
    work = begun(publication)
    reaped(publication)
    change(publication, probes=1)
    network.post(LINKEDIN_POSTS, status=429, headers={"Retry-After": "1"})

    publishing.record(work.publication, publishing.send(work, open_tokens(linkedin)))

    assert fresh(publication).state == State.UNKNOWN


def test_a_late_doubt_does_not_begin_the_doubt_anew(press: Press, x: Account) -> None:
    publication = press(x)
    work = begun(publication)
    reaped(publication)
    since = fresh(publication).unknown_since

    assert not publishing.record(work.publication, errors.Unknown())

    assert fresh(publication).unknown_since == since


# -- The network knows the words already -------------------------------------------------------


def test_a_network_that_names_our_post_as_duplicate_has_published_it(
    press: Press, linkedin: Account, network: responses.RequestsMock
) -> None:
    network.post(LINKEDIN_POSTS, status=422, json=duplicate_of(URN))

    publication = publish(press(linkedin))

    assert (publication.state, publication.remote_id) == (State.PUBLISHED, URN)


def duplicate_of(urn: str) -> dict[str, object]:
    return {"code": "DUPLICATE_POST", "message": f"Content is a duplicate of {urn}"}


def test_a_duplicate_of_another_publication_is_refused(
    press: Press, linkedin: Account, network: responses.RequestsMock
) -> None:
    network.post(LINKEDIN_POSTS, status=201, headers={"x-restli-id": URN})
    publish(press(linkedin, key="k1"))
    network.replace(responses.POST, LINKEDIN_POSTS, status=422, json=duplicate_of(URN))

    publication = publish(press(linkedin, key="k2"))

    assert publication.state == State.FAILED


def test_a_duplicate_without_a_name_is_looked_for(
    press: Press, x: Account, network: responses.RequestsMock
) -> None:
    network.post(X_POSTS, status=403, json={"detail": "duplicate content"})
    publication = publish(press(x))
    assert publication.state == State.UNKNOWN
    link = {"url": "https://t.co/1", "expanded_url": publication.card["link"]}
    network.get(
        timeline(x),
        json={
            "meta": {"result_count": 1},
            "data": [{"id": "99", "text": "…", "entities": {"urls": [link]}}],
        },
    )

    assert settle(publication).remote_id == "99"


# -- Tokens that ended early --------------------------------------------------------------------


def test_a_token_that_ended_early_is_renewed_and_the_post_goes_out(
    press: Press, x: Account, network: responses.RequestsMock
) -> None:
    network.post(X_POSTS, status=401, json={})
    publication = publish(press(x))
    assert (publication.state, publication.reason) == (
        State.READY,
        Reason.TOKEN_REFRESH,
    )
    network.post(
        X_TOKENS,
        json={"access_token": "a2", "refresh_token": "r2", "expires_in": 7200},
    )
    network.replace(responses.POST, X_POSTS, status=201, json=TWEET)

    assert publish(publication).state == State.PUBLISHED


def test_a_renewed_token_that_is_refused_as_well_asks_the_member(
    press: Press, x: Account, network: responses.RequestsMock
) -> None:
    network.post(X_POSTS, status=401, json={})
    network.post(
        X_TOKENS,
        json={"access_token": "a2", "refresh_token": "r2", "expires_in": 7200},
    )
    publication = press(x)
    publish(publication)

    publication = publish(publication)

    assert (publication.state, publication.reason) == (
        State.NEEDS_USER,
        Reason.RECONNECT,
    )


def test_when_a_renewal_is_refused_all_that_waits_asks_the_member_at_once(
    press: Press, x: Account, network: responses.RequestsMock
) -> None:
    with acting_for(x.tenant_id):
        Account.objects.for_tenant(x.tenant_id).update(expires_at=Now())
    refusal = network.post(X_TOKENS, status=400, json={"error": "invalid_request"})
    waiting = [press(x, f"Text {number}", key=f"k{number}") for number in range(3)]

    reasons = {publish(publication).reason for publication in waiting}

    assert reasons == {Reason.RECONNECT}
    assert refusal.call_count == 1


# -- Looking, when looking breaks ------------------------------------------------------------------


def in_doubt(
    press: Press, account: Account, network: responses.RequestsMock
) -> Publication:
    url = X_POSTS if account.network == "x" else LINKEDIN_POSTS
    network.post(url, body=requests.exceptions.ReadTimeout())
    publication = publish(press(account))
    network.remove(responses.POST, url)
    return publication


def test_the_member_is_asked_in_time_also_when_looking_breaks(
    press: Press, x: Account, network: responses.RequestsMock
) -> None:
    publication = in_doubt(press, x, network)
    change(publication, unknown_since=Now() - timedelta(minutes=15))
    network.get(timeline(x), json={"meta": {}, "data": 7})

    assert settle(publication).state == State.NEEDS_USER


def test_a_probe_that_never_left_may_be_sent_again(
    press: Press, linkedin: Account, network: responses.RequestsMock
) -> None:
    publication = in_doubt(press, linkedin, network)
    network.post(LINKEDIN_POSTS, status=429, headers={"Retry-After": "1"})
    assert settle(publication).state == State.UNKNOWN
    Budget.objects.update(closed_until=None)  # a second later
    network.replace(responses.POST, LINKEDIN_POSTS, status=422, json=duplicate_of(URN))

    assert settle(publication).state == State.PUBLISHED


# -- A database that goes away ---------------------------------------------------------------------


@COMMITTED
def test_an_answer_outlasts_a_short_absence_of_the_database(
    press: Press, x: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    publication = press(x)
    work = begun(publication)
    absences = iter([OperationalError, OperationalError])

    def commit_fails(name: str) -> None:
        if name == "before_record_commit" and (gone := next(absences, None)):
            raise gone

    monkeypatch.setattr(failpoints, "at", commit_fails)
    monkeypatch.setattr("sharing.patience.PAUSES", (0, 0, 0))

    assert publishing.record(work.publication, Posted("7", "https://x.com/i/7"))
    assert fresh(publication).state == State.PUBLISHED


def test_late_answer_puts_the_question_away(press: Press, x: Account) -> None:
    publication = press(x)
    work = begun(publication)
    change(publication, state=State.UNKNOWN, lease_until=None, unknown_since=Now())
    with acting_for(publication.tenant_id):
        assert settling.ask(fresh(publication))
        [asked] = Notice.objects.for_tenant(publication.tenant_id)
        assert asked.seen_at is None

    publishing.record(work.publication, Posted("7", "https://x.com/i/7"))

    with acting_for(publication.tenant_id):
        [asked] = Notice.objects.for_tenant(publication.tenant_id)
    assert fresh(publication).state == State.PUBLISHED
    assert asked.seen_at


@COMMITTED
def test_a_mark_whose_commit_went_unheard_is_found_again(
    press: Press, x: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    publication = press(x)
    work = publishing.claim(publication.tenant_id, publication.pk)
    assert work is not None
    mark, answers = publishing.mark_sending, iter([OperationalError])

    def unheard(work: publishing.Work) -> bool:
        done = mark(work)
        if gone := next(answers, None):
            raise gone
        return done

    monkeypatch.setattr(publishing.marking, "mark_sending", unheard)
    monkeypatch.setattr("sharing.patience.PAUSES", (0, 0, 0))

    assert publishing.start_sending(work)
    assert fresh(publication).attempts == 1


# -- Restored from a backup -----------------------------------------------------------------------------


def quarantine(*options: str) -> str:
    output = StringIO()
    call_command("quarantine_publications", *options, stdout=output)
    return output.getvalue()


def test_while_the_gate_is_closed_nothing_is_sent(
    press: Press, x: Account, linkedin: Account
) -> None:
    before = press(x, key="k1")
    claimed = press(linkedin, key="k2")
    work = publishing.claim(claimed.tenant_id, claimed.pk)
    assert work is not None

    told = quarantine()
    after = press(x, "Pressed after the restore", key="k3")

    assert "2 publications are in doubt" in told
    assert not publishing.start_sending(work)
    assert {fresh(one).state for one in (before, claimed)} == {State.UNKNOWN}
    assert fresh(after).state == State.READY
    assert publishing.claim(after.tenant_id, after.pk) is None
    assert sweeping.due() == []
    assert sweeping.unsettled() == []


def test_after_a_restore_what_went_out_since_is_found(
    press: Press, x: Account, network: responses.RequestsMock
) -> None:
    publication = press(x)
    quarantine()
    quarantine("--open")
    link = {"url": "https://t.co/1", "expanded_url": publication.card["link"]}
    network.get(
        timeline(x),
        json={
            "meta": {"result_count": 1},
            "data": [{"id": "99", "text": "…", "entities": {"urls": [link]}}],
        },
    )

    assert settle(publication).state == State.PUBLISHED


def test_after_a_restore_nothing_is_probed_and_the_member_is_asked(
    press: Press, linkedin: Account, network: responses.RequestsMock
) -> None:
    publication = press(linkedin)
    quarantine()
    quarantine("--open")

    publication = settle(publication)

    assert (publication.state, publication.reason) == (
        State.NEEDS_USER,
        Reason.UNCONFIRMED,
    )
    assert not network.calls


def test_a_second_quarantine_changes_nothing_and_counts_the_epoch(
    press: Press, x: Account
) -> None:
    press(x)

    assert "epoch 1" in quarantine()
    assert "0 publications are in doubt" in quarantine()


# -- What must hold -----------------------------------------------------------------------------------------


def broken() -> set[str]:
    output = StringIO()
    with contextlib.suppress(SystemExit):
        call_command("check_publications", "--json", stdout=output)
    found = json.loads(output.getvalue())
    return {one["invariant"] for one in found if one["broken"]}


def test_after_a_day_of_trouble_everything_holds(
    press: Press, x: Account, linkedin: Account, network: responses.RequestsMock
) -> None:
    network.post(X_POSTS, status=201, json=TWEET)
    network.post(LINKEDIN_POSTS, status=500)
    publish(press(x, key="k1"))
    publish(press(linkedin, key="k2"))
    publishing.cancel(press(x, "Never mind", key="k3"), reason=Reason.BY_MEMBER)
    quarantine()

    assert broken() == set()


@pytest.mark.parametrize(
    ("code", "harm"),
    [
        ("I2", {"attempts": 1}),
        (
            "I3",
            {
                "state": State.CLAIMED,
                "lease_until": Now() - timedelta(minutes=1),
            },
        ),
        (
            "I4",
            {
                "not_before": Now() - timedelta(days=2),
                "created_at": Now() - timedelta(days=2),
            },
        ),
        ("I8", {"state": State.CANCELLED}),
    ],
)
def test_what_breaks_is_named(
    press: Press, x: Account, code: str, harm: dict[str, Any]
) -> None:
    change(press(x), **harm)

    assert code in broken()


def test_a_post_that_two_publications_claim_is_named(press: Press, x: Account) -> None:
    for number in range(2):
        change(press(x, f"Text {number}", key=f"k{number}"), remote_id="7")

    assert broken() == {"I1"}


def test_an_attempt_after_the_member_left_is_named(
    press: Press, x: Account, ana: Membership
) -> None:
    begun(press(x))
    with acting_for(ana.tenant_id):
        ana.deactivated_at = fresh(press(x, key="k2")).created_at - timedelta(hours=1)
        ana.save()

    assert broken() == {"I6"}


# -- Failpoints ------------------------------------------------------------------------------------------------


def test_an_armed_failpoint_breaks_a_worker_where_it_says(
    press: Press, x: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failpoints, "armed", failpoints.read("after_claim=raise@1"))
    publication = press(x)

    with pytest.raises(failpoints.Broken):
        publishing.publish(publication.tenant_id, publication.pk)

    assert fresh(publication).state == State.CLAIMED


@pytest.mark.parametrize("orders", ["nowhere=exit", "after_claim=dance"])
def test_an_unknown_failpoint_is_refused(orders: str) -> None:
    with pytest.raises(ImproperlyConfigured):
        failpoints.read(orders)
