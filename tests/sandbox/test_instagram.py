"""Instagram's sandbox, walked by the real connector and by hand."""

import base64
import hashlib
import hmac
import http.server
import io
import json
import logging
import struct
import threading
import urllib.error
import urllib.parse
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image

from sharing import networks
from sharing.connectors import errors
from sharing.connectors.media import Kind
from sharing.connectors.progress import Progress
from sharing.connectors.rates import Scope
from sharing.connectors.types import Credentials, Media, NotYet, Post, Tokens
from sharing.sandbox import Sandbox, Settings
from tests.sandbox.walking import APP, ask, callback, connect, params

GRAPH = "/graph.instagram.com/v26.0"
DAY = 86400


@pytest.fixture
def sandbox():
    with Sandbox(Settings(instagram_seconds=0, instagram_video_seconds=30)) as running:
        yield running


@pytest.fixture(scope="module")
def shelf():
    """A server of the app's own, where Instagram fetches files and calls."""
    with Shelf() as running:
        yield running


class Shelf:
    def __enter__(self):
        shelf = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                kind, body = shelf.files.get(self.path, ("text/html", b"<p>no"))
                self.send_response(200 if self.path in shelf.files else 404)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self):
                length = int(self.headers["Content-Length"])
                shelf.calls.append((self.path, self.rfile.read(length)))
                shelf.called.set()
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_arguments):
                pass

        self.files, self.calls, self.called = {}, [], threading.Event()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_problem):
        self.server.shutdown()
        self.server.server_close()

    def put(self, name, body, kind):
        self.files[f"/{name}"] = (kind, body)
        return f"{self.url}/{name}"


def jpeg(width=600, height=500, kind="JPEG"):
    out = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, kind)
    return out.getvalue()


def mp4(seconds=12):
    head = struct.pack(">I4s4sI", 16, b"ftyp", b"mp42", 0)
    film = struct.pack(">I4sIIIII", 108, b"mvhd", 0, 0, 0, 1000, int(seconds * 1000))
    return head + struct.pack(">I4s", 116, b"moov") + film.ljust(108, b"\0")


def picture(shelf, name="a.jpg", body=None, kind="image/jpeg", **facts):
    body = jpeg() if body is None else body
    url = shelf.put(name, body, kind)
    return Media(
        Kind.IMAGE, "image/jpeg", len(body), lambda: io.BytesIO(body),
        600, 500, url=url, **facts,
    )  # fmt: skip


def film(shelf, name="v.mp4", body=None, kind="video/mp4"):
    body = mp4() if body is None else body
    url = shelf.put(name, body, kind)
    return Media(
        Kind.VIDEO, "video/mp4", len(body), lambda: io.BytesIO(body),
        720, 1280, 12.0, url=url,
    )  # fmt: skip


def instagram(sandbox, credentials=APP):
    return networks.get("instagram")(credentials, sandbox.url)


def ready(network, tokens, owner, post, progress=None):
    progress = progress or Progress()
    assert network.prepare(tokens, owner, post, progress) is None
    return Post(
        post.text, media=post.media, options=post.options, made=dict(progress.made)
    )


def share(sandbox, post, person="Signe Holm"):
    network = instagram(sandbox)
    tokens, profile = connect(sandbox, "instagram", person)
    owner = profile.remote_id
    made = ready(network, tokens, owner, post)
    return network.publish(tokens, owner, made), tokens, made, owner


# -- Signing in --------------------------------------------------------------------------


def test_a_member_connects_and_is_recognised(sandbox):
    tokens, profile = connect(sandbox, "instagram", "Priya Nair")

    assert (profile.name, profile.handle) == ("Priya Nair", "priya_nair")
    assert profile.remote_id.startswith("17841")
    assert profile.callback_id != profile.remote_id
    assert set(tokens.scopes) == set(instagram(sandbox).scopes)
    left = tokens.expires_at - datetime.now(UTC)
    assert timedelta(days=59) < left <= timedelta(days=60)


def test_a_personal_account_is_told_how_to_switch(sandbox):
    with pytest.raises(errors.Refused, match="professional account"):
        connect(sandbox, "instagram", "Pernille Privat")


def test_cancelling_comes_back_with_its_reason(sandbox):
    network = instagram(sandbox)
    page = network.authorize_url("st4te", callback("instagram"))

    back = params(sandbox.consent(page, allow=False))

    assert (back["error"], back["error_reason"]) == ("access_denied", "user_denied")
    with pytest.raises(errors.Denied):
        network.code_from(back)


