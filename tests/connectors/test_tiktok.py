"""TikTok's own ways; the common ones come from the contract."""

import hashlib
import hmac
import io
import json
import re
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import responses
from hypothesis import given
from hypothesis import strategies as st

from sharing import networks
from sharing.connectors import errors
from sharing.connectors.events import Event, PublishChanged, Removed
from sharing.connectors.forms import ON
from sharing.connectors.media import Kind
from sharing.connectors.progress import Progress
from sharing.connectors.types import (
    Credentials,
    Media,
    Metrics,
    Pending,
    Post,
    Posted,
    Profile,
    Tokens,
)
from sharing.networks.tiktok.chunks import LEAST, MOST, MOST_PARTS, cut
from tests.connectors.contract import LINK, SECRET, ConnectorContract

API = "https://open.tiktokapis.com/v2"
CREATOR = f"{API}/post/publish/creator_info/query/"
INIT = f"{API}/post/publish/video/init/"
INBOX_INIT = f"{API}/post/publish/inbox/video/init/"
PHOTOS = f"{API}/post/publish/content/init/"
STATUS = f"{API}/post/publish/status/fetch/"
LIST = f"{API}/video/list/"
UPLOAD = "https://open-upload.tiktokapis.com/video/?upload_id=67&upload_token=t"
ID = "7301234567890123456"
SINCE = datetime(2026, 11, 21, 12, tzinfo=UTC)
OPTIONS = {"privacy": "SELF_ONLY"}


def enveloped(data=None, code="ok"):
    error = {"code": code, "message": "", "log_id": "2022"}
    return {"data": {} if data is None else data, "error": error}


def a_picture(url="https://app.example.com/m/1.jpg"):
    return Media(
        Kind.IMAGE, "image/jpeg", 9, lambda: io.BytesIO(b"a picture"), 800, 600, url=url
    )


def a_video(size=3_000, seconds=12.0, content=None):
    file = content or bytes(size)
    return Media(
        Kind.VIDEO, "video/mp4", len(file), lambda: io.BytesIO(file), 720, 1280, seconds
    )


def creator_info(**fields):
    return enveloped(
        {
            "creator_avatar_url": "https://p16.tiktokcdn.com/face.jpg",
            "creator_username": "ana.lind",
            "creator_nickname": "Ana Lind",
            "privacy_level_options": [
                "PUBLIC_TO_EVERYONE",
                "MUTUAL_FOLLOW_FRIENDS",
                "SELF_ONLY",
            ],
            "comment_disabled": False,
            "duet_disabled": False,
            "stitch_disabled": True,
            "max_video_post_duration_sec": 300,
            **fields,
        }
    )


