"""Before it is published: uploads and containers, step by step, and done again by whoever is next."""

from typing import Any

import pytest
import responses
from django.db.models.functions import Now

from sharing import failpoints, publishing
from sharing.models import Account, Publication, Reason, State
from tenants.models import Membership
from tenants.scoping import acting_for
from tests.sharing.conftest import Press, fresh
from tests.sharing.test_publishing import change, make_due, publish

pytestmark = pytest.mark.django_db

POSTS = "https://api.snail.example/posts"
UPLOADS = "https://api.snail.example/uploads"
UPLOAD = f"{UPLOADS}/u1"
OUT = {"state": "out", "id": "77"}


@pytest.fixture
def network() -> Any:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.post(POSTS, status=201, json=OUT | {"job": "j1"})
        mock.post(UPLOADS, status=201, json={"id": "u1"})
        yield mock


@pytest.fixture
def pictured(press: Press, snail: Account) -> Publication:
    publication = press(snail)
    change(publication, options={"picture": "x"})
    return fresh(publication)


def asked(network: responses.RequestsMock, url: str) -> int:
    return sum(call.request.url == url for call in network.calls)


def test_post_waits_for_its_picture_and_then_goes_out_once(
    pictured: Publication, network: responses.RequestsMock
) -> None:
    network.get(UPLOAD, json={"is": "working", "after": 40})
    waiting = publish(pictured)
    assert (waiting.state, waiting.reason) == (State.READY, Reason.MEDIA)
    assert waiting.prepared == {"upload": "u1"}
    assert waiting.attempts == 0
    assert "preparing" in waiting.explanation

    network.replace(responses.GET, UPLOAD, json={"is": "ready"})
    make_due(waiting)
    out = publish(waiting)

    assert (out.state, out.remote_id) == (State.PUBLISHED, "77")
    assert (asked(network, UPLOADS), asked(network, POSTS)) == (1, 1)
    assert b'"upload": "u1"' in network.calls[-1].request.body


def test_handles_of_a_post_that_is_out_are_not_kept(
    pictured: Publication, network: responses.RequestsMock
) -> None:
    network.get(UPLOAD, json={"is": "ready"})

    assert publish(pictured).prepared == {}


def test_next_worker_goes_on_where_the_first_one_fell(
    pictured: Publication,
    network: responses.RequestsMock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network.get(UPLOAD, json={"is": "ready"})
    monkeypatch.setattr(failpoints, "armed", failpoints.read("in_preparation=raise@1"))
    fallen = publish(pictured)
    assert (fallen.state, fallen.prepared) == (State.READY, {"upload": "u1"})
    monkeypatch.setattr(failpoints, "armed", {})

    make_due(fallen)

    assert publish(fallen).state == State.PUBLISHED
    assert asked(network, UPLOADS) == 1


def test_upload_that_the_network_forgot_is_made_again(
    pictured: Publication, network: responses.RequestsMock
) -> None:
    change(pictured, prepared={"upload": "u1"})
    network.get(UPLOAD, json={"is": "gone", "after": 1})

    assert publish(pictured).prepared == {}


def test_silence_while_preparing_is_no_doubt(
    pictured: Publication, network: responses.RequestsMock
) -> None:
    network.get(UPLOAD, status=502)

    waiting = publish(pictured)

    assert waiting.state == State.READY
    assert asked(network, POSTS) == 0


def test_each_step_holds_the_row_anew(
    pictured: Publication, network: responses.RequestsMock
) -> None:
    """A long upload outlives the lease with which it began."""
    work = publishing.claim(pictured.tenant_id, pictured.pk)
    assert work
    change(pictured, lease_until=Now() + publishing.lease() / 10)
    network.get(UPLOAD, json={"is": "ready"})

    publishing.prepare(work)

    row = with_clock(pictured)
    assert row.lease_until
    assert row.lease_until - row.read_at > publishing.lease() / 2


def test_post_that_was_cancelled_meanwhile_is_prepared_no_further(
    pictured: Publication, ana: Membership, network: responses.RequestsMock
) -> None:
    def cancel_meanwhile(_request: Any) -> tuple[int, dict[str, str], str]:
        with acting_for(pictured.tenant_id):
            assert publishing.cancel(fresh(pictured), reason=Reason.BY_MEMBER)
        return 201, {}, '{"id": "u1"}'

    network.replace(responses.POST, UPLOADS)
    network.remove(responses.POST, UPLOADS)
    network.add_callback(responses.POST, UPLOADS, cancel_meanwhile)

    assert publish(pictured).state == State.CANCELLED
    assert asked(network, POSTS) == 0
    assert asked(network, UPLOAD) == 0


def test_row_whose_lease_ran_out_is_left_to_the_next(
    pictured: Publication, network: responses.RequestsMock
) -> None:
    work = publishing.claim(pictured.tenant_id, pictured.pk)
    assert work
    change(pictured, lease_until=Now() - publishing.lease())

    publishing.finish(work)

    assert fresh(pictured).prepared == {}
    assert asked(network, POSTS) == 0


def test_token_that_ended_early_is_renewed_while_preparing(
    pictured: Publication, network: responses.RequestsMock
) -> None:
    network.replace(responses.POST, UPLOADS, status=401)

    waiting = publish(pictured)

    assert (waiting.state, waiting.reason) == (State.READY, Reason.TOKEN_REFRESH)


def with_clock(publication: Publication) -> Publication:
    with acting_for(publication.tenant_id):
        rows = Publication.objects.for_tenant(publication.tenant_id).with_clock()
        return rows.get(pk=publication.pk)
