"""X, to the byte: pictures in one piece, what moves in segments, and then the wait."""

import json
import time
from email import message_from_bytes

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st

from sharing.connectors import errors
from sharing.connectors.media import MEGABYTE
from sharing.connectors.progress import Progress
from sharing.connectors.types import Credentials, NotYet, Post, Tokens
from sharing.networks.x import X
from sharing.networks.x.uploads import SEGMENT, segments
from tests.connectors.contract import LINK
from tests.connectors.files import GIF, JPEG, mp4, picture, video

MEDIA = "https://api.x.com/2/media"
ID = "1880000000000000001"
TOKENS = Tokens("a-token", scopes=X.scopes)
FILM = mp4(SEGMENT + 1000)


@pytest.fixture
def wire():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as wire:
        yield wire


@pytest.fixture
def x():
    return X(Credentials("an-app", "a-secret"))


def prepare(network, progress, *files, tokens=TOKENS):
    return network.prepare(tokens, "42", Post("Words", LINK, media=files), progress)


def answers(wire, **finalized):
    wire.post(f"{MEDIA}/upload", json={"data": {"id": ID, "media_key": f"3_{ID}"}})
    wire.post(f"{MEDIA}/metadata", json={"data": {"id": ID}})
    wire.post(f"{MEDIA}/upload/initialize", json={"data": {"id": ID}})
    wire.post(f"{MEDIA}/upload/{ID}/append", json={"data": {"expires_at": 1}})
    wire.post(f"{MEDIA}/upload/{ID}/finalize", json={"data": {"id": ID, **finalized}})


def asked(wire):
    """The calls so far, as method and the end of the path."""
    calls = [call.request for call in wire.calls]
    return [f"{one.method} {one.path_url.removeprefix('/2/media/')}" for one in calls]


def form(request):
    """The parts of a form: name to file name, type and bytes."""
    head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    told = {}
    for part in message_from_bytes(head + request.body).get_payload():
        name = part.get_param("name", header="content-disposition")
        kind = part["Content-Type"]
        told[name] = part.get_filename(), kind, part.get_payload(decode=True)
    return told


def test_a_picture_goes_as_a_form_of_parts(x, wire):
    answers(wire)
    progress = Progress()

    assert prepare(x, progress, picture(JPEG, alt=" A mast ")) is None

    upload, words = (call.request for call in wire.calls)
    assert upload.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    assert upload.headers["Authorization"] == "Bearer a-token"
    assert form(upload) == {
        "media_category": (None, None, b"tweet_image"),
        "media": ("picture", "image/jpeg", JPEG),
    }
    assert words.url == f"{MEDIA}/metadata"
    assert json.loads(words.body) == {
        "id": ID,
        "metadata": {"alt_text": {"text": "A mast"}},
    }
    assert (progress.get("id0"), progress.get("done0")) == (ID, "1")


def test_what_a_picture_shows_has_a_thousand_characters(x, wire):
    answers(wire)

    prepare(x, Progress(), picture(alt="æ" * 1001))

    said = json.loads(wire.calls[1].request.body)
    assert said["metadata"]["alt_text"]["text"] == "æ" * 1000


@pytest.mark.parametrize(
    ("file", "kind", "category"),
    [
        (video(FILM, alt="not for films"), "video/mp4", "tweet_video"),
        (picture(GIF), "image/gif", "tweet_gif"),
    ],
)
def test_what_moves_goes_in_segments(x, wire, file, kind, category):
    answers(wire)

    assert prepare(x, Progress(), file) is None

    first, *parts, last = (call.request for call in wire.calls)
    assert json.loads(first.body) == {
        "media_type": kind,
        "total_bytes": file.size,
        "media_category": category,
    }
    assert first.headers["Content-Type"] == "application/json"
    told = [form(part) for part in parts]
    assert [one["segment_index"][2] for one in told] == [
        str(index).encode() for index in range(len(segments(file.size)))
    ]
    assert b"".join(one["media"][2] for one in told) == file.read()
    assert all(set(one) == {"media", "segment_index"} for one in told)
    assert last.url == f"{MEDIA}/upload/{ID}/finalize"
    assert not last.body


