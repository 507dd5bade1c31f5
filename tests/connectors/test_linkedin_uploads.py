"""LinkedIn, to the byte: what is asked for a file, where it goes, and in which pieces."""

import json
import time

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st

from sharing.connectors import errors
from sharing.connectors.progress import Progress
from sharing.connectors.types import Credentials, NotYet, Post, Tokens
from sharing.networks.linkedin import DOCUMENT, PICTURES, VIDEO, LinkedIn, uploads
from sharing.networks.linkedin.bodies import body_of
from sharing.networks.linkedin.uploads import Upload
from tests.connectors.contract import LINK
from tests.connectors.files import JPEG, PDF, document, mp4, picture, video

REST = "https://api.linkedin.com/rest"
DMS = "https://www.linkedin.com/dms-uploads/sp/D5/uploaded-video"
ME = "urn:li:person:ab12"
TOKENS = Tokens("a-token", scopes=("openid", "profile", "w_member_social"))
FILM = mp4(10_000)


@pytest.fixture
def wire():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as wire:
        yield wire


@pytest.fixture
def linkedin():
    return LinkedIn(Credentials("an-app", "a-secret"))


def prepare(network, progress, *files, **post):
    return network.prepare(
        TOKENS, ME, Post("Words", LINK, media=files, **post), progress
    )


def begins(wire, resource, **value):
    url = f"{REST}/{resource}?action=initializeUpload"
    wire.post(url, json={"value": value})


def whole(wire, kind, resource, url=f"{DMS}/0?ca=1"):
    begins(wire, resource, uploadUrl=url, **{kind: f"urn:li:{kind}:C4E1"})
    wire.put(url, status=201)


def film(wire, *lasts, until=None, status="AVAILABLE"):
    """A video in ranges that end at these bytes, each at an address of its own."""
    firsts = [0, *(last + 1 for last in lasts[:-1])]
    steps = [
        {
            "uploadUrl": f"{DMS}/{number}?cn=uploads",
            "firstByte": first,
            "lastByte": last,
        }
        for number, (first, last) in enumerate(zip(firsts, lasts, strict=True))
    ]
    until = until or int((time.time() + 600) * 1000)
    begins(wire, "videos", video="urn:li:video:D5F1", uploadInstructions=steps,
           uploadUrlsExpireAt=until, uploadToken="t0k3n")  # fmt: skip
    for number in range(len(lasts)):
        wire.put(f"{DMS}/{number}?cn=uploads", headers={"ETag": f'"tag-{number}"'})
    wire.post(f"{REST}/videos?action=finalizeUpload", status=200)
    wire.get(f"{REST}/videos/urn%3Ali%3Avideo%3AD5F1", json={"status": status})


def sent(wire, method="POST"):
    return [call.request for call in wire.calls if call.request.method == method]


@pytest.mark.parametrize(
    ("kind", "resource", "file", "body"),
    [("image", "images", picture(), JPEG), ("document", "documents", document(), PDF)],
)
def test_a_file_in_one_piece(linkedin, wire, kind, resource, file, body):
    whole(wire, kind, resource)
    progress = Progress()

    assert prepare(linkedin, progress, file) is None

    (begun,), (put,) = sent(wire), sent(wire, "PUT")
    assert begun.url == f"{REST}/{resource}?action=initializeUpload"
    assert json.loads(begun.body) == {"initializeUploadRequest": {"owner": ME}}
    assert begun.headers["LinkedIn-Version"] == "202608"
    assert begun.headers["X-Restli-Protocol-Version"] == "2.0.0"
    assert begun.headers["Content-Type"] == "application/json"
    assert begun.headers["Authorization"] == "Bearer a-token"
    assert put.body == body
    assert put.headers["Authorization"] == "Bearer a-token"
    assert progress.get("urn0") == f"urn:li:{kind}:C4E1"


