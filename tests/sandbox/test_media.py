"""Pictures, videos and documents, from our file to the post that shows them."""

import json
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import replace

import pytest

from sharing.connectors import errors
from sharing.connectors.progress import Progress
from sharing.connectors.types import NotYet, Post
from tests.connectors.files import GIF, JPEG, PDF, PNG, document, mp4, picture, video
from tests.sandbox.walking import LINK, ask, connect, connector

MEGA = 1024 * 1024
FILM = mp4(9 * MEGA + 12345)  # three ranges of LinkedIn's, five segments of ours


class Story:
    """One post on its way, as the worker takes it there: step by step, from what is kept."""

    def __init__(self, sandbox, slug, *files, person="Signe Holm", **post):
        self.sandbox = sandbox
        self.network = connector(sandbox, slug)
        self.tokens, self.profile = connect(sandbox, slug, person)
        text = self.network.compose("Look", LINK, has_media=bool(files))
        self.post = Post(text, LINK, "A title", "More", media=files, **post)
        self.made = {}

    def prepare(self):
        def keep(made):
            self.made = dict(made)
            return float("inf")

        progress = Progress(self.made, keep, float("inf"))
        return self.network.prepare(
            self.tokens, self.profile.remote_id, self.post, progress
        )

    def publish(self):
        for _attempt in range(5):
            waits = self.prepare()
            if waits is None:
                break
            self.sandbox.advance(waits.after or 5)
        post = replace(self.post, made=self.made)
        return self.network.publish(self.tokens, self.profile.remote_id, post)

    def body(self, number=0):
        """What was sent for the post."""
        return self.sandbox.posts()[number].sent


def files_of(sandbox, number=0):
    post = sandbox.posts()[number]
    return [sandbox.world.store.files.get(one["file"]).body for one in post.media]


# LinkedIn


def test_a_picture_goes_to_linkedin_with_what_it_shows(sandbox):
    story = Story(sandbox, "linkedin", picture(JPEG, alt="A mast (new)"))

    posted = story.publish()

    media = story.body()["content"]["media"]
    assert media == {"id": story.made["urn0"], "altText": "A mast (new)"}
    assert posted.remote_id.startswith("urn:li:share:")
    assert files_of(sandbox) == [JPEG]
    assert sandbox.posts()[0].text == f"Look\n\n{LINK}"


def test_several_pictures_keep_their_order(sandbox):
    story = Story(
        sandbox, "linkedin", picture(JPEG), picture(PNG, alt="B"), picture(GIF)
    )

    posted = story.publish()

    images = story.body()["content"]["multiImage"]["images"]
    assert images == [
        {"id": story.made["urn0"]},
        {"id": story.made["urn1"], "altText": "B"},
        {"id": story.made["urn2"]},
    ]
    assert posted.remote_id.startswith("urn:li:ugcPost:")
    assert files_of(sandbox) == [JPEG, PNG, GIF]


def test_a_video_goes_in_the_ranges_that_linkedin_names(sandbox):
    story = Story(sandbox, "linkedin", video(FILM, title="The mast"))

    assert story.prepare() == NotYet()
    sandbox.advance(3)
    posted = story.publish()

    puts = [one for one in sandbox.requests if one["method"] == "PUT"]
    assert [one["body"] for one in puts] == [
        "4194304 bytes",
        "4194304 bytes",
        f"{len(FILM) - 8 * MEGA} bytes",
    ]
    assert story.body()["content"] == {
        "media": {"id": story.made["urn0"], "title": "The mast"}
    }
    assert posted.remote_id.startswith("urn:li:ugcPost:")
    assert files_of(sandbox) == [FILM]


def test_a_document_has_a_title(sandbox):
    story = Story(sandbox, "linkedin", document(title="Report 2026.pdf"))

    story.publish()

    media = {"id": story.made["urn0"], "title": "Report 2026.pdf"}
    assert story.body()["content"] == {"media": media}
    assert files_of(sandbox) == [PDF]


