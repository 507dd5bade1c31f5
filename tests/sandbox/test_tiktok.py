"""TikTok's sandbox, walked by the real connector and by hand."""

import http.server
import io
import json
import threading
import urllib.error
import urllib.parse
import urllib.request

import pytest

from sharing import networks
from sharing.connectors import errors
from sharing.connectors.forms import ON
from sharing.connectors.media import Kind
from sharing.connectors.progress import Progress
from sharing.connectors.types import Media, Metrics, Pending, Post, Posted
from sharing.sandbox import Sandbox, Settings
from tests.sandbox.walking import APP, ask, callback, connect, params

API = "/open.tiktokapis.com/v2"
EVERYONE = {"privacy": "PUBLIC_TO_EVERYONE"}
ONLY_ME = {"privacy": "SELF_ONLY"}
MP4 = b"\0\0\0\x18ftypmp42"


@pytest.fixture
def sandbox():
    quick = Settings(tiktok_seconds=5, tiktok_public_seconds=60)
    with Sandbox(quick) as running:
        yield running


def tiktok(sandbox, mode="audited"):
    return networks.get("tiktok")(APP, sandbox.url, {"audit": mode})


def tokens_of(sandbox, person="Signe Holm", mode="audited"):
    network = tiktok(sandbox, mode)
    back = sandbox.consent(network.authorize_url("s", callback("tiktok")), person)
    code = network.code_from(params(back))
    return network.exchange(code, callback("tiktok"))


def a_video(size=2000, seconds=12.0):
    body = MP4 + bytes(size - len(MP4))
    return Media(
        Kind.VIDEO, "video/mp4", size, lambda: io.BytesIO(body), 720, 1280, seconds
    )


def share(network, tokens, post, progress=None):
    progress = progress or Progress()
    assert network.prepare(tokens, "", post, progress) is None
    made = dict(progress.made)
    ready = Post(post.text, media=post.media, options=post.options, made=made)
    return network.publish(tokens, "", ready)


def poll(network, tokens, pending):
    return network.poll(tokens, "", pending.handle, None)


def test_a_member_connects_and_is_recognised(sandbox):
    tokens, profile = connect(sandbox, "tiktok", "Priya Nair")

    assert (profile.name, profile.handle) == ("Priya Nair", "priya_nair")
    assert set(tokens.scopes) == set(tiktok(sandbox).scopes)


def test_a_scope_may_be_left_out(sandbox):
    network = tiktok(sandbox)
    page = network.authorize_url("s", callback("tiktok"))

    back = sandbox.consent(page, scopes=["user.info.basic"])

    code = network.code_from(params(back))
    assert network.exchange(code, callback("tiktok")).scopes == ("user.info.basic",)


def test_a_refresh_token_that_was_used_ends_everything(sandbox):
    network, first = tiktok(sandbox), tokens_of(sandbox)
    second = network.refresh(first)
    assert network.profile(second).name == "Signe Holm"

    for old in (first, second):
        with pytest.raises(errors.Disconnected):
            network.refresh(old)
    with pytest.raises(errors.Disconnected):
        network.profile(second)


def test_revoking_ends_the_consent(sandbox):
    network, tokens = tiktok(sandbox), tokens_of(sandbox)

    network.revoke(tokens)

    with pytest.raises(errors.Disconnected):
        network.profile(tokens)


def test_the_form_shows_the_face_and_what_is_allowed(sandbox):
    network, tokens = tiktok(sandbox), tokens_of(sandbox, "Priya Nair")

    form = network.share_form(tokens, (a_video(seconds=61),))

    assert form.name == "Priya Nair"
    assert form.avatar.startswith("data:image/png;base64,")
    assert "60" in form.stop


@pytest.mark.parametrize("person", ["Pia Pause", "Bent Banned", "Kaja Cap"])
def test_some_people_cannot_post_now(sandbox, person):
    network, tokens = tiktok(sandbox), tokens_of(sandbox, person)

    assert network.share_form(tokens, ()).stop
    with pytest.raises(errors.ConnectorError):
        share(network, tokens, Post("W", media=(a_video(),), options=EVERYONE))


def test_a_video_goes_up_and_is_out_and_then_public(sandbox):
    network, tokens = tiktok(sandbox), tokens_of(sandbox)
    video = a_video(25_600_000)

    pending = share(network, tokens, Post("Words", media=(video,), options=EVERYONE))

    assert isinstance(poll(network, tokens, pending), Pending)
    sandbox.advance(6)
    out = poll(network, tokens, pending)
    assert out.url == "https://www.tiktok.com/@signe_holm"
    sandbox.advance(60)
    public = poll(network, tokens, pending)
    [post] = sandbox.posts("tiktok")
    address = f"https://www.tiktok.com/@signe_holm/video/{post.id}"
    assert public == Posted(post.id, address)
    stored = sandbox.world.store.files.get(post.media[0]["file"])
    assert stored.body == video.read()


