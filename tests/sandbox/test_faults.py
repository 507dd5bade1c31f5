"""Trouble on request, and what the connectors make of it."""

from datetime import UTC, datetime

import pytest

from sharing.connectors import errors, http
from sharing.connectors.types import Posted
from tests.sandbox.walking import ask, connect, connector, post_of

CREATE = {
    "linkedin": "POST /api.linkedin.com/rest/posts",
    "x": "POST /api.x.com/2/tweets",
}
BOTH = pytest.mark.parametrize("slug", sorted(CREATE))


def publish(sandbox, slug):
    network = connector(sandbox, slug)
    tokens, profile = connect(sandbox, slug)
    return network.publish(tokens, profile.remote_id, post_of(network))


@BOTH
@pytest.mark.parametrize(("fault", "posts"), [("drop_before", 0), ("drop_after", 1)])
def test_a_dropped_connection_is_unknown_whether_or_not_it_was_applied(
    sandbox, slug, fault, posts
):
    sandbox.fault(CREATE[slug], fault)

    with pytest.raises(errors.Unknown):
        publish(sandbox, slug)

    assert len(sandbox.posts(slug)) == posts


@BOTH
@pytest.mark.parametrize(("applied", "posts"), [(False, 0), (True, 1)])
def test_a_server_error_is_unknown_whether_or_not_it_was_applied(
    sandbox, slug, applied, posts
):
    sandbox.fault(CREATE[slug], "status", status=503, applied=applied)

    with pytest.raises(errors.Unknown):
        publish(sandbox, slug)

    assert len(sandbox.posts(slug)) == posts


@BOTH
def test_a_late_answer_is_unknown(sandbox, slug, monkeypatch):
    monkeypatch.setattr(http, "READ_SECONDS", 0.2)
    sandbox.fault(CREATE[slug], "delay", seconds=1)

    with pytest.raises(errors.Unknown):
        publish(sandbox, slug)

    assert len(sandbox.posts(slug)) == 1


@BOTH
def test_a_short_delay_does_no_harm(sandbox, slug):
    sandbox.fault(CREATE[slug], "delay", seconds=0.1, applied=False)

    assert publish(sandbox, slug)


def test_a_truncated_answer_of_x_is_unknown(sandbox):
    sandbox.fault(CREATE["x"], "truncate")

    with pytest.raises(errors.Unknown):
        publish(sandbox, "x")

    assert len(sandbox.posts("x")) == 1


def test_a_truncated_answer_of_linkedin_still_holds_its_id(sandbox):
    sandbox.fault(CREATE["linkedin"], "truncate")

    assert publish(sandbox, "linkedin").remote_id == sandbox.posts("linkedin")[0].id


@BOTH
def test_a_wait_is_told_and_nothing_was_posted(sandbox, slug):
    sandbox.fault(CREATE[slug], "status", status=429, headers={"Retry-After": "12"})

    with pytest.raises(errors.TryLater) as caught:
        publish(sandbox, slug)

    assert (caught.value.after, sandbox.posts()) == (12, [])


@BOTH
def test_a_page_instead_of_json_is_unknown(sandbox, slug):
    sandbox.fault(CREATE[slug], "status", status=200, body="<html>Hello</html>")

    with pytest.raises(errors.Unknown):
        publish(sandbox, slug)


def test_a_lost_answer_of_linkedin_is_settled_by_the_same_bytes_again(sandbox):
    network = connector(sandbox, "linkedin")
    tokens, profile = connect(sandbox, "linkedin")
    sandbox.fault(CREATE["linkedin"], "drop_after")
    with pytest.raises(errors.Unknown):
        network.publish(tokens, profile.remote_id, post_of(network))

    with pytest.raises(errors.Duplicate) as caught:
        network.publish(tokens, profile.remote_id, post_of(network))

    (stored,) = sandbox.posts()
    first, second = [one["body"] for one in sandbox.requests if "posts" in one["path"]]
    assert caught.value.remote_id == stored.id
    assert first == second


def test_a_lost_answer_of_x_is_settled_by_looking(sandbox):
    network = connector(sandbox, "x")
    tokens, profile = connect(sandbox, "x")
    since = datetime.now(UTC)
    sandbox.fault(CREATE["x"], "drop_after")
    with pytest.raises(errors.Unknown):
        network.publish(tokens, profile.remote_id, post_of(network))

    found = network.find(tokens, profile.remote_id, post_of(network), since)

    assert isinstance(found, Posted)
    assert found.remote_id == sandbox.posts("x")[0].id


def test_a_broken_look_is_no_proof_of_absence(sandbox):
    network = connector(sandbox, "x")
    tokens, profile = connect(sandbox, "x")
    sandbox.fault("GET /api.x.com/2/users/*/tweets", "truncate")

    with pytest.raises(errors.TryLater):
        network.find(tokens, profile.remote_id, post_of(network), datetime.now(UTC))


def test_a_refresh_without_answer_does_not_end_the_connection(sandbox):
    network = connector(sandbox, "x")
    tokens, _profile = connect(sandbox, "x")
    sandbox.fault("POST /api.x.com/2/oauth2/token", "drop_before")

    with pytest.raises(errors.TryLater):
        network.refresh(tokens)

    assert network.refresh(tokens)


def test_a_fault_counts_down_and_ends(sandbox):
    network = connector(sandbox, "x")
    tokens, _profile = connect(sandbox, "x")
    sandbox.fault("GET /api.x.com/*", "status", status=500, times=2)

    for _ in range(2):
        with pytest.raises(errors.TryLater):
            network.profile(tokens)

    assert network.profile(tokens)


def test_faults_are_ordered_listed_and_cleared_over_http(sandbox):
    url = f"{sandbox.url}/_sandbox/faults"

    status, _fault = ask(
        "POST", url, {"match": "GET /*", "fault": "delay", "seconds": 1}
    )

    assert status == 201
    assert len(ask("GET", url)[1]) == 1
    assert ask("DELETE", url)[0] == 204
    assert ask("GET", url)[1] == []


@pytest.mark.parametrize(
    "order", [{}, [], {"match": "GET /"}, {"match": "a", "fault": "fire"}, {"wish": 1}]
)
def test_a_fault_that_makes_no_sense_is_explained(sandbox, order):
    status, said = ask("POST", f"{sandbox.url}/_sandbox/faults", order)

    assert status == 400
    assert said["error"]