def test_a_video_in_ranges(linkedin, wire):
    film(wire, 3999, 7999, 9999)
    progress = Progress()

    assert prepare(linkedin, progress, video(FILM)) is None

    begun, finished = sent(wire)
    assert json.loads(begun.body) == {
        "initializeUploadRequest": {
            "owner": ME,
            "fileSizeBytes": 10_000,
            "uploadCaptions": False,
            "uploadThumbnail": False,
        }
    }
    puts = sent(wire, "PUT")
    assert [put.body for put in puts] == [FILM[:4000], FILM[4000:8000], FILM[8000:]]
    assert {put.headers["Content-Type"] for put in puts} == {"application/octet-stream"}
    assert not any("Authorization" in put.headers for put in puts)
    assert json.loads(finished.body) == {
        "finalizeUploadRequest": {
            "video": "urn:li:video:D5F1",
            "uploadToken": "t0k3n",
            "uploadedPartIds": ["tag-0", "tag-1", "tag-2"],
        }
    }
    assert set(progress.made) == {"urn0", "at0"}


def test_a_large_document_is_read_while_it_is_sent(linkedin, wire, monkeypatch):
    monkeypatch.setattr(uploads, "AT_ONCE", 8)
    begins(wire, "documents", uploadUrl=f"{DMS}/0", document="urn:li:document:C4E1")
    came = []

    def take(request):
        came.append((request.headers["Content-Length"], request.body))
        return 201, {}, ""

    wire.add_callback("PUT", f"{DMS}/0", callback=take)

    assert prepare(linkedin, Progress(), document()) is None

    assert came == [(str(len(PDF)), PDF)]


@pytest.mark.parametrize("until", [None, True, "soon", [], -1, 10**400, 1e999, "nan"])
def test_addresses_of_a_video_live_an_hour_where_nothing_sensible_is_said(
    linkedin, wire, until
):
    film(wire, 9999, until=1)
    begun = json.loads(wire.registered()[0].body)
    begun["value"]["uploadUrlsExpireAt"] = until
    wire.replace("POST", f"{REST}/videos?action=initializeUpload", json=begun)

    assert prepare(linkedin, Progress(), video(FILM)) is None


@given(st.data())
def test_any_cut_of_a_video_is_sent_byte_by_byte(data):
    size = data.draw(st.integers(1, 400))
    cuts = data.draw(st.sets(st.integers(0, size - 1), max_size=6)) | {size - 1}
    body = mp4(size) if size > 24 else bytes(range(size))
    with responses.RequestsMock(assert_all_requests_are_fired=False) as wire:
        film(wire, *sorted(cuts))

        prepare(LinkedIn(Credentials("a")), Progress(), video(body))

        assert b"".join(put.body for put in sent(wire, "PUT")) == body
        assert len(sent(wire, "PUT")) == len(cuts)


@pytest.mark.parametrize(
    "steps",
    [
        None,
        [],
        [(0, 8999)],
        [(0, 10_000)],
        [(1, 9999)],
        [(0, 4999), (4999, 9999)],
        [(0, 4999), (5001, 9999)],
        [(0, 4999), (5000, 4000), (4001, 9999)],
    ],
)
def test_ranges_that_are_not_the_whole_file_once_are_not_believed(
    linkedin, wire, steps
):
    told = steps and [
        {"uploadUrl": DMS, "firstByte": first, "lastByte": last}
        for first, last in steps
    ]
    begins(wire, "videos", video="urn:li:video:D5F1", uploadInstructions=told)

    with pytest.raises(errors.TryLater):
        prepare(linkedin, Progress(), video(FILM))

    assert sent(wire, "PUT") == []