def test_a_scope_may_be_left_out(sandbox):
    network = instagram(sandbox)
    page = network.authorize_url("s", callback("instagram"))

    back = sandbox.consent(page, scopes=["instagram_business_basic"])

    assert back.endswith("#_")
    tokens = network.exchange(params(back)["code"], callback("instagram"))
    assert tokens.scopes == ("instagram_business_basic",)


@pytest.mark.parametrize(
    ("credentials", "address", "error"),
    [
        (Credentials("demo-client", "wrong"), "instagram", errors.OperatorAction),
        (Credentials("stranger", "x"), "instagram", errors.OperatorAction),
        (APP, "elsewhere", errors.Refused),
    ],
)
def test_a_code_is_for_its_app_and_address(sandbox, credentials, address, error):
    page = instagram(sandbox).authorize_url("s", callback("instagram"))
    code = params(sandbox.consent(page))["code"]

    with pytest.raises(error):
        instagram(sandbox, credentials).exchange(code, callback(address))


def test_a_code_works_once(sandbox):
    network = instagram(sandbox)
    page = network.authorize_url("s", callback("instagram"))
    code = params(sandbox.consent(page))["code"]
    network.exchange(code, callback("instagram"))

    with pytest.raises(errors.Refused):
        network.exchange(code, callback("instagram"))


def test_a_token_is_renewed_when_it_is_a_day_old_and_lives(sandbox):
    network = instagram(sandbox)
    tokens, _profile = connect(sandbox, "instagram")
    with pytest.raises(errors.Disconnected):
        network.refresh(Tokens("", tokens.refresh_token))

    sandbox.advance(DAY)
    fresh = network.refresh(tokens)

    assert fresh.access_token != tokens.access_token
    assert network.profile(fresh)
    sandbox.advance(61 * DAY)
    with pytest.raises(errors.Disconnected):
        network.refresh(Tokens("", fresh.refresh_token))
    with pytest.raises(errors.Disconnected):
        network.profile(fresh)


def test_no_secret_stands_in_the_record_of_requests(sandbox):
    tokens, _profile = connect(sandbox, "instagram")

    told = json.dumps(sandbox.requests)

    assert "ig_exchange_token" in told
    assert "demo-secret" not in told
    assert tokens.access_token not in told


def test_a_token_in_an_address_is_in_no_log_however_talkative(sandbox, caplog):
    caplog.set_level(logging.DEBUG)
    network = instagram(sandbox)

    tokens, _profile = connect(sandbox, "instagram")
    sandbox.advance(DAY)
    fresh = network.refresh(tokens)

    assert "/refresh_access_token" in caplog.text
    for secret in (tokens.access_token, fresh.access_token, "demo-secret", "IGSAA"):
        assert secret not in caplog.text


# -- Publishing ---------------------------------------------------------------------------


def test_a_picture_stands_as_it_was_sent(sandbox, shelf):
    post = Post("Good news #Grid", media=(picture(shelf, alt="A mast"),))

    posted, *_more = share(sandbox, post)

    (stored,) = sandbox.posts("instagram")
    assert (stored.id, stored.text) == (posted.remote_id, "Good news #Grid")
    assert stored.media[0]["alt"] == "A mast"
    code = stored.sent["shortcode"]
    assert posted.url == f"https://www.instagram.com/p/{code}/"
    with urllib.request.urlopen(  # noqa: S310
        posted.url.replace("https://", f"{sandbox.url}/"), timeout=10
    ) as page:
        assert "Good news" in page.read().decode()


def test_a_reel_is_worked_on_for_a_while(sandbox, shelf):
    network = instagram(sandbox)
    tokens, profile = connect(sandbox, "instagram")
    post, progress = Post("Look", media=(film(shelf),)), Progress()

    waits = network.prepare(tokens, profile.remote_id, post, progress)
    assert isinstance(waits, NotYet)
    early = Post("Look", media=post.media, made=dict(progress.made))
    with pytest.raises(errors.TryLater) as caught:
        network.publish(tokens, profile.remote_id, early)
    assert caught.value.reason == "media"
    sandbox.advance(31)
    made = ready(network, tokens, profile.remote_id, post, progress)

    posted = network.publish(tokens, profile.remote_id, made)

    assert "/reel/" in posted.url
    assert sandbox.posts()[0].sent["product"] == "REELS"


