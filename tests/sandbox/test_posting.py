"""Publishing for real: what stands there afterwards, and what is refused."""

from datetime import UTC, datetime

import pytest

from sharing.connectors import errors
from sharing.connectors.types import Post, Posted, Tokens
from sharing.networks.linkedin import LinkedIn
from sharing.networks.x import X
from sharing.sandbox import Sandbox, Settings
from tests.sandbox.walking import APP, LINK, ask, connect, connector, post_of

BOTH = pytest.mark.parametrize("slug", ["linkedin", "x"])
HARD = "Both (sides) #GreenEnergy [1] {2} <3> a_b *c* ~d~ @e | \\ 👨‍👩‍👧 æøå"


@BOTH
def test_a_post_stands_as_it_was_written(sandbox, slug):
    network = connector(sandbox, slug)
    tokens, profile = connect(sandbox, slug)
    post = post_of(network, HARD)

    posted = network.publish(tokens, profile.remote_id, post)

    (stored,) = sandbox.posts(slug)
    assert (stored.id, stored.text) == (posted.remote_id, post.text)
    assert posted.url == network.permalink(stored.id)


def test_a_linkedin_card_shows_what_we_said(sandbox):
    network = connector(sandbox, "linkedin")
    tokens, profile = connect(sandbox, "linkedin")

    network.publish(tokens, profile.remote_id, post_of(network))

    assert sandbox.posts("linkedin")[0].card == {
        "source": LINK,
        "title": "A title",
        "description": "A description",
    }


def test_text_that_is_not_escaped_is_cut_as_linkedin_cuts_it(sandbox):
    tokens, profile = connect(sandbox, "linkedin")
    body = {
        "author": profile.remote_id,
        "commentary": "Good news (really) and more",
        "visibility": "PUBLIC",
        "distribution": {"feedDistribution": "MAIN_FEED"},
        "lifecycleState": "PUBLISHED",
    }

    status, _answer = linkedin(sandbox, tokens, body)

    assert status == 201
    assert sandbox.posts()[0].text == "Good news "


@BOTH
def test_the_same_text_again_is_a_duplicate(sandbox, slug):
    network = connector(sandbox, slug)
    tokens, profile = connect(sandbox, slug)
    network.publish(tokens, profile.remote_id, post_of(network))

    with pytest.raises(errors.Duplicate):
        network.publish(tokens, profile.remote_id, post_of(network))

    assert len(sandbox.posts()) == 1


def test_linkedin_names_the_first_post_of_a_duplicate(sandbox):
    network = connector(sandbox, "linkedin")
    tokens, profile = connect(sandbox, "linkedin")
    first = network.publish(tokens, profile.remote_id, post_of(network))

    with pytest.raises(errors.Duplicate) as caught:
        network.publish(tokens, profile.remote_id, post_of(network))

    assert (caught.value.remote_id, caught.value.url) == (first.remote_id, first.url)


@BOTH
def test_another_person_may_post_the_same(sandbox, slug):
    network = connector(sandbox, slug)
    for name in ("Signe Holm", "Jonas Krogh"):
        tokens, profile = connect(sandbox, slug, name)
        network.publish(tokens, profile.remote_id, post_of(network))

    assert len(sandbox.posts(slug)) == 2


def test_a_post_is_found_again_by_its_tracked_link(sandbox):
    network = connector(sandbox, "x")
    tokens, profile = connect(sandbox, "x")
    since = datetime.now(UTC)
    network.publish(tokens, profile.remote_id, Post(f"Other {LINK}2", f"{LINK}2"))
    mine = network.publish(tokens, profile.remote_id, post_of(network))

    found = network.find(tokens, profile.remote_id, post_of(network), since)

    assert found == mine


@pytest.mark.parametrize(
    "link", ["http://localhost:8000/l/k3Yq", "http://10.0.0.5/l/k3Yq"]
)
def test_a_link_of_an_intranet_is_found_too(sandbox, link):
    network = connector(sandbox, "x")
    tokens, profile = connect(sandbox, "x")
    post = Post(network.compose("Words", link), link)
    mine = network.publish(tokens, profile.remote_id, post)

    assert network.find(tokens, profile.remote_id, post, datetime.now(UTC)) == mine


def test_what_was_never_posted_is_not_found(sandbox):
    network = connector(sandbox, "x")
    tokens, profile = connect(sandbox, "x")

    found = network.find(tokens, profile.remote_id, post_of(network), datetime.now(UTC))

    assert found is None


def test_numbers_grow_with_time(sandbox):
    network = connector(sandbox, "x")
    tokens, profile = connect(sandbox, "x")
    posted = network.publish(tokens, profile.remote_id, post_of(network))
    young = network.metrics(tokens, [posted.remote_id, "1"])

    sandbox.advance(5400)
    old = network.metrics(tokens, [posted.remote_id])[posted.remote_id]

    assert set(young) == {posted.remote_id}
    assert old.impressions > young[posted.remote_id].impressions


# Limits


@pytest.mark.parametrize(
    ("slug", "setting", "kind"),
    [("linkedin", "linkedin_per_day", LinkedIn), ("x", "x_per_quarter_hour", X)],
)
def test_a_used_up_quota_says_when_to_come_back(slug, setting, kind):
    with Sandbox(Settings(**{setting: 2})) as sandbox:
        network = connector(sandbox, slug)
        tokens, profile = connect(sandbox, slug)
        for number in range(2):
            network.publish(tokens, profile.remote_id, post_of(network, f"No {number}"))

        with pytest.raises(errors.TryLater) as caught:
            network.publish(tokens, profile.remote_id, post_of(network, "One more"))

        assert 0 <= caught.value.after <= 86400
        sandbox.advance(86400)
        fresh, profile = connect(sandbox, slug)
        assert network.publish(fresh, profile.remote_id, post_of(network, "Tomorrow"))