@pytest.mark.parametrize(
    "value",
    [
        {"uploadInstructions": ["x"]},
        {"uploadInstructions": {"uploadUrl": DMS}},
        {"uploadInstructions": [{"uploadUrl": DMS, "firstByte": 0, "lastByte": "9"}]},
        {"uploadInstructions": [{"firstByte": 0, "lastByte": 9999}]},
        {"video": "urn:li:video:a/../b"},
        {"video": 5},
    ],
)
def test_an_odd_beginning_is_a_calm_error(linkedin, wire, value):
    steps = [{"uploadUrl": DMS, "firstByte": 0, "lastByte": 9999}]
    good = {"video": "urn:li:video:D5F1", "uploadInstructions": steps}
    begins(wire, "videos", **good | value)

    with pytest.raises(errors.TryLater):
        prepare(linkedin, Progress(), video(FILM))

    assert sent(wire, "PUT") == []


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_broken_upload_sends_no_range_twice(linkedin, wire, number):
    film(wire, 3999, 7999, 9999)
    kept = {}
    url = f"{DMS}/{number}?cn=uploads"
    wire.remove(responses.PUT, url)
    wire.put(url, status=503)
    with pytest.raises(errors.TryLater):
        prepare(linkedin, Progress({}, keeper(kept)), video(FILM))
    wire.replace(responses.PUT, url, headers={"ETag": '"late"'})

    assert prepare(linkedin, Progress(kept, keeper(kept)), video(FILM)) is None

    tags = ["tag-0", "tag-1", "tag-2"]
    tags[number] = "late"
    request = json.loads(sent(wire)[-1].body)["finalizeUploadRequest"]
    assert request["uploadedPartIds"] == tags
    assert len(sent(wire, "PUT")) == 4
    assert len(sent(wire)) == 2  # one beginning, one end


def keeper(kept):
    def keep(made):
        kept.clear()
        kept.update(made)
        return time.monotonic() + 60

    return keep


def test_who_lost_the_post_sends_nothing_more(linkedin, wire):
    film(wire, 3999, 7999, 9999)
    answers = iter([1e12, 1e12, None])

    with pytest.raises(errors.Stopped):
        prepare(linkedin, Progress({}, lambda _made: next(answers)), video(FILM))

    assert len(sent(wire, "PUT")) == 2


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("WAITING_UPLOAD", NotYet()),
        ("PROCESSING", NotYet()),
        ("AVAILABLE", None),
        ("SOMETHING_NEW", NotYet()),
    ],
)
def test_a_video_is_waited_for(linkedin, wire, status, expected):
    film(wire, 9999, status=status)

    assert prepare(linkedin, Progress(), video(FILM)) == expected


def test_an_app_that_may_not_ask_for_its_video_goes_on(linkedin, wire):
    film(wire, 9999)
    address = f"{REST}/videos/urn%3Ali%3Avideo%3AD5F1"
    wire.replace(responses.GET, address, status=403, json={"code": "ACCESS_DENIED"})

    assert prepare(linkedin, Progress(), video(FILM)) is None


def test_addresses_whose_time_is_over_are_not_used(linkedin, wire):
    kept = {"urn0": "urn:li:video:OLD", "parts0": "[]", "tags0": "[]", "until0": "1"}
    film(wire, 9999)
    progress = Progress(kept)

    assert prepare(linkedin, progress, video(FILM)) is None

    assert progress.get("urn0") == "urn:li:video:D5F1"


def test_a_picture_of_an_hour_ago_is_brought_anew(linkedin, wire):
    whole(wire, "image", "images")
    fresh = {"urn0": "urn:li:image:A", "at0": str(int(time.time() - 60))}
    old = {"urn0": "urn:li:image:A", "at0": str(int(time.time() - 4000))}

    prepare(linkedin, Progress(fresh), picture())
    assert len(wire.calls) == 0

    progress = Progress(old)
    prepare(linkedin, progress, picture())
    assert progress.get("urn0") == "urn:li:image:C4E1"


@pytest.mark.parametrize(
    "url",
    [
        None,
        5,
        "http://www.linkedin.com/dms-uploads/0",
        "https://evil.example/dms-uploads/0",
        "https://linkedin.com.evil.example/0",
        "https://notlinkedin.com/0",
    ],
)
def test_the_members_token_goes_to_linkedin_alone(linkedin, wire, url):
    begins(wire, "images", uploadUrl=url, image="urn:li:image:1")

    with pytest.raises(errors.TryLater):
        prepare(linkedin, Progress(), picture())

    assert sent(wire, "PUT") == []