def test_a_carousel_keeps_its_order(sandbox, shelf):
    media = (
        picture(shelf, "1.jpg", alt="one"),
        picture(shelf, "2.jpg", alt="two"),
        picture(shelf, "3.jpg", alt="three"),
    )

    share(sandbox, Post("Three", media=media))

    (stored,) = sandbox.posts()
    assert [one["alt"] for one in stored.media] == ["one", "two", "three"]
    assert stored.sent["type"] == "CAROUSEL_ALBUM"


def test_a_post_tells_where_its_file_is(sandbox, shelf):
    posted, tokens, _made, owner = share(
        sandbox, Post("Look", media=(picture(shelf, alt="A mast"),))
    )
    fields = "media_url,alt_text,owner,children,caption"

    _status, told = graph(sandbox, tokens, f"{posted.remote_id}?fields={fields}")

    assert told["owner"] == {"id": owner}
    assert (told["caption"], told["alt_text"]) == ("Look", "A mast")
    assert "children" not in told
    with urllib.request.urlopen(told["media_url"], timeout=10) as file:  # noqa: S310
        assert file.read() == jpeg()


def test_a_story_has_no_words_and_an_edge_of_its_own(sandbox, shelf):
    post = Post("Not shown", media=(picture(shelf),), options={"story": "on"})

    posted, tokens, made, owner = share(sandbox, post)

    assert sandbox.posts()[0].text == ""
    assert "/stories/" in posted.url
    found = instagram(sandbox).find(tokens, owner, made, datetime.now(UTC))
    assert found == posted


@pytest.mark.parametrize(
    ("body", "kind", "error"),
    [
        (b"<html>sign in</html>", "text/html", errors.TryLater),
        (jpeg(kind="PNG"), "image/png", errors.Refused),
        (b"nothing like it", "image/jpeg", errors.Refused),
        (jpeg(300, 900), "image/jpeg", errors.Refused),
        (jpeg(900, 300), "image/jpeg", errors.Refused),
    ],
)
def test_what_is_fetched_is_judged(sandbox, shelf, body, kind, error):
    with pytest.raises(error):
        share(sandbox, Post("", media=(picture(shelf, "odd.jpg", body, kind),)))

    assert sandbox.posts() == []


def test_a_file_that_is_not_there_is_tried_three_times(sandbox, shelf):
    network = instagram(sandbox)
    tokens, profile = connect(sandbox, "instagram")
    missing = picture(shelf, "gone.jpg")
    del shelf.files["/gone.jpg"]
    progress = Progress()

    for _attempt in range(2):
        with pytest.raises(errors.TryLater):
            network.prepare(
                tokens, profile.remote_id, Post("", media=(missing,)), progress
            )
    with pytest.raises(errors.Refused, match="could not fetch"):
        network.prepare(tokens, profile.remote_id, Post("", media=(missing,)), progress)


@pytest.mark.parametrize("body", [b"no film at all", mp4(2), mp4(901)])
def test_a_video_that_does_not_fit_breaks_its_container(sandbox, shelf, body):
    network = instagram(sandbox)
    tokens, profile = connect(sandbox, "instagram")
    post, progress = Post("", media=(film(shelf, "bad.mp4", body),)), Progress()
    network.prepare(tokens, profile.remote_id, post, progress)
    sandbox.advance(31)

    with pytest.raises(errors.Refused, match="kind of video"):
        network.prepare(tokens, profile.remote_id, post, progress)


def test_a_container_dies_after_a_day_and_is_made_anew(sandbox, shelf):
    network = instagram(sandbox)
    tokens, profile = connect(sandbox, "instagram")
    post, progress = Post("", media=(picture(shelf),)), Progress()
    ready(network, tokens, profile.remote_id, post, progress)
    first = progress.get("container")

    sandbox.advance(DAY + 1)

    assert isinstance(
        network.prepare(tokens, profile.remote_id, post, progress), NotYet
    )
    ready(network, tokens, profile.remote_id, post, progress)
    assert progress.get("container") != first


def test_an_answer_that_was_lost_is_found_by_its_container(sandbox, shelf):
    network = instagram(sandbox)
    tokens, profile = connect(sandbox, "instagram")
    owner, since = profile.remote_id, datetime.now(UTC)
    made = ready(network, tokens, owner, Post("Words", media=(picture(shelf),)))
    assert network.find(tokens, owner, made, since) is None
    sandbox.fault(f"POST {GRAPH}/{owner}/media_publish", "drop_after")

    with pytest.raises(errors.Unknown):
        network.publish(tokens, owner, made)

    found = network.find(tokens, owner, made, since)
    assert found.remote_id == sandbox.posts()[0].id
    again = Progress(dict(made.made))
    assert network.prepare(tokens, owner, made, again) is None
    standing = Post("Words", media=made.media, made=dict(again.made))
    assert network.publish(tokens, owner, standing) == found
    assert len(sandbox.posts()) == 1