def test_the_numbers_grow(sandbox):
    network, tokens = tiktok(sandbox), tokens_of(sandbox)
    pending = share(network, tokens, Post("W", media=(a_video(),), options=EVERYONE))
    sandbox.advance(6)
    remote_id = poll(network, tokens, pending).remote_id
    assert network.metrics(tokens, [remote_id]) == {}

    sandbox.advance(12 * 3600)

    told = network.metrics(tokens, [remote_id, "1"])
    assert set(told) == {remote_id}
    assert isinstance(told[remote_id], Metrics)
    assert told[remote_id].impressions > 0


def test_a_worker_that_fell_is_followed_by_another(sandbox):
    network, tokens = tiktok(sandbox), tokens_of(sandbox)
    post = Post("W", media=(a_video(35_000_000),), options=EVERYONE)
    kept = {}

    def store(made):
        if kept.get("next") == "1":
            return None  # taken back
        kept.clear()
        kept.update(made)
        return float("inf")

    with pytest.raises(errors.Stopped):
        network.prepare(tokens, "", post, Progress({}, store))

    # The part that was under way had arrived: TikTok says where to go on.
    pending = share(network, tokens, post, Progress(kept))

    sandbox.advance(6)
    assert isinstance(poll(network, tokens, pending), Posted)
    inits = [one for one in sandbox.requests if one["path"].endswith("/video/init/")]
    assert len(inits) == 1


def test_an_address_lives_an_hour(sandbox):
    network, tokens = tiktok(sandbox), tokens_of(sandbox)
    post = Post("W", media=(a_video(),), options=EVERYONE)
    progress = Progress()
    network.prepare(tokens, "", post, progress)
    first = progress.get("publish_id")

    sandbox.advance(3700)
    network.prepare(tokens, "", post, progress)

    assert progress.get("publish_id") != first


def test_a_drop_after_the_last_part_is_settled_by_the_handle(sandbox):
    network, tokens = tiktok(sandbox), tokens_of(sandbox)
    post = Post("W", media=(a_video(),), options=EVERYONE)
    progress = Progress()
    network.prepare(tokens, "", post, progress)
    ready = Post("W", media=post.media, options=EVERYONE, made=dict(progress.made))
    sandbox.fault("PUT *", "drop_after")

    with pytest.raises(errors.Unknown):
        network.publish(tokens, "", ready)

    found = network.find(tokens, "", ready, None)
    sandbox.advance(6)
    assert isinstance(poll(network, tokens, found), Posted)
    assert len(sandbox.posts("tiktok")) == 1


def test_a_file_that_is_no_video_fails_with_its_reason(sandbox):
    network, tokens = tiktok(sandbox), tokens_of(sandbox)
    text = Media(Kind.VIDEO, "video/mp4", 9, lambda: io.BytesIO(b"not video"))
    pending = share(network, tokens, Post("W", media=(text,), options=EVERYONE))

    with pytest.raises(errors.Refused, match="MP4"):
        poll(network, tokens, pending)


def test_before_the_audit_only_private_accounts_post_for_themselves(sandbox):
    sandbox.world.settings.tiktok_audited = False
    network = tiktok(sandbox, "unaudited")
    post = Post("W", media=(a_video(),), options=ONLY_ME)

    share(network, tokens_of(sandbox, "Jonas Krogh"), post)
    with pytest.raises(errors.OperatorAction):
        share(network, tokens_of(sandbox, "Signe Holm"), post)


def test_a_private_account_has_other_audiences(sandbox):
    network, tokens = tiktok(sandbox), tokens_of(sandbox, "Jonas Krogh")

    with pytest.raises(errors.Refused, match="audience"):
        share(network, tokens, Post("W", media=(a_video(),), options=EVERYONE))


def test_in_the_inbox_the_person_finishes_it(sandbox):
    network = tiktok(sandbox, "inbox")
    tokens = tokens_of(sandbox, mode="inbox")

    pending = share(network, tokens, Post("W", media=(a_video(),)))

    sandbox.advance(6)
    waiting = poll(network, tokens, pending)
    assert "inbox" in waiting.sentence
    page = read(f"{sandbox.url}/www.tiktok.com/@signe_holm")
    assert "Post it" in page
    finish = f"/_sandbox/tiktok/finish/{pending.handle['publish_id']}"
    ask("POST", f"{sandbox.url}{finish}", {})
    assert isinstance(poll(network, tokens, waiting), Posted)