@given(st.integers(1, 512 * MEGABYTE))
def test_segments_are_the_file_once_in_order(size):
    parts = segments(size)

    ends = [first + length for first, length in parts]
    assert [first for first, _length in parts] == [0, *ends[:-1]]
    assert sum(length for _first, length in parts) == size
    assert all(0 < length <= 4 * MEGABYTE for _first, length in parts)
    assert all(length >= MEGABYTE for _first, length in parts[:-1])
    assert len(parts) <= 1000


def test_the_wait_is_the_one_x_asks_for(x, wire):
    work = {"state": "pending", "check_after_secs": 7}
    answers(wire, processing_info=work)
    status = f"{MEDIA}/upload?command=STATUS&media_id={ID}"
    progress = Progress()
    assert prepare(x, progress, video(FILM)) == NotYet(7.0)
    before = len(wire.calls)

    wire.get(status, json={"data": {"id": ID, "processing_info": {"state": "in_progress", "check_after_secs": 3}}})  # fmt: skip
    assert prepare(x, progress, video(FILM)) == NotYet(3.0)
    wire.replace(responses.GET, status, json={"data": {"id": ID, "processing_info": {"state": "succeeded"}}})  # fmt: skip
    assert prepare(x, progress, video(FILM)) is None
    assert prepare(x, progress, video(FILM)) is None

    assert asked(wire)[before:] == [f"GET upload?command=STATUS&media_id={ID}"] * 2


def test_a_file_that_x_cannot_read_is_refused(x, wire):
    answers(wire, processing_info={"state": "failed", "error": {"name": "Bad"}})

    with pytest.raises(errors.Refused) as caught:
        prepare(x, Progress(), video(FILM))

    assert caught.value.reason == "media"


@pytest.mark.parametrize("body", ["<html>", '{"data": {"id"', "{}"])
def test_an_answer_that_broke_off_does_not_say_that_x_is_ready(x, wire, body):
    answers(wire)
    wire.replace(responses.POST, f"{MEDIA}/upload/{ID}/finalize", body=body)
    wire.get(f"{MEDIA}/upload", json={"data": {"id": ID}})
    progress = Progress()

    with pytest.raises(errors.TryLater):
        prepare(x, progress, video(FILM))
    assert prepare(x, progress, video(FILM)) is None

    assert asked(wire)[-1] == f"GET upload?command=STATUS&media_id={ID}"


def test_a_broken_upload_begins_with_the_segment_that_broke(x, wire):
    answers(wire)
    append = f"{MEDIA}/upload/{ID}/append"
    wire.remove(responses.POST, append)
    wire.post(append, json={})
    wire.post(append, status=503)
    progress = Progress()
    with pytest.raises(errors.TryLater):
        prepare(x, progress, video(FILM))
    wire.remove(responses.POST, append)
    wire.post(append, json={})

    assert prepare(x, progress, video(FILM)) is None

    sent = [form(call.request) for call in wire.calls if call.request.url == append]
    indexes = [one["segment_index"][2] for one in sent]
    assert indexes == [b"0", b"1", b"1"]
    assert asked(wire).count("POST upload/initialize") == 1


@pytest.mark.parametrize("status", [400, 404])
def test_an_upload_that_x_forgot_begins_anew(x, wire, status):
    answers(wire)
    wire.replace(responses.POST, f"{MEDIA}/upload/{ID}/append", status=status, json={})
    progress = Progress({"id0": ID, "at0": str(int(time.time())), "next0": "1"})

    with pytest.raises(errors.TryLater):
        prepare(x, progress, video(FILM))

    assert progress.made == {}


def test_media_of_yesterday_is_uploaded_anew(x, wire):
    answers(wire)
    old = str(int(time.time() - 21 * 3600))
    progress = Progress({"id0": "1", "at0": old, "done0": "1"})

    assert prepare(x, progress, picture()) is None

    assert progress.get("id0") == ID