@pytest.mark.parametrize(
    ("answer", "error", "reason"),
    [
        ({"status": 400, "json": {"code": "INVALID_VALUE"}}, errors.Refused, "media"),
        ({"status": 401}, errors.Disconnected, "disconnected"),
        ({"status": 403}, errors.OperatorAction, "product"),
        ({"status": 426}, errors.OperatorAction, "version"),
        ({"status": 429}, errors.TryLater, "rate_limited"),
        ({"status": 500}, errors.TryLater, "no_answer"),
        ({"status": 200, "body": "<html>"}, errors.TryLater, "bad_answer"),
        ({"status": 200, "json": {"value": []}}, errors.TryLater, "bad_answer"),
    ],
)
def test_a_beginning_that_fails_names_whose_turn_it_is(
    linkedin, wire, answer, error, reason
):
    wire.post(f"{REST}/images?action=initializeUpload", **answer)

    with pytest.raises(error) as caught:
        prepare(linkedin, Progress(), picture())

    assert caught.value.reason == reason
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("said", "error", "reason"),
    [
        ("MEDIA_ASSET_WAITING_UPLOAD", errors.TryLater, "media"),
        ("MEDIA_ASSET_PROCESSING_FAILED", errors.Refused, "media"),
        ("EXPIRED_UPLOAD_URL", errors.TryLater, "upload_expired"),
        ("INVALID_VALUE", errors.Refused, "refused"),
    ],
)
def test_what_is_said_of_a_file_when_posting_proves_that_nothing_stands(
    linkedin, wire, said, error, reason
):
    wire.post(f"{REST}/posts", status=400, json={"code": said, "message": "…"})
    post = Post("Words", LINK, media=(picture(),), made={"urn0": "urn:li:image:1"})

    with pytest.raises(error) as caught:
        linkedin.publish(TOKENS, ME, post)

    assert caught.value.reason == reason


def test_nothing_is_posted_without_what_was_prepared(linkedin, wire):
    with pytest.raises(errors.TryLater):
        linkedin.publish(TOKENS, ME, Post("Words", LINK, media=(picture(),)))

    assert len(wire.calls) == 0


# The bodies


def content(*files, **post):
    made = {f"urn{number}": f"urn:li:x:{number}" for number in range(20)}
    post = Post("Words", LINK, "The item", "More", media=files, made=made, **post)
    return body_of(ME, post).get("content")


def test_what_a_post_shows_is_told_by_the_documented_names():
    one = content(picture(alt=" A (mast) "))
    many = content(picture(), picture(alt="B"))

    assert one == {"media": {"id": "urn:li:x:0", "altText": "A (mast)"}}
    assert many == {
        "multiImage": {
            "images": [{"id": "urn:li:x:0"}, {"id": "urn:li:x:1", "altText": "B"}]
        }
    }
    assert content(video(FILM, title="Film #1")) == {
        "media": {"id": "urn:li:x:0", "title": "Film #1"}
    }
    assert content(document(title="Report (2026)")) == {
        "media": {"id": "urn:li:x:0", "title": "Report (2026)"}
    }
    assert content(document())["media"]["title"] == "The item"
    assert content(thumbnail=picture())["article"]["thumbnail"] == "urn:li:x:0"


@pytest.mark.parametrize(
    ("chosen", "visibility"),
    [
        ("CONNECTIONS", "CONNECTIONS"),
        ("PUBLIC", "PUBLIC"),
        ("LOGGED_IN", "PUBLIC"),
        (5, "PUBLIC"),
    ],
)
def test_who_sees_it_is_one_of_two(chosen, visibility):
    post = Post("Words", options={"visibility": chosen})

    assert body_of(ME, post)["visibility"] == visibility


def test_the_limits_are_those_of_the_documentation(linkedin):
    assert (PICTURES.most, PICTURES.most_pixels) == (20, 36_152_319)
    assert VIDEO.least_bytes == 75 * 1024
    assert VIDEO.seconds == (3, 1800)
    assert DOCUMENT.types == ("application/pdf",)
    assert linkedin.check_media([picture()] * 20) == []
    assert linkedin.check_media([picture()] * 21)
    assert linkedin.check_media([picture(), document()])


def test_an_address_below_the_stand_in_is_used_as_it_is():
    network = LinkedIn(Credentials("a"), "http://sandbox:8010")
    upload = Upload(network, TOKENS, ME, Progress())

    url = "http://sandbox:8010/www.linkedin.com/dms-uploads/1"
    assert upload.address(url, own=True) == url
    with pytest.raises(errors.TryLater):
        upload.address("http://sandbox:80/www.linkedin.com/1", own=True)