def test_a_card_has_the_picture_we_upload(sandbox):
    story = Story(sandbox, "linkedin", thumbnail=picture(PNG, alt="A mast"))

    story.publish()

    assert story.body()["content"]["article"] == {
        "source": LINK,
        "title": "A title",
        "description": "More",
        "thumbnail": story.made["urn0"],
        "thumbnailAltText": "A mast",
    }
    assert sandbox.posts()[0].media[0]["kind"] == "thumbnail"


def test_a_card_stands_without_a_picture_that_linkedin_refuses(sandbox):
    story = Story(sandbox, "linkedin", thumbnail=picture(PNG))
    sandbox.fault("POST /api.linkedin.com/rest/images", "status", status=400)

    story.publish()

    assert "thumbnail" not in story.body()["content"]["article"]


@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
@pytest.mark.parametrize(
    "match",
    [
        "POST /api.linkedin.com/rest/videos",
        "PUT /www.linkedin.com/dms-uploads/*/0",
        "PUT /www.linkedin.com/dms-uploads/*/1",
        "GET /api.linkedin.com/rest/videos/*",
    ],
)
def test_an_upload_to_linkedin_goes_on_where_it_broke(sandbox, match, fault):
    story = Story(sandbox, "linkedin", video(FILM))
    sandbox.fault(match, fault)

    with pytest.raises(errors.TryLater):
        story.prepare()
    story.publish()

    assert files_of(sandbox) == [FILM]


@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
def test_a_video_that_was_finished_in_silence_is_not_sent_again(sandbox, fault):
    story = Story(sandbox, "linkedin", video(FILM))
    words = "POST /api.linkedin.com/rest/videos"
    sandbox.fault(words, "delay")  # the first, which is answered
    sandbox.fault(words, fault)
    with pytest.raises(errors.TryLater):
        story.prepare()

    story.publish()

    puts = [one for one in sandbox.requests if one["method"] == "PUT"]
    assert len(puts) == 3
    assert files_of(sandbox) == [FILM]


def test_addresses_that_died_are_asked_for_anew(sandbox):
    story = Story(sandbox, "linkedin", video(FILM))
    sandbox.fault("PUT /www.linkedin.com/dms-uploads/*/1", "drop_before")
    with pytest.raises(errors.TryLater):
        story.prepare()

    sandbox.advance(2 * 3600)  # the sandbox's clock, not ours
    with pytest.raises(errors.TryLater) as caught:
        story.prepare()
    assert (caught.value.reason, story.made) == ("upload_expired", {})

    story.publish()
    assert files_of(sandbox) == [FILM]


def test_a_video_that_cannot_be_read_is_refused(sandbox):
    story = Story(sandbox, "linkedin", video(b"no film" * 20_000))

    assert story.prepare() == NotYet()
    sandbox.advance(3)
    with pytest.raises(errors.Refused, match="MP4") as caught:
        story.prepare()

    assert caught.value.reason == "media"


def test_a_picture_that_is_not_read_yet_waits(sandbox):
    sandbox.world.settings.linkedin_image_seconds = 20
    story = Story(sandbox, "linkedin", picture())

    with pytest.raises(errors.TryLater) as caught:
        story.publish()
    assert (caught.value.reason, caught.value.after) == ("media", 15)
    assert sandbox.posts() == []

    sandbox.advance(20)
    story.publish()
    assert len(sandbox.posts()) == 1


def test_a_picture_that_is_none_is_refused(sandbox):
    story = Story(sandbox, "linkedin", picture(b"\xffno picture"))

    with pytest.raises(errors.Refused) as caught:
        story.publish()

    assert caught.value.reason == "media"


def test_the_chosen_readers_see_it(sandbox):
    story = Story(sandbox, "linkedin", options={"visibility": "CONNECTIONS"})

    story.publish()

    assert story.body()["visibility"] == "CONNECTIONS"