def test_a_container_is_published_once(sandbox, shelf):
    _posted, tokens, made, owner = share(sandbox, Post("", media=(picture(shelf),)))

    with pytest.raises(errors.TryLater):
        instagram(sandbox).publish(tokens, owner, made)

    assert len(sandbox.posts()) == 1


def test_a_used_up_day_is_told_before_and_at_publishing(sandbox, shelf):
    sandbox.limit(instagram_posts_per_day=1)
    network = instagram(sandbox)
    tokens, profile = connect(sandbox, "instagram")
    owner, progress = profile.remote_id, Progress()
    post = Post("", media=(picture(shelf),))
    made = [ready(network, tokens, owner, post, Progress()) for _number in range(2)]
    network.publish(tokens, owner, made[0])

    with pytest.raises(errors.TryLater) as before:
        network.prepare(tokens, owner, post, progress)
    with pytest.raises(errors.TryLater) as late:
        network.publish(tokens, owner, made[1])

    assert before.value.reason == late.value.reason == "rate_limited"
    sandbox.advance(DAY)
    assert network.prepare(tokens, owner, post, Progress()) is None


def test_who_calls_too_often_is_told_how_long_to_wait(sandbox):
    network = instagram(sandbox)
    tokens, _profile = connect(sandbox, "instagram")
    sandbox.limit(instagram_account_per_hour=0)

    with pytest.raises(errors.TryLater) as caught:
        network.profile(tokens)

    assert caught.value.after == 3600
    assert caught.value.scope == Scope.ACCOUNT
    sandbox.limit(instagram_account_per_hour=99, instagram_app_per_hour=0)
    with pytest.raises(errors.TryLater) as caught:
        network.profile(tokens)
    assert caught.value.scope == Scope.APP


# -- Numbers -----------------------------------------------------------------------------


@pytest.mark.parametrize("story", [False, True])
def test_numbers_come_late_and_grow(sandbox, shelf, story):
    options = {"story": "on"} if story else {}
    post = Post("", media=(picture(shelf),), options=options)
    posted, tokens, _made, _owner = share(sandbox, post)
    network = instagram(sandbox)

    young = network.metrics(tokens, [posted.remote_id, "1"])
    sandbox.advance(5400)
    [old] = network.metrics(tokens, [posted.remote_id]).values()

    assert set(young) == {posted.remote_id}
    assert young[posted.remote_id].impressions is None
    assert old.impressions > old.reach > 0
    assert (old.saves is None) == story


def test_a_number_that_no_longer_exists_spoils_the_question(sandbox, shelf):
    posted, tokens, _made, _owner = share(sandbox, Post("", media=(picture(shelf),)))
    url = f"{sandbox.url}{GRAPH}/{posted.remote_id}/insights?metric=views,impressions"

    status, answer = ask("GET", url, Authorization=f"Bearer {tokens.access_token}")

    assert (status, answer["error"]["code"]) == (400, 100)


# -- By hand ------------------------------------------------------------------------------