@pytest.mark.parametrize(
    ("answer", "scopes", "error", "reason"),
    [
        ({"status": 403}, X.scopes[:3], errors.Disconnected, "scope_missing"),
        ({"status": 403}, (), errors.Disconnected, "scope_missing"),
        ({"status": 403}, X.scopes, errors.Refused, "not_permitted"),
        (
            {"status": 403, "json": {"reason": "client-not-enrolled"}},
            X.scopes,
            errors.OperatorAction,
            "enrolment",
        ),
        ({"status": 400}, X.scopes, errors.Refused, "media"),
        ({"status": 413}, X.scopes, errors.Refused, "media"),
        ({"status": 401}, X.scopes, errors.Disconnected, "disconnected"),
        ({"status": 402}, X.scopes, errors.OperatorAction, "credit"),
        ({"status": 429}, X.scopes, errors.TryLater, "rate_limited"),
        ({"status": 503}, X.scopes, errors.TryLater, "no_answer"),
        (
            {"status": 200, "json": {"data": {}}},
            X.scopes,
            errors.TryLater,
            "bad_answer",
        ),
        ({"status": 200, "body": "<html>"}, X.scopes, errors.TryLater, "bad_answer"),
    ],
)
def test_an_upload_that_fails_names_whose_turn_it_is(
    x, wire, answer, scopes, error, reason
):
    wire.post(f"{MEDIA}/upload", **answer)
    tokens = Tokens("a-token", scopes=scopes)

    with pytest.raises(error) as caught:
        prepare(x, Progress(), picture(), tokens=tokens)

    assert caught.value.reason == reason
    assert caught.value.__context__ is None


def test_the_post_names_its_media_as_strings_and_nothing_else(x, wire):
    wire.post("https://api.x.com/2/tweets", status=201, json={"data": {"id": ID}})
    made = {"id0": "7", "id1": "1880000000000000009", "at0": "1", "done0": "1"}
    post = Post("Words", LINK, "T", "D", media=(picture(), picture()), made=made)

    x.publish(TOKENS, "42", post)

    assert json.loads(wire.calls[0].request.body) == {
        "text": "Words",
        "media": {"media_ids": ["7", "1880000000000000009"]},
    }


@pytest.mark.parametrize(
    ("chosen", "told"), [("on", True), (True, True), ("", None), ("off", None)]
)
def test_a_paid_partnership_is_never_told_unasked(x, wire, chosen, told):
    wire.post("https://api.x.com/2/tweets", status=201, json={"data": {"id": ID}})

    x.publish(TOKENS, "42", Post("Words", options={"paid_partnership": chosen}))

    assert json.loads(wire.calls[0].request.body).get("paid_partnership") is told


def test_media_that_died_at_the_last_moment_is_no_fault_of_the_text(x, wire):
    said = {
        "errors": [{"message": "Your media IDs are invalid."}],
        "title": "Invalid Request",
    }
    wire.post("https://api.x.com/2/tweets", status=400, json=said)
    post = Post("Words", media=(picture(),), made={"id0": "7"})

    with pytest.raises(errors.Refused, match="once more") as caught:
        x.publish(TOKENS, "42", post)

    assert caught.value.reason == "media"


def test_nothing_is_posted_without_what_was_prepared(x, wire):
    with pytest.raises(errors.TryLater):
        x.publish(TOKENS, "42", Post("Words", media=(picture(),)))

    assert len(wire.calls) == 0


def test_a_post_has_four_pictures_or_one_thing_that_moves(x):
    moving = picture(GIF)

    assert x.check_media([picture()] * 4) == []
    assert x.check_media([moving]) == []
    assert x.check_media([video(FILM)]) == []
    assert x.check_media([picture()] * 5)
    assert x.check_media([moving, moving])
    assert x.check_media([moving, picture()])
    assert x.check_media([video(FILM), picture()])