def test_what_prepares_a_file_counts_among_the_calls_of_the_day(sandbox):
    sandbox.limit(linkedin_per_day=2)
    story = Story(sandbox, "linkedin", picture(), picture())

    with pytest.raises(errors.TryLater) as caught:
        story.publish()

    assert caught.value.reason == "rate_limited"
    assert sandbox.posts() == []
    sandbox.advance(86400)
    story.publish()


def test_what_somebody_else_uploaded_cannot_be_posted(sandbox):
    mine = Story(sandbox, "linkedin", picture())
    mine.prepare()
    other = Story(sandbox, "linkedin", picture(), person="Jonas Krogh")
    other.made = mine.made

    with pytest.raises(errors.ConnectorError):
        other.publish()

    assert sandbox.posts() == []


# X


def test_four_pictures_go_to_x_with_what_they_show(sandbox):
    files = [picture(JPEG, alt=f"Mast {number}") for number in range(4)]
    story = Story(sandbox, "x", *files)

    story.publish()

    ids = [story.made[f"id{number}"] for number in range(4)]
    assert story.body() == {"text": f"Look\n\n{LINK}", "media": {"media_ids": ids}}
    shown = [one["alt"] for one in sandbox.posts()[0].media]
    assert shown == ["Mast 0", "Mast 1", "Mast 2", "Mast 3"]
    assert files_of(sandbox) == [JPEG] * 4


