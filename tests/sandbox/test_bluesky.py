"""Bluesky in the sandbox, asked by our connector and by hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
import requests

from common.ids import uuid7
from sharing import networks
from sharing.connectors import errors
from sharing.connectors.media import Kind
from sharing.connectors.progress import Progress
from sharing.connectors.types import Credentials, Media, Post
from sharing.networks.bluesky import record_of

SINCE = datetime.now(UTC) - timedelta(hours=1)
LINK = "https://go.example.com/l/k3Yq"
SIGNE = {"identifier": "signe-holm.bsky.social", "password": "demo-demo-demo-demo"}


@pytest.fixture
def bluesky(sandbox):
    return networks.get("bluesky")(Credentials(""), sandbox.url)


@pytest.fixture
def tokens(bluesky):
    return bluesky.sign_in(SIGNE)


@pytest.fixture
def me(bluesky, tokens):
    return bluesky.profile(tokens).remote_id


def post_of(text="Good news", **fields):
    return Post(text, LINK, "A title", "More", key=str(uuid7()), **fields)


def test_signing_in_leads_to_the_server_of_the_account(bluesky, tokens):
    profile = bluesky.profile(tokens)

    assert tokens.server == "https://pds.bsky.network"
    assert (profile.handle, profile.name) == ("signe-holm.bsky.social", "Signe Holm")
    assert profile.remote_id.startswith("did:plc:")


@pytest.mark.parametrize(
    ("password", "field"),
    [("wrong-pass", "password"), ("the-real-one", "password"), ("code", "password")],
)
def test_only_an_app_password_will_do(sandbox, bluesky, password, field):
    with pytest.raises(errors.Mistyped) as caught:
        bluesky.sign_in(SIGNE | {"password": password})

    assert caught.value.field == field
    assert all(grant.revoked for grant in sandbox.world.store.grants)


def test_a_post_stands_once_however_often_it_is_sent(sandbox, bluesky, tokens, me):
    post = post_of("Read https://example.com #today æøå")

    first = bluesky.publish(tokens, me, post)
    second = bluesky.publish(tokens, me, post)
    sandbox.advance(24 * 3600 - 10)
    fresh = bluesky.refresh(tokens)

    assert first == second
    assert len(sandbox.posts("bluesky")) == 1
    assert bluesky.find(fresh, me, post, SINCE) == first
    assert bluesky.find(fresh, me, post_of(), SINCE) is None
    assert bluesky.metrics(fresh, [first.remote_id])[first.remote_id].likes > 0


def test_a_session_ends_and_renews_with_a_new_pair(sandbox, bluesky, tokens, me):
    sandbox.advance(7300)
    with pytest.raises(errors.Disconnected):
        bluesky.profile(tokens)

    fresh = bluesky.refresh(tokens)

    assert bluesky.profile(fresh).remote_id == me
    assert bluesky.refresh(tokens).access_token not in ("", fresh.access_token)
    sandbox.advance(7300)
    with pytest.raises(errors.Disconnected):
        bluesky.refresh(tokens)


def test_a_session_that_was_ended_is_over(bluesky, tokens):
    bluesky.revoke(tokens)

    with pytest.raises(errors.Disconnected):
        bluesky.profile(tokens)
    with pytest.raises(errors.Disconnected):
        bluesky.refresh(tokens)


def picture(body=b"picture", content_type="image/jpeg"):
    return Media(
        Kind.IMAGE, content_type, len(body), lambda: BytesIO(body), 4, 3, alt="A drum"
    )


def test_pictures_stand_on_the_page_with_their_words(sandbox, bluesky, tokens, me):
    progress = Progress()
    post = post_of(media=(picture(), picture(b"other")))

    bluesky.prepare(tokens, me, post, progress)
    posted = bluesky.publish(tokens, me, replace(post, made=progress.made))

    [stored] = sandbox.posts("bluesky")
    assert [one["alt"] for one in stored.media] == ["A drum", "A drum"]
    page = requests.get(posted.url.replace("https://", f"{sandbox.url}/"), timeout=5)
    assert 'alt="A drum"' in page.text


def test_a_picture_that_nobody_uploaded_is_refused(bluesky, tokens, me):
    progress = Progress()
    post = post_of(media=(picture(),))
    bluesky.prepare(tokens, me, post, progress)
    odd = progress.get("blob0").replace("bafkrei", "bafkrex")

    with pytest.raises(errors.Refused, match="Could not find blob"):
        bluesky.publish(tokens, me, replace(post, made={"blob0": odd}))


@pytest.mark.parametrize("text", ["👩‍👩‍👧‍👦" * 120, "e\u0301" * 300, "x" * 300])
def test_the_longest_text_is_taken(bluesky, tokens, me, text):
    assert bluesky.check(text) == []
    assert bluesky.publish(tokens, me, post_of(text))


@pytest.mark.parametrize("text", ["x" * 301, "👩‍👩‍👧‍👦" * 121])
def test_a_longer_one_is_not(bluesky, tokens, me, text):
    assert bluesky.check(text)
    with pytest.raises(errors.Refused, match="longer than"):
        bluesky.send(tokens, me, post_of(text), None)


@pytest.mark.parametrize(
    "spoil",
    [
        {"$type": "app.bsky.feed.like"},
        {"createdAt": "yesterday"},
        {"createdAt": "2026-11-22 10:00"},
        {"text": 5},
        {"facets": [{"index": {"byteStart": 0, "byteEnd": 99}, "features": []}]},
        {
            "text": "æ",
            "facets": [
                {
                    "index": {"byteStart": 0, "byteEnd": 1},
                    "features": [
                        {"$type": "app.bsky.richtext.facet#tag", "tag": "x"},
                    ],
                }
            ],
        },
        {"embed": {"$type": "app.bsky.embed.external", "external": {"uri": LINK}}},
        {"embed": {"$type": "app.bsky.embed.images", "images": [{"alt": "x"}]}},
    ],
)
def test_a_record_that_no_lexicon_knows_is_refused(sandbox, tokens, me, spoil):
    wish = {
        "repo": me,
        "collection": "app.bsky.feed.post",
        "rkey": "3k2yihcrp6f2c",
        "record": record_of(post_of()) | spoil,
    }

    answer = requests.post(
        f"{sandbox.url}/pds.bsky.network/xrpc/com.atproto.repo.putRecord",
        json=wish,
        headers={"Authorization": f"Bearer {tokens.access_token}"},
        timeout=5,
    )

    assert (answer.status_code, answer.json()["error"]) == (400, "InvalidRequest")
    assert sandbox.posts("bluesky") == []


def test_the_limit_of_posts_is_told_and_kept(sandbox, bluesky, tokens, me):
    sandbox.limit(bluesky_per_hour=1)
    bluesky.publish(tokens, me, post_of("One"))

    with pytest.raises(errors.TryLater) as caught:
        bluesky.publish(tokens, me, post_of("Two"))

    assert 0 < caught.value.after <= 3600


def ask(sandbox, tokens, method, name, **how):
    return requests.request(
        method,
        f"{sandbox.url}/pds.bsky.network/xrpc/{name}",
        headers={"Authorization": f"Bearer {tokens.access_token}"},
        timeout=5,
        **how,
    ).json()


def test_records_are_listed_newest_first_and_taken_away(sandbox, bluesky, tokens, me):
    posts = [bluesky.publish(tokens, me, post_of(f"News {n}")) for n in range(3)]
    whose = {"repo": me, "collection": "app.bsky.feed.post", "limit": "2"}

    page = ask(sandbox, tokens, "GET", "com.atproto.repo.listRecords", params=whose)
    rest = ask(
        sandbox, tokens, "GET", "com.atproto.repo.listRecords",
        params=whose | {"cursor": page["cursor"]},
    )  # fmt: skip
    gone = {"repo": me, "collection": "app.bsky.feed.post",
            "rkey": posts[0].remote_id.rpartition("/")[2]}  # fmt: skip
    first = ask(sandbox, tokens, "POST", "com.atproto.repo.deleteRecord", json=gone)
    second = ask(sandbox, tokens, "POST", "com.atproto.repo.deleteRecord", json=gone)
    feed = ask(
        sandbox, tokens, "GET", "app.bsky.feed.getAuthorFeed", params={"actor": me}
    )

    listed = [one["uri"] for one in page["records"] + rest["records"]]
    assert listed == [one.remote_id for one in reversed(posts)]
    assert "cursor" not in rest
    assert "commit" in first
    assert second == {}
    assert [one["post"]["uri"] for one in feed["feed"]] == listed[:2]