def test_the_exact_limit_of_x_is_accepted(sandbox):
    network = connector(sandbox, "x")
    tokens, profile = connect(sandbox, "x")
    post = Post(f"{'ø' * 251}日😀\n\n{LINK}", LINK)

    assert network.length(post.text) == 280
    assert network.publish(tokens, profile.remote_id, post)


def test_the_exact_limit_of_linkedin_is_accepted(sandbox):
    network = connector(sandbox, "linkedin")
    tokens, profile = connect(sandbox, "linkedin")

    assert network.publish(tokens, profile.remote_id, Post("(" * 3000, LINK))


# What the networks refuse


GOOD = {
    "author": "urn:li:person:1",
    "commentary": "Words",
    "visibility": "PUBLIC",
    "distribution": {"feedDistribution": "MAIN_FEED"},
    "lifecycleState": "PUBLISHED",
}


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"visibility": "EVERYBODY"}, 400, "INVALID_VALUE"),
        ({"lifecycleState": "DRAFT"}, 400, "INVALID_VALUE"),
        ({"author": "ana"}, 400, "INVALID_URN_TYPE"),
        ({"text": "x"}, 400, "UNPERMITTED_FIELD"),
        ({"commentary": None}, 400, "INVALID_VALUE"),
        ({"commentary": " "}, 400, "MISSING_FIELD"),
        ({"commentary": "x" * 3001}, 400, "FIELD_LENGTH_TOO_LONG"),
        ({"distribution": {}}, 400, "MISSING_FIELD"),
        ({"content": {"media": {}, "article": {}}}, 400, "INVALID_VALUE"),
        ({"content": {"article": {"source": LINK}}}, 400, "MISSING_FIELD"),
        ({"content": {"article": {"source": "x", "title": "t"}}}, 400, "INVALID_VALUE"),
        ({"author": "urn:li:person:other"}, 403, "ACCESS_DENIED"),
    ],
)
def test_linkedin_checks_the_body_field_by_field(sandbox, change, status, code):
    tokens, _profile = connect(sandbox, "linkedin")

    answer = linkedin(sandbox, tokens, {**GOOD, **change})

    assert (answer[0], answer[1]["code"]) == (status, code)
    assert sandbox.posts() == []


@pytest.mark.parametrize(
    ("header", "value", "status", "code"),
    [
        ("LinkedIn_Version", "", 400, "VERSION_MISSING"),
        ("LinkedIn_Version", "2026-08", 400, "INVALID_VERSION"),
        ("LinkedIn_Version", "202401", 426, "NONEXISTENT_VERSION"),
        ("X_Restli_Protocol_Version", "1.0.0", 400, "INVALID_PROTOCOL"),
        ("Content_Type", "text/plain", 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("Authorization", "", 401, "EMPTY_ACCESS_TOKEN"),
        ("Authorization", "Bearer nobody", 401, "INVALID_ACCESS_TOKEN"),
    ],
)
def test_linkedin_checks_the_headers(sandbox, header, value, status, code):
    tokens, _profile = connect(sandbox, "linkedin")

    answer = linkedin(sandbox, tokens, GOOD, **{header: value})

    assert (answer[0], answer[1]["code"]) == (status, code)


def linkedin(sandbox, tokens, body, **changed):
    sent = {
        "Authorization": f"Bearer {tokens.access_token}",
        "LinkedIn_Version": "202608",
        "X_Restli_Protocol_Version": "2.0.0",
        **changed,
    }
    return ask("POST", f"{sandbox.url}/api.linkedin.com/rest/posts", body, **sent)


def test_an_old_api_version_reaches_the_operator():
    with Sandbox(Settings(linkedin_oldest_version="202701")) as sandbox:
        tokens, profile = connect(sandbox, "linkedin")

        with pytest.raises(errors.OperatorAction):
            connector(sandbox, "linkedin").publish(
                tokens, profile.remote_id, Post("Words", LINK)
            )

        newer = LinkedIn(APP, sandbox.url, {"api_version": "202702"})
        assert newer.publish(tokens, profile.remote_id, Post("Words", LINK))


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"text": ""},
        {"text": 5},
        {"text": "x", "status": "y"},
        {"text": "x" * 281},
        {"text": "日" * 141},
        {"text": "a\ufffe"},
    ],
)
def test_x_takes_only_the_documented_body(sandbox, body):
    tokens, _profile = connect(sandbox, "x")
    token = f"Bearer {tokens.access_token}"

    status, said = ask(
        "POST", f"{sandbox.url}/api.x.com/2/tweets", body, Authorization=token
    )

    assert (status, said["title"]) == (400, "Invalid Request")


def test_x_wants_every_scope_for_posting(sandbox):
    wish = {"network": "x", "person": "Bo", "scopes": ["tweet.read", "users.read"]}
    _status, given = ask("POST", f"{sandbox.url}/_sandbox/tokens", wish)
    network = connector(sandbox, "x")
    tokens = Tokens(given["access_token"], scopes=tuple(given["scopes"]))

    with pytest.raises(errors.Disconnected) as caught:
        network.publish(tokens, given["remote_id"], post_of(network))

    assert caught.value.reason == "scope_missing"


def test_ids_are_larger_than_a_javascript_number(sandbox):
    network = connector(sandbox, "x")
    tokens, profile = connect(sandbox, "x")

    posted = network.publish(tokens, profile.remote_id, post_of(network))

    assert isinstance(posted, Posted)
    assert int(posted.remote_id) > 2**53