def test_pictures_are_fetched_from_where_they_are(sandbox, pictures):
    network, tokens = tiktok(sandbox), tokens_of(sandbox)
    picture = Media(
        Kind.IMAGE, "image/jpeg", 9, lambda: io.BytesIO(b""), 800, 600, url=pictures
    )

    pending = share(network, tokens, Post("W", media=(picture,), options=EVERYONE))

    pictures_came = wait_for(lambda: sandbox.posts("tiktok"))
    sandbox.advance(100)
    assert poll(network, tokens, pending).url.endswith(f"/photo/{pictures_came[0].id}")


def test_pictures_that_are_not_there_fail(sandbox):
    network, tokens = tiktok(sandbox), tokens_of(sandbox)
    nowhere = "http://127.0.0.1:9/none.jpg"
    picture = Media(
        Kind.IMAGE, "image/jpeg", 9, lambda: io.BytesIO(b""), 800, 600, url=nowhere
    )
    pending = share(network, tokens, Post("W", media=(picture,), options=EVERYONE))

    def failed():
        try:
            return poll(network, tokens, pending) and None
        except errors.Refused as refused:
            return refused

    assert "fetch the pictures" in wait_for(failed).sentence


def test_a_domain_that_is_not_verified_is_the_operators(sandbox):
    sandbox.world.settings.tiktok_verified = ("https://verified.example.com/",)
    network, tokens = tiktok(sandbox), tokens_of(sandbox)
    picture = Media(
        Kind.IMAGE, "image/jpeg", 9, lambda: io.BytesIO(b""), url="https://e.example/1"
    )

    with pytest.raises(errors.OperatorAction):
        share(network, tokens, Post("W", media=(picture,), options=EVERYONE))


def test_six_posts_a_minute_and_no_more(sandbox):
    sandbox.limit(tiktok_init_per_minute=1)
    network, tokens = tiktok(sandbox), tokens_of(sandbox)
    post = Post("W", media=(a_video(),), options=EVERYONE)
    share(network, tokens, post)

    with pytest.raises(errors.TryLater) as caught:
        share(network, tokens, post)

    assert caught.value.after == 60


def test_a_day_has_an_end(sandbox):
    sandbox.limit(tiktok_posts_per_day=1)
    network, tokens = tiktok(sandbox), tokens_of(sandbox)
    post = Post("W", media=(a_video(),), options=EVERYONE)
    share(network, tokens, post)

    with pytest.raises(errors.TryLater) as caught:
        share(network, tokens, post)

    assert caught.value.after == 86_400


# By hand: what TikTok would not take


FILE = {
    "source": "FILE_UPLOAD",
    "video_size": 50_000_123,
    "chunk_size": 10_000_000,
    "total_chunk_count": 5,
}
INFO = {"title": "W", "privacy_level": "SELF_ONLY"}


def init(sandbox, tokens, info=INFO, source=FILE, **more):
    body = {"post_info": info, "source_info": source, **more}
    return ask(
        "POST",
        f"{sandbox.url}{API}/post/publish/video/init/",
        body,
        Authorization=f"Bearer {tokens.access_token}",
    )


@pytest.mark.parametrize(
    "source",
    [
        {"total_chunk_count": 6},
        {"total_chunk_count": 4},
        {"chunk_size": 4_999_999},
        {"chunk_size": 64_000_001},
        {"chunk_size": 10_000_000.0},
        {"video_size": 0},
        {"video_size": True},
        {"video_size": 4_000_000},
        {"unknown": 1},
    ],
)
def test_the_arithmetic_has_to_be_exact(sandbox, source):
    status, answer = init(sandbox, tokens_of(sandbox), source=FILE | source)

    assert (status, answer["error"]["code"]) == (400, "invalid_param")


@pytest.mark.parametrize(
    ("size", "step", "count"),
    [(50_000_123, 10_000_000, 5), (64_000_001, 64_000_000, 1), (4_000_000,) * 2 + (1,)],
)
def test_what_the_documents_compute_is_taken(sandbox, size, step, count):
    source = {"video_size": size, "chunk_size": step, "total_chunk_count": count}

    status, answer = init(sandbox, tokens_of(sandbox), source=FILE | source)

    assert status == 200
    assert answer["error"]["code"] == "ok"
    assert answer["data"]["upload_url"].startswith(f"{sandbox.url}/open-upload.")


@pytest.mark.parametrize(
    ("info", "code"),
    [
        ({"title": "a" * 2201}, "invalid_param"),
        ({"title": "\N{GRINNING FACE}" * 1101}, "invalid_param"),
        ({"hashtags": []}, "invalid_param"),
        ({"disable_duet": "false"}, "invalid_param"),
        ({"privacy_level": ""}, "invalid_param"),
        ({"privacy_level": "FOLLOWER_OF_CREATOR"}, "privacy_level_option_mismatch"),
        ({"brand_content_toggle": True}, "invalid_param"),
    ],
)
def test_the_fields_of_a_post_are_closed(sandbox, info, code):
    _status, answer = init(sandbox, tokens_of(sandbox), info=INFO | info)

    assert answer["error"]["code"] == code
    assert answer["error"]["log_id"]