def graph(sandbox, tokens, path, form=None):
    """As the documentation's examples do: the token as a parameter."""
    asked = dict(form or {}) | {"access_token": tokens.access_token}
    data = urllib.parse.urlencode(asked).encode()
    url = f"{sandbox.url}{GRAPH}/{path}"
    request = urllib.request.Request(  # noqa: S310
        url if form is not None else f"{url}&{data.decode()}",
        data if form is not None else None,
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code, json.load(answer)


@pytest.mark.parametrize(
    ("form", "code", "subcode"),
    [
        ({}, 100, None),
        ({"image_url": "ftp://x/a.jpg"}, 9004, 2207052),
        ({"image_url": "http://127.0.0.1:1/a.jpg"}, 9004, 2207052),
        ({"media_type": "VIDEO", "video_url": "http://x/v.mp4"}, 100, 2207023),
        ({"media_type": "TEXT"}, 100, 2207023),
        ({"media_type": "REELS", "image_url": "http://x/a.jpg"}, 100, None),
        ({"media_type": "CAROUSEL", "children": "1"}, 100, 2207028),
        ({"media_type": "CAROUSEL", "children": "1,2"}, 100, 2207028),
        ({"image_url": "http://x/a.jpg", "caption": "x" * 2201}, 36004, 2207010),
        ({"image_url": "http://x/a.jpg", "caption": "#a " * 31}, 100, 2207040),
        ({"image_url": "http://x/a.jpg", "caption": "@a " * 21}, 100, 2207040),
    ],
)
def test_a_wrong_request_is_told_by_its_number(sandbox, form, code, subcode):
    tokens, _profile = connect(sandbox, "instagram")

    status, answer = graph(sandbox, tokens, "me/media", form)

    assert status == 400
    assert answer["error"]["code"] == code
    assert answer["error"].get("error_subcode") == subcode
    assert answer["error"]["fbtrace_id"]


def test_another_ones_container_and_posts_are_not_to_be_seen(sandbox, shelf):
    posted, _tokens, made, owner = share(sandbox, Post("", media=(picture(shelf),)))
    strange, _profile = connect(sandbox, "instagram", "Jonas Krogh")

    for name in (posted.remote_id, made.made["container"], owner):
        status, answer = graph(sandbox, strange, f"{name}?fields=id")
        assert (status, answer["error"]["code"]) == (400, 100)
        assert answer["error"]["error_subcode"] == 33


def test_metas_own_library_finds_its_ways(sandbox, shelf):
    """It ends nodes with a slash, and writes lists as JSON."""
    posted, tokens, _made, _owner = share(sandbox, Post("", media=(picture(shelf),)))
    sandbox.advance(5400)

    assert graph(sandbox, tokens, "me/?fields=username")[0] == 200
    asked = urllib.parse.quote('["views","reach"]')
    status, answer = graph(
        sandbox, tokens, f"{posted.remote_id}/insights?metric={asked}"
    )

    assert status == 200
    assert [one["name"] for one in answer["data"]] == ["views", "reach"]


def test_an_unknown_field_is_an_error(sandbox):
    tokens, _profile = connect(sandbox, "instagram")

    status, answer = graph(sandbox, tokens, "me?fields=user_id,email")

    assert (status, answer["error"]["code"]) == (400, 100)


def test_a_removed_app_is_called_with_its_own_signature(sandbox, shelf):
    tokens, profile = connect(sandbox, "instagram")
    shelf.calls.clear()
    shelf.called.clear()
    wish = {"deauthorize": f"{shelf.url}/gone", "remove": "Signe Holm"}

    ask("POST", f"{sandbox.url}/_sandbox/instagram", wish)

    assert shelf.called.wait(5)
    [(path, body)] = shelf.calls
    signed = urllib.parse.parse_qs(body.decode())["signed_request"][0]
    proof, _, payload = signed.partition(".")
    expected = hmac.new(b"demo-secret", payload.encode(), hashlib.sha256).digest()
    assert base64.urlsafe_b64decode(proof + "=" * (-len(proof) % 4)) == expected
    event = instagram(sandbox).verify_callback("deauthorize", {}, body)
    assert (path, event.remote_id) == ("/gone", profile.callback_id)
    with pytest.raises(errors.Disconnected):
        instagram(sandbox).profile(tokens)


def test_the_page_of_apps_has_a_way_out(sandbox):
    tokens, _profile = connect(sandbox, "instagram")
    page = f"{sandbox.url}/www.instagram.com/accounts/manage_access/"
    with urllib.request.urlopen(page, timeout=10) as answer:  # noqa: S310
        assert "Signe Holm" in answer.read().decode()

    form = urllib.parse.urlencode({"person": "Signe Holm"}).encode()
    urllib.request.urlopen(  # noqa: S310
        f"{sandbox.url}/_sandbox/instagram/remove", form, timeout=10
    ).close()

    with pytest.raises(errors.Disconnected):
        instagram(sandbox).profile(tokens)


def test_the_id_that_an_app_knows_a_person_by_is_theirs_as_well(sandbox):
    tokens, profile = connect(sandbox, "instagram")

    _status, mine = graph(sandbox, tokens, f"{profile.callback_id}?fields=id,user_id")
    _status, quota = graph(
        sandbox, tokens, f"{profile.callback_id}/content_publishing_limit?fields=config"
    )

    assert mine == {"id": profile.callback_id, "user_id": profile.remote_id}
    assert quota["data"]