@pytest.mark.parametrize(
    "file", [video(FILM), picture(GIF + b"g" * 5 * MEGA, alt="Turns")]
)
def test_what_moves_goes_to_x_in_segments(sandbox, file):
    story = Story(sandbox, "x", file)

    assert story.prepare() == NotYet(1.0)
    story.publish()

    assert files_of(sandbox) == [file.read()]
    paths = [one["path"].rpartition("/")[2] for one in sandbox.requests]
    assert paths.count("append") == -(-file.size // (2 * MEGA))
    assert paths.count("metadata") == (1 if file.alt else 0)


@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
@pytest.mark.parametrize("step", ["initialize", "*/append", "*/finalize"])
def test_an_upload_to_x_goes_on_where_it_broke(sandbox, step, fault):
    story = Story(sandbox, "x", video(FILM))
    sandbox.fault(f"POST /api.x.com/2/media/upload/{step}", fault)

    with pytest.raises(errors.TryLater):
        story.prepare()
    for _attempt in range(2):  # what was finished in silence begins anew
        with suppress(errors.TryLater):
            sandbox.posts() or story.publish()

    assert files_of(sandbox) == [FILM]
    assert len(sandbox.posts()) == 1


def test_what_a_picture_shows_is_said_even_when_that_broke_first(sandbox):
    story = Story(sandbox, "x", picture(alt="A mast"))
    sandbox.fault("POST /api.x.com/2/media/metadata", "drop_before")

    with pytest.raises(errors.TryLater):
        story.prepare()
    story.publish()

    assert sandbox.posts()[0].media[0]["alt"] == "A mast"
    paths = [one["path"] for one in sandbox.requests]
    assert paths.count("/api.x.com/2/media/upload") == 1


def test_media_that_x_forgot_is_uploaded_anew(sandbox):
    story = Story(sandbox, "x", video(FILM))
    story.prepare()

    sandbox.advance(25 * 3600)
    story.tokens, story.profile = connect(sandbox, "x")
    with pytest.raises(errors.TryLater) as caught:
        story.prepare()
    assert (caught.value.reason, story.made) == ("upload_expired", {})

    story.publish()
    assert files_of(sandbox) == [FILM]


def test_a_video_that_x_cannot_read_is_refused(sandbox):
    story = Story(sandbox, "x", video(b"no film" * 1000))

    with pytest.raises(errors.Refused) as caught:
        story.publish()

    assert caught.value.reason == "media"


def test_a_consent_from_before_the_pictures_is_asked_for_again(sandbox):
    scopes = ["tweet.read", "tweet.write", "users.read", "offline.access"]
    wish = {"network": "x", "person": "Signe Holm", "scopes": scopes}
    _status, given = ask("POST", f"{sandbox.url}/_sandbox/tokens", wish)
    story = Story(sandbox, "x", picture())
    story.tokens = replace(
        story.tokens, access_token=given["access_token"], scopes=tuple(scopes)
    )

    with pytest.raises(errors.Disconnected) as caught:
        story.prepare()

    assert caught.value.reason == "scope_missing"


def test_a_paid_partnership_is_disclosed_when_chosen(sandbox):
    story = Story(sandbox, "x", options={"paid_partnership": True})

    story.publish()

    assert story.body()["paid_partnership"] is True


# What the networks refuse


def test_linkedin_checks_what_is_asked_of_an_upload(sandbox):
    tokens, profile = connect(sandbox, "linkedin")
    good = {"owner": profile.remote_id}
    film = good | {"fileSizeBytes": 100_000}

    def told(resource, body, action="initializeUpload", **changed):
        headers = {
            "Authorization": f"Bearer {tokens.access_token}",
            "LinkedIn_Version": "202608",
            "X_Restli_Protocol_Version": "2.0.0",
            **changed,
        }
        url = f"{sandbox.url}/api.linkedin.com/rest/{resource}?action={action}"
        status, said = ask("POST", url, body, **headers)
        return said.get("code") or status

    def first(body):
        return {"initializeUploadRequest": body}

    assert told("images", first(good)) == 200
    assert told("documents", first(good)) == 200
    assert told("videos", first(film)) == 200
    assert told("images", first(film)) == "UNPERMITTED_FIELD"
    assert told("videos", first(good)) == "MISSING_FIELD"
    assert told("videos", first(film | {"fileSizeBytes": True})) == "INVALID_VALUE"
    assert told("videos", first(film | {"fileSizeBytes": 6 * 10**8})) == "INVALID_VALUE"
    assert told("images", first({"owner": "urn:li:person:x"})) == "ACCESS_DENIED"
    assert told("images", good) == "MISSING_FIELD"
    assert told("images", first(good), "upload") == "ILLEGAL_ARGUMENT"
    assert (
        told("images", first(good), LinkedIn_Version="202401") == "NONEXISTENT_VERSION"
    )
    assert told("images", first(good), Authorization="") == "EMPTY_ACCESS_TOKEN"


def test_linkedin_takes_the_exact_range_and_the_tags_in_order(sandbox):
    tokens, profile = connect(sandbox, "linkedin")
    headers = {
        "Authorization": f"Bearer {tokens.access_token}",
        "LinkedIn_Version": "202608",
        "X_Restli_Protocol_Version": "2.0.0",
    }
    videos = f"{sandbox.url}/api.linkedin.com/rest/videos"
    wish = {"owner": profile.remote_id, "fileSizeBytes": len(FILM)}
    _status, said = ask(
        "POST",
        f"{videos}?action=initializeUpload",
        {"initializeUploadRequest": wish},
        **headers,
    )
    value = said["value"]
    steps = value["uploadInstructions"]

    tags = []
    for step in steps:
        part = FILM[step["firstByte"] : step["lastByte"] + 1]
        assert put(step["uploadUrl"], part[:-1])[0] == 400
        status, told = put(step["uploadUrl"], part)
        assert status == 200
        tags.append(told["ETag"].strip('"'))

    def finish(**changed):
        request = {
            "video": value["video"],
            "uploadToken": value["uploadToken"],
            "uploadedPartIds": tags,
        } | changed
        body = {"finalizeUploadRequest": request}
        return ask("POST", f"{videos}?action=finalizeUpload", body, **headers)[0]

    assert [steps[0]["firstByte"], steps[-1]["lastByte"]] == [0, len(FILM) - 1]
    assert finish(uploadedPartIds=tags[::-1]) == 400
    assert finish(uploadedPartIds=tags[:-1]) == 400
    assert finish(uploadToken="other") == 400
    assert finish(uploadToken="") == 200
    assert finish() == 400


def put(url, body):
    headers = {"Content-Type": "application/octet-stream"}
    request = urllib.request.Request(url, body, headers, method="PUT")  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return answer.status, answer.headers
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code, answer.headers


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({"media": {"id": "urn:li:image:no"}}, "INVALID_VALUE"),
        ({"media": {"id": "urn:li:share:1"}}, "INVALID_URN_TYPE"),
        ({"media": {"id": "urn:li:document:1"}}, "MISSING_FIELD"),
        ({"media": {"id": "urn:li:image:1", "description": "x"}}, "UNPERMITTED_FIELD"),
        ({"multiImage": {"images": [{"id": "urn:li:image:1"}]}}, "INVALID_VALUE"),
        (
            {"multiImage": {"images": [{"id": "urn:li:video:1"}] * 2}},
            "INVALID_URN_TYPE",
        ),
    ],
)
def test_linkedin_checks_what_a_post_shows(sandbox, content, code):
    tokens, profile = connect(sandbox, "linkedin")
    body = {
        "author": profile.remote_id,
        "commentary": "Words",
        "visibility": "PUBLIC",
        "distribution": {"feedDistribution": "MAIN_FEED"},
        "lifecycleState": "PUBLISHED",
        "content": content,
    }
    headers = {
        "Authorization": f"Bearer {tokens.access_token}",
        "LinkedIn_Version": "202608",
        "X_Restli_Protocol_Version": "2.0.0",
    }

    url = f"{sandbox.url}/api.linkedin.com/rest/posts"
    _status, said = ask("POST", url, body, **headers)

    assert said["code"] == code