class TestTikTok(ConnectorContract):
    slug = "tiktok"
    profile_id = "open-1"
    post = Post("Good news from the grid", LINK, media=(a_picture(),), options=OPTIONS)
    publish_url = PHOTOS
    accepted = {"json": enveloped({"publish_id": ID})}
    pending = Pending({"publish_id": ID, "kind": "photo"}, after=5)
    remote_id = ID
    url = ""
    profile_url = f"{API}/user/info/"
    profile_answer = enveloped(
        {
            "user": {
                "open_id": "open-1",
                "display_name": "Ana Lind",
                "username": "ana.lind",
                "avatar_url": "https://p/1.jpg",
            }
        }
    )
    profile = Profile("open-1", "ana.lind", "Ana Lind", "https://p/1.jpg")
    metrics_url = f"{API}/video/query/"
    metrics_method = responses.POST
    metrics_answer = enveloped(
        {
            "videos": [
                {
                    "id": ID,
                    "view_count": 90,
                    "like_count": 4,
                    "comment_count": 0,
                    "share_count": 2,
                }
            ]
        }
    )
    measured = Metrics(impressions=90, likes=4, comments=0, shares=2)

    # Consent

    def test_the_app_goes_by_its_key_and_scopes_are_parted_by_commas(self, connector):
        url = connector.authorize_url("s", "https://h/")

        asked = parse_qs(urlsplit(url).query)
        assert url.startswith("https://www.tiktok.com/v2/auth/authorize/?")
        assert asked["client_key"] == ["an-app"]
        assert "client_id" not in asked
        assert asked["scope"] == [
            "user.info.basic,user.info.profile,video.publish,video.list"
        ]

    def test_only_the_inbox_mode_asks_for_uploads_alone(self):
        connector = made(audit="inbox")

        assert "video.upload" in connector.scopes
        assert "video.publish" not in connector.scopes

    def test_a_code_that_was_encoded_twice_is_read(self, connector):
        assert connector.code_from({"code": "abc%2A0%216418.va"}) == "abc*0!6418.va"

    def test_no_form_names_a_client_id(self, connector, wire):
        answer = {"access_token": "a", "refresh_token": "r2", "open_id": "open-1"}
        wire.add(responses.POST, connector.TOKEN_URL, json=answer)

        connector.exchange("c", "https://h/")
        renewed = connector.refresh(self.tokens)

        forms = [parse_qs(call.request.body) for call in wire.calls]
        assert set(forms[0]) == {
            "client_key",
            "client_secret",
            "code",
            "grant_type",
            "redirect_uri",
        }
        assert set(forms[1]) == {
            "client_key",
            "client_secret",
            "grant_type",
            "refresh_token",
        }
        assert renewed.refresh_token == "r2"

    def test_a_refusal_with_status_200_is_one(self, connector, wire):
        said = {"error": "invalid_grant", "error_description": "…", "log_id": "1"}
        wire.add(responses.POST, connector.TOKEN_URL, json=said)

        with pytest.raises(errors.Disconnected):
            connector.refresh(self.tokens)

    def test_revoking_names_the_access_token_once(self, connector, wire):
        wire.add(responses.POST, connector.REVOKE_URL)

        connector.revoke(self.tokens)

        forms = [parse_qs(call.request.body) for call in wire.calls]
        assert [form["token"] for form in forms] == [[self.tokens.access_token]]

    # What TikTok says no to

    @pytest.mark.parametrize("status", [200, 400, 403])
    @pytest.mark.parametrize(
        ("code", "error", "reason"),
        [
            ("access_token_invalid", errors.Disconnected, "disconnected"),
            ("scope_not_authorized", errors.Disconnected, "scope_missing"),
            ("invalid_param", errors.Refused, "refused"),
            (
                "unaudited_client_can_only_post_to_private_accounts",
                errors.OperatorAction,
                "unaudited",
            ),
            ("url_ownership_unverified", errors.OperatorAction, "domain"),
            ("privacy_level_option_mismatch", errors.Refused, "options"),
            ("spam_risk_too_many_posts", errors.TryLater, "rate_limited"),
            ("spam_risk_user_banned_from_posting", errors.Refused, "banned"),
            ("spam_risk_too_many_pending_share", errors.Refused, "inbox_full"),
            ("reached_active_user_cap", errors.TryLater, "rate_limited"),
            ("rate_limit_exceeded", errors.TryLater, "rate_limited"),
        ],
    )
    def test_a_code_means_the_same_with_any_status(
        self, connector, wire, status, code, error, reason
    ):
        self.answers(wire, status=status, json=enveloped(code=code))

        with pytest.raises(error) as caught:
            self.publish(connector)

        assert caught.value.reason == reason

    @pytest.mark.parametrize(
        ("code", "seconds"),
        [
            ("spam_risk_too_many_posts", 86_400),
            ("reached_active_user_cap", 86_400),
            ("rate_limit_exceeded", 60),
        ],
    )
    def test_a_limit_names_its_wait(self, connector, wire, code, seconds):
        self.answers(wire, status=429, json=enveloped(code=code))

        with pytest.raises(errors.TryLater) as caught:
            self.publish(connector)

        assert caught.value.after == seconds

    @pytest.mark.parametrize("status", [200, 500])
    def test_an_inner_error_after_sending_proves_nothing(self, connector, wire, status):
        self.answers(wire, status=status, json=enveloped(code="internal_error"))

        with pytest.raises(errors.Unknown):
            self.publish(connector)

    def test_a_scope_that_was_unticked_needs_its_member(self, connector, wire):
        self.answers(wire, status=400, json=enveloped(code="scope_permission_missed"))
        few = Tokens("t", scopes=("user.info.basic",))

        with pytest.raises(errors.Disconnected):
            connector.publish(few, "open-1", self.post)
        with pytest.raises(errors.OperatorAction):
            self.publish(connector)

    # Pictures

    def test_pictures_are_fetched_from_us_with_the_choices(self, wire):
        self.answers(wire, **self.accepted)
        chosen = {"privacy": "PUBLIC_TO_EVERYONE", "comment": ON, "duet": ON}
        disclosed = {"disclosure": ON, "own_brand": ON}
        post = Post("Words", media=(a_picture(),), options=chosen | disclosed)

        made(audit="audited").publish(self.tokens, "open-1", post)

        assert json.loads(wire.calls[0].request.body) == {
            "media_type": "PHOTO",
            "post_mode": "DIRECT_POST",
            "post_info": {
                "description": "Words",
                "privacy_level": "PUBLIC_TO_EVERYONE",
                "disable_comment": False,
                "auto_add_music": False,
                "brand_content_toggle": False,
                "brand_organic_toggle": True,
            },
            "source_info": {
                "source": "PULL_FROM_URL",
                "photo_images": ["https://app.example.com/m/1.jpg"],
                "photo_cover_index": 0,
            },
        }

    def test_in_the_inbox_pictures_carry_no_choices(self, wire):
        self.answers(wire, **self.accepted)

        made(audit="inbox").publish(self.tokens, "open-1", self.post)

        body = json.loads(wire.calls[0].request.body)
        assert body["post_mode"] == "MEDIA_UPLOAD"
        assert body["post_info"] == {"description": self.post.text}

    def test_pictures_without_a_public_address_are_told_before(self, connector, wire):
        wire.add(responses.POST, CREATOR, json=creator_info())
        post = Post("Words", media=(a_picture(url=""),), options=OPTIONS)

        with pytest.raises(errors.Refused, match="public address"):
            connector.prepare(self.tokens, "open-1", post, Progress())

    # Videos

    def test_a_video_goes_up_in_parts_and_the_last_one_publishes(self, wire):
        content = bytes(range(256)) * 100_000  # 25.6 million bytes: 10, 15.6
        connector, progress = made(audit="audited"), Progress()
        chosen = {"privacy": "PUBLIC_TO_EVERYONE", "stitch": ON}
        post = a_post(a_video(content=content), chosen)
        tiktok(wire)

        assert connector.prepare(self.tokens, "open-1", post, progress) is None

        init = json.loads(sent(wire, INIT)[0].body)
        assert init["post_info"] == {
            "title": "Words",
            "privacy_level": "PUBLIC_TO_EVERYONE",
            "disable_comment": True,
            "disable_duet": True,
            "disable_stitch": False,
            "brand_content_toggle": False,
            "brand_organic_toggle": False,
        }
        assert init["source_info"] == {
            "source": "FILE_UPLOAD",
            "video_size": 25_600_000,
            "chunk_size": 10_000_000,
            "total_chunk_count": 2,
        }
        assert ranges(wire) == ["bytes 0-9999999/25600000"]

        pending = connector.publish(self.tokens, "open-1", with_made(post, progress))

        assert ranges(wire)[1:] == ["bytes 10000000-25599999/25600000"]
        parts = sent(wire, UPLOAD)
        assert b"".join(part.body for part in parts) == content
        assert {part.headers["Content-Type"] for part in parts} == {"video/mp4"}
        assert [part.headers["Content-Length"] for part in parts] == [
            "10000000",
            "15600000",
        ]
        assert not any("Authorization" in part.headers for part in parts)
        handle = {"publish_id": "v_pub_file~1", "username": "ana.lind", "kind": "video"}
        assert pending == Pending(handle, after=5)

    def test_a_small_video_goes_whole(self, connector, wire):
        tiktok(wire)
        progress, post = Progress(), a_post(a_video(4_000_000))

        connector.prepare(self.tokens, "open-1", post, progress)
        connector.publish(self.tokens, "open-1", with_made(post, progress))

        source = json.loads(sent(wire, INIT)[0].body)["source_info"]
        assert (source["chunk_size"], source["total_chunk_count"]) == (4_000_000, 1)
        assert ranges(wire) == ["bytes 0-3999999/4000000"]

    def test_the_inbox_gets_the_file_alone(self, wire):
        tiktok(wire)
        progress, post = Progress(), a_post(a_video(), {})

        made(audit="inbox").prepare(self.tokens, "open-1", post, progress)

        assert set(json.loads(sent(wire, INBOX_INIT)[0].body)) == {"source_info"}
        assert sent(wire, CREATOR) == []

    def test_another_worker_goes_on_where_the_first_one_fell(self, connector, wire):
        tiktok(wire)
        post, kept = a_post(a_video(35_000_000)), {}

        class Fell(Exception):
            pass

        def store(handles):
            kept.clear()
            kept.update(handles)
            if handles.get("next") == "1":
                raise Fell
            return time.monotonic() + 60

        with pytest.raises(Fell):
            connector.prepare(self.tokens, "open-1", post, Progress({}, store))
        status(wire, "PROCESSING_UPLOAD", uploaded_bytes=10_000_000)
        connector.prepare(self.tokens, "open-1", post, Progress(kept))

        assert len(sent(wire, INIT)) == 1
        assert ranges(wire) == [
            "bytes 0-9999999/35000000",
            "bytes 10000000-19999999/35000000",
        ]

    def test_a_part_that_is_there_already_is_not_sent_twice(self, connector, wire):
        status(wire, "PROCESSING_UPLOAD", uploaded_bytes=20_000_000)
        tiktok(wire, puts=[416, 201])
        post, progress = a_post(a_video(35_000_000)), Progress(halfway(next="1"))

        connector.prepare(self.tokens, "open-1", post, progress)

        assert progress.get("next") == "2"
        assert len(ranges(wire)) == 1

    @pytest.mark.parametrize("gone", [400, 403, 404])
    def test_an_address_that_died_is_forgotten(self, connector, wire, gone):
        status(wire, "PROCESSING_UPLOAD", uploaded_bytes=0)
        tiktok(wire, puts=[gone])
        post, progress = a_post(a_video(35_000_000)), Progress(halfway())

        with pytest.raises(errors.TryLater):
            connector.prepare(self.tokens, "open-1", post, progress)

        assert dict(progress.made) == {}

    def test_a_part_that_met_a_fault_is_sent_again_later(self, connector, wire):
        status(wire, "PROCESSING_UPLOAD", uploaded_bytes=10_000_000)
        tiktok(wire, puts=[503])
        post, progress = a_post(a_video(35_000_000)), Progress(halfway(next="1"))

        with pytest.raises(errors.TryLater):
            connector.prepare(self.tokens, "open-1", post, progress)

        assert progress.get("next") == "1"

    @pytest.mark.parametrize("said", ["FAILED", "PROCESSING_UPLOAD"])
    def test_an_upload_that_is_over_is_begun_anew(self, connector, wire, said):
        status(wire, said)
        tiktok(wire)
        post, progress = a_post(a_video()), Progress(halfway(until="1"))

        connector.prepare(self.tokens, "open-1", post, progress)

        assert len(sent(wire, INIT)) == 1
        assert progress.get("publish_id") == "v_pub_file~1"

    def test_what_tiktok_has_whole_is_not_sent_again(self, connector, wire):
        status(wire, "PUBLISH_COMPLETE")
        tiktok(wire)
        post, progress = a_post(a_video()), Progress(halfway(ready=ON))

        connector.prepare(self.tokens, "open-1", post, progress)
        pending = connector.publish(self.tokens, "open-1", with_made(post, progress))

        assert pending.handle["publish_id"] == "v_pub_file~0"
        assert ranges(wire) == []

    @pytest.mark.parametrize("answer", [403, 404, 416])
    def test_a_last_part_that_is_refused_published_nothing(
        self, connector, wire, answer
    ):
        wire.add(responses.PUT, UPLOAD, status=answer)
        post = a_post(a_video(), made=halfway(ready=ON))

        with pytest.raises(errors.TryLater) as caught:
            connector.publish(self.tokens, "open-1", post)

        assert caught.value.not_sent

    def test_a_last_part_that_is_refused_twice_begins_anew(self, connector, wire):
        status(wire, "PROCESSING_UPLOAD")
        tiktok(wire)
        post, progress = a_post(a_video()), Progress(halfway(ready=ON))

        connector.prepare(self.tokens, "open-1", post, progress)
        assert sent(wire, INIT) == []
        connector.prepare(self.tokens, "open-1", post, progress)
        assert len(sent(wire, INIT)) == 1

    @pytest.mark.parametrize("answer", [{"status": 500}, {"body": requests.Timeout()}])
    def test_silence_after_the_last_part_is_unknown(self, connector, wire, answer):
        wire.add(responses.PUT, UPLOAD, **answer)
        post = a_post(a_video(), made=halfway(ready=ON))

        with pytest.raises(errors.Unknown):
            connector.publish(self.tokens, "open-1", post)

    @pytest.mark.parametrize("url", ["http://e/", "file:///etc/passwd", 5, "", None])
    def test_an_odd_upload_address_is_not_used(self, connector, wire, url):
        wire.add(responses.POST, CREATOR, json=creator_info())
        data = {"publish_id": "p", "upload_url": url}
        wire.add(responses.POST, INIT, json=enveloped(data))

        with pytest.raises(errors.TryLater):
            connector.prepare(self.tokens, "open-1", a_post(a_video()), Progress())

    # Asked again right before

    @pytest.mark.parametrize(
        ("options", "info", "said"),
        [
            ({}, {}, "Choose who can watch"),
            (OPTIONS, {"privacy_level_options": ["PUBLIC_TO_EVERYONE"]}, "audience"),
            (OPTIONS, {"max_video_post_duration_sec": 10}, "12.0 seconds"),
            (OPTIONS | {"disclosure": ON}, {}, "whom"),
        ],
    )
    def test_a_choice_that_no_longer_holds_is_told(
        self, connector, wire, options, info, said
    ):
        wire.add(responses.POST, CREATOR, json=creator_info(**info))

        with pytest.raises(errors.Refused, match=said):
            connector.prepare(
                self.tokens, "open-1", a_post(a_video(), options), Progress()
            )

    def test_who_may_not_post_now_waits(self, connector, wire):
        wire.add(
            responses.POST, CREATOR, json=enveloped(code="spam_risk_too_many_posts")
        )

        with pytest.raises(errors.TryLater) as caught:
            connector.prepare(self.tokens, "open-1", a_post(a_video()), Progress())

        assert caught.value.after == 86_400

    # Afterwards

    HANDLE = {"publish_id": "v_pub_file~1", "username": "ana.lind", "kind": "video"}

    @pytest.mark.parametrize("said", ["PROCESSING_UPLOAD", "PROCESSING_DOWNLOAD"])
    def test_what_is_worked_on_is_asked_for_again(self, connector, wire, said):
        status(wire, said)

        assert self.poll(connector) == Pending(self.HANDLE)

    @pytest.mark.parametrize("name", ["publicaly", "publicly"])
    @pytest.mark.parametrize("number", [int(ID), ID])
    def test_the_public_id_is_read_in_either_spelling(
        self, connector, wire, name, number
    ):
        status(wire, "PUBLISH_COMPLETE", **{f"{name}_available_post_id": [number]})

        url = f"https://www.tiktok.com/@ana.lind/video/{ID}"
        assert self.poll(connector) == Posted(ID, url)

    def test_a_post_without_a_public_id_is_out_all_the_same(self, connector, wire):
        status(wire, "PUBLISH_COMPLETE", publicaly_available_post_id=[])

        posted = Posted("v_pub_file~1", "https://www.tiktok.com/@ana.lind")
        assert self.poll(connector) == posted

    def test_in_the_inbox_the_member_has_to_finish_it(self, connector, wire):
        status(wire, "SEND_TO_USER_INBOX")

        pending = self.poll(connector)

        assert pending.handle == self.HANDLE
        assert "inbox" in pending.sentence

    @pytest.mark.parametrize(
        ("reason", "said"),
        [
            ("file_format_check_failed", "MP4"),
            ("duration_check_failed", "too long or too short"),
            ("frame_rate_check_failed", "23 to 60"),
            ("picture_size_check_failed", "360 to 4096"),
            ("internal", "Share it again"),
            ("photo_pull_failed", "fetch the pictures"),
            ("auth_removed", "Connect your account"),
            ("spam_risk_text", "text"),
            ("publish_cancelled", "cancelled"),
            ("something_new", "did not publish"),
        ],
    )
    def test_a_failure_says_what_to_change(self, connector, wire, reason, said):
        status(wire, "FAILED", fail_reason=reason)

        with pytest.raises(errors.Refused, match=said) as caught:
            self.poll(connector)

        assert not isinstance(caught.value, errors.QuestionRefused)

    def test_a_refused_question_says_nothing_of_the_post(self, connector, wire):
        wire.add(responses.POST, STATUS, json=enveloped(code="invalid_param"))

        with pytest.raises(errors.QuestionRefused):
            self.poll(connector)

    def test_an_upload_of_unknown_outcome_is_found_by_its_handle(self, connector, wire):
        status(wire, "PUBLISH_COMPLETE", publicaly_available_post_id=[int(ID)])
        post = a_post(a_video(), made=halfway(username="ana.lind"))

        found = connector.find(self.tokens, "open-1", post, SINCE)

        assert found.remote_id == ID

    def test_an_upload_that_failed_is_told_by_the_next_poll(self, connector, wire):
        status(wire, "FAILED", fail_reason="internal")
        post = a_post(a_video(), made=halfway())

        found = connector.find(self.tokens, "open-1", post, SINCE)

        assert found.handle["publish_id"] == "v_pub_file~0"

    def test_pictures_of_unknown_outcome_are_looked_for(self, connector, wire):
        moment = int(SINCE.timestamp())
        url = f"https://www.tiktok.com/@ana.lind/photo/{ID}"
        listed(
            wire,
            {"id": "1", "title": "Another", "create_time": moment},
            {
                "id": int(ID),
                "title": self.post.text,
                "create_time": moment,
                "share_url": url,
            },
        )

        found = connector.find(self.tokens, "open-1", self.post, SINCE)

        assert found == Posted(ID, url)

    def test_an_older_post_with_the_same_words_is_another(self, connector, wire):
        before = int((SINCE - timedelta(days=1)).timestamp())
        listed(wire, {"id": ID, "title": self.post.text, "create_time": before})

        assert connector.find(self.tokens, "open-1", self.post, SINCE) is None

    def test_numbers_are_asked_for_twenty_at_a_time(self, connector, wire):
        wire.add(responses.POST, self.metrics_url, json=enveloped({"videos": []}))

        connector.metrics(self.tokens, [str(number) for number in range(50)])

        sizes = [
            len(json.loads(call.request.body)["filters"]["video_ids"])
            for call in wire.calls
        ]
        assert sizes == [20, 20, 10]

    def test_numbers_come_also_when_the_public_id_came_late(self, connector, wire):
        status(wire, "PUBLISH_COMPLETE", publicaly_available_post_id=[int(ID)])
        wire.add(responses.POST, self.metrics_url, json=self.metrics_answer)

        told = connector.metrics(self.tokens, ["v_pub_file~1"])

        assert told == {"v_pub_file~1": self.measured}

    # The form

    def test_the_form_is_for_the_person_it_shows(self, connector, wire):
        wire.add(responses.POST, CREATOR, json=creator_info())
        face = "https://p16.tiktokcdn.com/face.jpg"
        wire.add(responses.GET, face, body=b"face", content_type="image/jpeg")

        form = connector.share_form(self.tokens, (a_video(),))

        assert form.name == "Ana Lind"
        assert form.avatar == "data:image/jpeg;base64,ZmFjZQ=="
        assert form.max_seconds == 300
        assert form.stop == ""

    def test_a_face_that_cannot_be_had_spoils_no_form(self, connector, wire):
        wire.add(responses.POST, CREATOR, json=creator_info())
        wire.add(responses.GET, re.compile(".*face.*"), body="<html>")

        assert connector.share_form(self.tokens, (a_video(),)).avatar == ""

    def test_the_audiences_are_those_tiktok_offers(self, wire):
        wire.add(responses.POST, CREATOR, json=creator_info(creator_avatar_url=""))

        form = made(audit="audited").share_form(self.tokens, (a_video(),))

        choices = fields(form)["privacy"].choices
        assert [one.value for one in choices] == [
            "PUBLIC_TO_EVERYONE",
            "MUTUAL_FOLLOW_FRIENDS",
            "SELF_ONLY",
        ]
        assert fields(form)["stitch"].bar
        assert fields(form)["duet"].bar is None

    def test_before_the_audit_only_the_member_may_watch(self, connector, wire):
        wire.add(responses.POST, CREATOR, json=creator_info(creator_avatar_url=""))

        form = connector.share_form(self.tokens, (a_video(),))

        open_to = [one for one in fields(form)["privacy"].choices if one.bar is None]
        allowed = {one.value for one in open_to} | {"SELF_ONLY"}
        assert allowed == {"SELF_ONLY"}
        assert connector.check_options({"privacy": "PUBLIC_TO_EVERYONE"}, ())

    def test_pictures_know_neither_duet_nor_stitch(self, connector, wire):
        wire.add(responses.POST, CREATOR, json=creator_info(creator_avatar_url=""))

        form = connector.share_form(self.tokens, (a_picture(),))

        assert not {"duet", "stitch"} & set(fields(form))

    @pytest.mark.parametrize(
        "code", ["spam_risk_too_many_posts", "spam_risk_user_banned_from_posting"]
    )
    def test_who_may_not_post_is_told_in_the_form(self, connector, wire, code):
        wire.add(responses.POST, CREATOR, json=enveloped(code=code))

        assert "Try again later" in connector.share_form(self.tokens, ()).stop

    def test_a_video_that_is_too_long_for_the_member_stops_the_form(
        self, connector, wire
    ):
        info = creator_info(creator_avatar_url="", max_video_post_duration_sec=10)
        wire.add(responses.POST, CREATOR, json=info)

        assert "12.0 seconds" in connector.share_form(self.tokens, (a_video(),)).stop

    def test_the_inbox_asks_nothing(self):
        connector = made(audit="inbox")

        assert connector.share_form(self.tokens, (a_video(),)).fields == ()
        assert connector.check_options({}, (a_video(),)) == {}

    @pytest.mark.parametrize(
        ("options", "wrong"),
        [
            ({}, {"privacy"}),
            ({"privacy": "EVERYBODY"}, {"privacy"}),
            ({"privacy": "PUBLIC_TO_EVERYONE"}, set()),
            ({"privacy": "PUBLIC_TO_EVERYONE", "disclosure": ON}, {"disclosure"}),
            (
                {"privacy": "SELF_ONLY", "disclosure": ON, "own_brand": ON},
                set(),
            ),
            (
                {"privacy": "SELF_ONLY", "disclosure": ON, "branded": ON},
                {"privacy", "branded"},
            ),
            ({"privacy": "SELF_ONLY", "branded": ON}, set()),
        ],
    )
    def test_the_answers_are_judged_without_asking(self, options, wrong):
        connector = made(audit="audited")

        assert set(connector.check_options(options, (a_video(),))) == wrong

    # What TikTok says of its own accord

    def test_a_message_is_signed_with_the_secret(self, connector):
        body, now = b'{"event":"authorization.removed"}', 1_700_000_000
        header = signature(SECRET, body, now)

        assert connector.is_signed(header, body, now + 5)
        assert not connector.is_signed(header, body + b" ", now)
        assert not connector.is_signed(header, body, now + 3600)
        assert not connector.is_signed(signature("another", body, now), body, now)

    @pytest.mark.parametrize(
        ("event", "content", "told"),
        [
            (
                "authorization.removed",
                {"reason": 1},
                Removed("open-1", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
            ),
            (
                "post.publish.complete",
                {"publish_id": "v_pub~1", "publish_type": "DIRECT_PUBLISH"},
                PublishChanged({"publish_id": "v_pub~1"}),
            ),
            (
                "post.publish.no_longer_publicaly_available",
                {"publish_id": "v_pub~1", "post_id": ID},
                PublishChanged({"publish_id": "v_pub~1"}),
            ),
            ("post.publish.complete", {}, Event()),
            ("video.upload.failed", {"share_id": "1"}, Event()),
        ],
    )
    def test_a_message_says_what_to_look_at(self, connector, event, content, told):
        body = message(event, content)
        headers = {"TikTok-Signature": signature(SECRET, body, int(time.time()))}

        assert connector.verify_callback("events", headers, body) == told

    @pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b'{"event": 5}', b"{}"])
    def test_a_message_for_nobody_is_not_read(self, connector, body):
        headers = {"TikTok-Signature": signature(SECRET, body, int(time.time()))}

        assert connector.verify_callback("events", headers, body) is None
        assert connector.verify_callback("events", {}, message("e", {})) is None

    @pytest.mark.parametrize("header", ["", "t=,s=", "t=1", "s=a", "t=x,s=é", ",,,"])
    def test_a_header_that_makes_no_sense_is_no_signature(self, connector, header):
        assert not connector.is_signed(header, b"{}")

    def poll(self, connector):
        return connector.poll(self.tokens, "open-1", self.HANDLE, None)