def test_parts_come_in_their_turn_and_length(sandbox):
    _status, answer = init(sandbox, tokens_of(sandbox))
    url = answer["data"]["upload_url"]
    part = bytes(10_000_000)

    assert put(url, part, "bytes 10000000-19999999/50000123") == 416
    assert put(url, part, "bytes 0-9999998/50000123") == 416
    assert put(url, part[1:], "bytes 0-9999999/50000123") == 400
    assert put(url, part, "bytes 0-9999999/50000123", kind="text/plain") == 400
    assert put(url, part, "bytes 0-9999999/50000123", Authorization="Bearer t") == 403
    assert put(url, part, "bytes 0-9999999/50000123") == 206
    assert put(url, part, "bytes 0-9999999/50000123") == 416
    assert put(url.replace("upload_token=", "upload_token=x"), part, "") == 404


def test_somebody_elses_post_cannot_be_asked_about(sandbox):
    _status, answer = init(sandbox, tokens_of(sandbox))
    other = tokens_of(sandbox, "Jonas Krogh")

    _status, said = ask(
        "POST",
        f"{sandbox.url}{API}/post/publish/status/fetch/",
        {"publish_id": answer["data"]["publish_id"]},
        Authorization=f"Bearer {other.access_token}",
    )

    assert said["error"]["code"] == "token_not_authorized_for_specified_publish_id"


def test_a_slash_too_few_is_another_address(sandbox):
    status, _answer = ask("POST", f"{sandbox.url}{API}/video/list", {})

    assert status == 404


# Messages


def test_messages_are_signed_and_come_by_themselves(sandbox, inbox):
    sandbox.world.settings.tiktok_webhook = inbox.url
    sandbox.world.settings.tiktok_seconds = 0
    network, tokens = tiktok(sandbox), tokens_of(sandbox)
    profile = network.profile(tokens)

    pending = share(network, tokens, Post("W", media=(a_video(),), options=EVERYONE))

    header, body = wait_for(inbox.came.copy)[0]
    message = json.loads(body)
    assert network.is_signed(header, body)
    assert message["event"] == "post.publish.complete"
    assert message["user_openid"] == profile.remote_id
    content = json.loads(message["content"])
    assert content["publish_id"] == pending.handle["publish_id"]


def test_who_takes_the_consent_back_is_told(sandbox, inbox):
    ask("POST", f"{sandbox.url}/_sandbox/tiktok", {"webhook": inbox.url})
    network, tokens = tiktok(sandbox), tokens_of(sandbox)

    ask("POST", f"{sandbox.url}/_sandbox/tiktok", {"remove": "Signe Holm"})

    [(_header, body)] = wait_for(inbox.came.copy)
    assert json.loads(body)["event"] == "authorization.removed"
    with pytest.raises(errors.Disconnected):
        network.profile(tokens)


def test_people_see_the_post_at_its_address(sandbox):
    network, tokens = tiktok(sandbox), tokens_of(sandbox)
    disclosed = EVERYONE | {"disclosure": ON, "own_brand": ON, "comment": ON}
    share(network, tokens, Post("Look <b>", media=(a_video(),), options=disclosed))
    [post] = sandbox.posts("tiktok")

    page = read(f"{sandbox.url}/www.tiktok.com/@signe_holm/video/{post.id}")

    assert "Look &lt;b&gt;" in page
    assert "<video" in page
    assert post.sent["brand_organic_toggle"] is True
    assert post.sent["disable_comment"] is False


# Helpers


def put(url, body, content_range, kind="video/mp4", **headers):
    sent = {"Content-Type": kind, "Content-Range": content_range, **headers}
    request = urllib.request.Request(url, body, sent, method="PUT")  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return answer.status
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code


def read(url):
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310
        return answer.read().decode()


def wait_for(look):
    """What comes by itself in the background, within ten seconds."""
    pause = threading.Event()
    for _turn in range(200):
        if found := look():
            return found
        pause.wait(0.05)
    raise AssertionError("it did not come")


class Listener:
    """A small server: hands out one picture, and keeps what it is sent."""

    def __init__(self):
        came = self.came = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.answer(b"\xff\xd8\xff a picture")

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                came.append((self.headers["TikTok-Signature"], body))
                self.answer(b"")

            def answer(self, body):
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *said):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def inbox():
    listener = Listener()
    yield listener
    listener.server.shutdown()
    listener.server.server_close()


@pytest.fixture
def pictures(inbox):
    return f"{inbox.url}1.jpg"