def test_x_checks_what_is_asked_of_an_upload(sandbox):
    tokens, _profile = connect(sandbox, "x")
    bearer = {"Authorization": f"Bearer {tokens.access_token}"}
    base = f"{sandbox.url}/api.x.com/2/media"
    good = {
        "media_type": "video/mp4",
        "total_bytes": 8,
        "media_category": "tweet_video",
    }

    def begin(**changed):
        return ask("POST", f"{base}/upload/initialize", good | changed, **bearer)

    status, said = begin()
    upload = f"{base}/upload/{said['data']['id']}"
    assert status == 200
    assert set(said["data"]) == {"id", "media_key", "expires_after_secs"}
    for wrong in (
        {"total_bytes": 0},
        {"total_bytes": "8"},
        {"total_bytes": 10**9},
        {"media_type": "text/plain"},
        {"media_category": "tweet"},
        {"command": "INIT"},
    ):
        assert begin(**wrong)[0] == 400
    assert (
        ask("POST", f"{upload}/append", {"segment_index": 1000, "media": ""}, **bearer)[
            0
        ]
        == 400
    )
    assert (
        ask(
            "POST", f"{upload}/append", {"segment_index": 1, "media": "AAAA"}, **bearer
        )[0]
        == 200
    )
    assert ask("POST", f"{upload}/finalize", **bearer)[0] == 400  # a gap
    assert (
        ask("GET", f"{base}/upload?media_id={said['data']['id']}", **bearer)[0] == 400
    )
    assert (
        ask("POST", f"{base}/metadata", {"id": "1", "metadata": {}}, **bearer)[0] == 400
    )


def test_x_checks_what_a_post_shows(sandbox):
    pictures = Story(sandbox, "x", picture(), picture())
    pictures.prepare()
    moving = Story(sandbox, "x", picture(GIF))
    moving.prepare()
    sandbox.advance(5)
    ids = [pictures.made["id0"], pictures.made["id1"], moving.made["id0"]]
    bearer = {"Authorization": f"Bearer {pictures.tokens.access_token}"}

    def post(media_ids):
        body = {"text": json.dumps(media_ids), "media": {"media_ids": media_ids}}
        return ask("POST", f"{sandbox.url}/api.x.com/2/tweets", body, **bearer)[0]

    assert post(ids[:2]) == 201
    assert post(ids[2:]) == 201
    assert post(ids) == 400
    assert post(["1"]) == 400
    assert post([int(ids[0])]) == 400
    assert post(ids[:1] * 5) == 400
    assert post([]) == 400