# The parts of a file


@pytest.mark.parametrize(
    ("size", "step", "count", "length"),
    [
        (50_000_123, 10_000_000, 5, 10_000_123),
        (64_000_001, 64_000_000, 1, 64_000_001),
        (4_000_000, 10_000_000, 1, 4_000_000),
        (1, 10_000_000, 1, 1),
    ],
)
def test_a_file_is_cut_as_tiktok_does(size, step, count, length):
    pieces = cut(size, step)

    assert pieces.count == count
    assert pieces.part(count - 1).length == length


@given(st.integers(1, 4_000_000_000))
def test_every_byte_is_in_one_part_within_the_bounds(size):
    pieces = cut(size)
    numbers = {0, pieces.count // 2, pieces.count - 1}

    assert 1 <= pieces.count <= MOST_PARTS
    assert pieces.count == size // pieces.step
    assert pieces.step == size or LEAST <= pieces.step <= MOST
    assert pieces.part(0).first == 0
    assert pieces.part(pieces.count - 1).last == size - 1
    for number in numbers - {pieces.count - 1}:
        assert pieces.part(number).length == pieces.step
        assert pieces.part(number + 1).first == pieces.part(number).last + 1
    assert pieces.part(pieces.count - 1).length < 2 * MOST


@given(st.integers(1, 4_000_000_000), st.integers(0, 4_000_000_000))
def test_a_position_is_a_part_or_none(size, uploaded):
    pieces = cut(size)
    number = pieces.begun_at(uploaded)

    assert number is None or pieces.part(number).first == uploaded


# A small TikTok


def made(**options):
    return networks.get("tiktok")(Credentials("an-app", "s"), None, options)


def a_post(video, options=OPTIONS, made=None):
    return Post("Words", media=(video,), options=options, made=made or {})


def with_made(post, progress):
    return Post(
        post.text, media=post.media, options=post.options, made=dict(progress.made)
    )


def halfway(**handles):
    later = str(int(time.time()) + 3000)
    known = {"publish_id": "v_pub_file~0", "upload_url": UPLOAD, "until": later}
    return known | {"next": "0"} | handles


def tiktok(wire, puts=()):
    data = {"publish_id": "v_pub_file~1", "upload_url": UPLOAD}
    wire.add(responses.POST, CREATOR, json=creator_info())
    for url in (INIT, INBOX_INIT):
        wire.add(responses.POST, url, json=enveloped(data))
    for answer in puts or (206,):
        wire.add(responses.PUT, UPLOAD, status=answer)


def status(wire, said, **fields):
    wire.add(responses.POST, STATUS, json=enveloped({"status": said, **fields}))


def listed(wire, *videos):
    data = {"videos": list(videos), "cursor": 0, "has_more": False}
    wire.add(responses.POST, LIST, json=enveloped(data))


def sent(wire, url):
    place = url.partition("?")[0]
    found = (call.request for call in wire.calls)
    return [one for one in found if one.url.partition("?")[0] == place]


def ranges(wire):
    return [one.headers["Content-Range"] for one in sent(wire, UPLOAD)]


def fields(form):
    return {field.name: field for field in form.fields}


def message(event, content):
    said = {
        "client_key": "an-app",
        "event": event,
        "create_time": 1_700_000_000,
        "user_openid": "open-1",
        "content": json.dumps(content),
    }
    return json.dumps(said).encode()


def signature(secret, body, now):
    digest = hmac.new(secret.encode(), f"{now}.".encode() + body, hashlib.sha256)
    return f"t={now},s={digest.hexdigest()}"
