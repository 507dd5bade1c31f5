"""The Mastodon servers of the sandbox, asked by our connector."""

from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
import requests

from sharing import networks
from sharing.connectors import errors
from sharing.connectors.media import Kind
from sharing.connectors.progress import Progress
from sharing.connectors.types import Credentials, Media, NotYet, Post
from sharing.sandbox import Sandbox
from tests.connectors.contract import CALLBACK

SERVER = "https://social.example"
SINCE = datetime.now(UTC) - timedelta(hours=1)
LINK = "https://go.example.com/l/k3Yq"


@pytest.fixture
def mastodon(sandbox):
    anywhere = networks.get("mastodon")(Credentials(""), sandbox.url)
    app = anywhere.at(SERVER).register("Advocacy", "https://app.example.com", CALLBACK)
    return anywhere.at(SERVER, app)


@pytest.fixture
def tokens(sandbox, mastodon):
    verifier = mastodon.new_verifier()
    page = mastodon.authorize_url("state", CALLBACK, mastodon.challenge(verifier))
    back = sandbox.consent(page, "Signe Holm")
    code = back.partition("code=")[2].partition("&")[0]
    return mastodon.exchange(code, CALLBACK, verifier)


def post_of(mastodon, text="Good news", **fields):
    return Post(mastodon.compose(text, LINK), LINK, **fields)


def test_a_post_stands_and_is_found_and_counted(sandbox, mastodon, tokens):
    me = mastodon.profile(tokens)
    post = post_of(mastodon)

    posted = mastodon.publish(tokens, me.remote_id, post)
    sandbox.advance(24 * 3600)

    assert (
        mastodon.find(tokens, me.remote_id, post, SINCE).remote_id == posted.remote_id
    )
    assert mastodon.metrics(tokens, [posted.remote_id, "1"])[posted.remote_id].likes > 0
    assert posted.url == mastodon.permalink(posted.remote_id, me.handle)


def test_the_same_key_within_an_hour_is_the_same_post(sandbox, mastodon, tokens):
    me = mastodon.profile(tokens).remote_id
    post = post_of(mastodon, key="019aa7d2-5b1c-7a3e-9c41-6f2d8b7e0c15")

    first = mastodon.publish(tokens, me, post)
    second = mastodon.publish(tokens, me, post)
    sandbox.advance(3700)
    third = mastodon.publish(tokens, me, post)

    assert first == second
    assert third.remote_id != first.remote_id


@pytest.mark.parametrize("text", ["x" * 501, "é" * 501])
def test_a_text_is_as_long_here_as_there(sandbox, mastodon, tokens, text):
    assert mastodon.check(text)
    with pytest.raises(errors.Refused, match="500 exceeded"):
        mastodon.send(tokens, "", Post(text), None)


@pytest.mark.parametrize(
    "text", ["👩‍👩‍👧‍👦" * 500, "e\u0301" * 500, "@bo@far.example " * 125]
)
def test_the_longest_text_is_taken(sandbox, mastodon, tokens, text):
    assert mastodon.check(text) == []
    assert mastodon.send(tokens, "", Post(text), None).remote_id


def media(kind, content_type):
    return Media(kind, content_type, 7, lambda: BytesIO(b"\xff\xd8bytes"), alt="A drum")


def test_pictures_go_out_with_their_words(sandbox, mastodon, tokens):
    progress = Progress()
    post = post_of(mastodon, media=(media(Kind.IMAGE, "image/jpeg"),))

    assert mastodon.prepare(tokens, "", post, progress) is None
    ready = Post(post.text, LINK, media=post.media, made=progress.made)
    mastodon.publish(tokens, "", ready)

    [stored] = sandbox.posts("mastodon")
    assert [one["alt"] for one in stored.media] == ["A drum"]


def test_a_video_is_worked_up_first(sandbox, mastodon, tokens):
    progress = Progress()
    post = post_of(mastodon, media=(media(Kind.VIDEO, "video/mp4"),))

    assert isinstance(mastodon.prepare(tokens, "", post, progress), NotYet)
    early = Post(post.text, LINK, media=post.media, made=progress.made)
    with pytest.raises(errors.Refused, match="not finished processing"):
        mastodon.publish(tokens, "", early)
    sandbox.advance(10)

    assert mastodon.prepare(tokens, "", post, progress) is None
    assert mastodon.publish(tokens, "", early).remote_id


def test_a_token_is_good_at_its_own_server_only(sandbox, mastodon, tokens):
    elsewhere = networks.get("mastodon")(Credentials(""), sandbox.url)
    stranger = type(tokens)(tokens.access_token, server="https://other.example")

    with pytest.raises(errors.Disconnected):
        elsewhere.profile(stranger)


def test_the_limit_of_posts_is_told_and_kept(sandbox, mastodon, tokens):
    sandbox.limit(mastodon_per_three_hours=1)

    first = mastodon.publish(tokens, "", post_of(mastodon, "One"))
    with pytest.raises(errors.TryLater) as caught:
        mastodon.publish(tokens, "", post_of(mastodon, "Two"))

    assert first.allowances[0].remaining == 0
    assert 0 < caught.value.after <= 3 * 3600


def test_a_consent_is_revoked_by_the_app_it_was_given_to(sandbox, mastodon, tokens):
    mastodon.revoke(tokens)

    with pytest.raises(errors.Disconnected):
        mastodon.profile(tokens)


def test_a_wrong_verifier_gets_nothing(sandbox, mastodon):
    page = mastodon.authorize_url("s", CALLBACK, mastodon.challenge("v" * 43))
    code = sandbox.consent(page).partition("code=")[2].partition("&")[0]

    with pytest.raises(errors.Refused):
        mastodon.exchange(code, CALLBACK, "w" * 43)


def test_apps_and_files_survive_a_restart(tmp_path):
    with Sandbox(folder=tmp_path) as first:
        anywhere = networks.get("mastodon")(Credentials(""), first.url)
        app = anywhere.at(SERVER).register("A", "https://a.example", CALLBACK)
    with Sandbox(folder=tmp_path) as second:
        assert f"app/{app.client_id}" in second.world.store.notes


def test_only_its_author_deletes_a_post(sandbox, mastodon, tokens):
    me = mastodon.profile(tokens).remote_id
    posted = mastodon.publish(tokens, me, post_of(mastodon))
    url = f"{sandbox.url}/social.example/api/v1/statuses/{posted.remote_id}"
    mine = {"Authorization": f"Bearer {tokens.access_token}"}

    assert requests.delete(url, timeout=5).status_code == 401
    deleted = requests.delete(url, headers=mine, timeout=5)

    assert LINK in deleted.json()["text"]
    assert sandbox.posts("mastodon") == []
    assert requests.delete(url, headers=mine, timeout=5).status_code == 404
