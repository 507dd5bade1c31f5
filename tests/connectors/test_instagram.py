"""Instagram's own ways; the common ones come from the contract."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
import responses
from hypothesis import given
from hypothesis import strategies as st

from sharing.connectors import errors
from sharing.connectors.events import DeletionAsked, Removed
from sharing.connectors.http import Answer
from sharing.connectors.media import Kind
from sharing.connectors.progress import Progress
from sharing.connectors.rates import Scope
from sharing.connectors.types import (
    Credentials,
    Media,
    Metrics,
    NotYet,
    Post,
    Posted,
    Profile,
    Tokens,
)
from sharing.networks.instagram import Instagram
from sharing.networks.instagram.containers import is_used_up
from tests.connectors.contract import CALLBACK, CANARY, LINK, SECRET, ConnectorContract

GRAPH = "https://graph.instagram.com/v26.0"
OWNER, CONTAINER, MEDIA = "17841400000000001", "17889455560051444", "17918920912340654"
PERMALINK = "https://www.instagram.com/p/DEo9xYzAbCd/"
LONG = "https://graph.instagram.com/access_token"
REFRESH = "https://graph.instagram.com/refresh_access_token"
CREATE, PUBLISH = f"{GRAPH}/{OWNER}/media", f"{GRAPH}/{OWNER}/media_publish"
STATUS, QUOTA = f"{GRAPH}/{CONTAINER}", f"{GRAPH}/{OWNER}/content_publishing_limit"
SINCE = datetime(2026, 11, 21, 12, tzinfo=UTC)


def picture(**facts):
    values = {
        "kind": Kind.IMAGE,
        "content_type": "image/jpeg",
        "size": 50_000,
        "open": lambda: BytesIO(b"x"),
        "width": 1200,
        "height": 1000,
        "url": "https://app.example.com/media/a.jpg?sig=1",
    }
    return Media(**values | facts)


def video(**facts):
    values = {
        "kind": Kind.VIDEO,
        "content_type": "video/mp4",
        "size": 5_000_000,
        "width": 1080,
        "height": 1920,
        "seconds": 20.0,
        "url": "https://app.example.com/media/v.mp4?sig=1",
    }
    return picture(**values | facts)


def graph_error(code, subcode=None, status=400, headers=None, **more):
    said = {"message": "…", "type": "OAuthException", "code": code, **more}
    if subcode:
        said["error_subcode"] = subcode
    return {
        "status": status,
        "json": {"error": said | {"fbtrace_id": "Ab1"}},
        "headers": headers,
    }


def form_of(call):
    return {key: one[0] for key, one in parse_qs(call.request.body).items()}


def query_of(call):
    asked = parse_qs(urlsplit(call.request.url).query)
    return {key: one[0] for key, one in asked.items()}


POST = Post("Good news from the grid", LINK, media=(picture(alt="A mast"),))
READY = Post(POST.text, LINK, media=POST.media, made={"container": CONTAINER})


class TestInstagram(ConnectorContract):
    slug = "instagram"
    profile_id = OWNER
    post = READY
    publish_url = PUBLISH
    accepted = {"status": 200, "json": {"id": MEDIA}}
    remote_id = MEDIA
    url = PERMALINK
    profile_url = f"{GRAPH}/me"
    profile_answer = {
        "user_id": OWNER,
        "username": "ana.lind",
        "name": "Ana Lind",
        "account_type": "MEDIA_CREATOR",
        "profile_picture_url": "https://cdn/a.jpg",
        "id": "24681012",
    }
    profile = Profile(OWNER, "ana.lind", "Ana Lind", "https://cdn/a.jpg", "24681012")
    metrics_url = f"{GRAPH}/{MEDIA}/insights"
    metrics_answer = {
        "data": [
            {"name": "views", "period": "lifetime", "values": [{"value": 90}]},
            {"name": "reach", "period": "lifetime", "total_value": {"value": 70}},
            {"name": "shares", "values": [{"value": 2}]},
            {"name": "reposts", "values": [{"value": 1}]},
            {"name": "saved", "values": [{"value": 0}]},
        ]
    }
    measured = Metrics(impressions=90, reach=70, likes=4, comments=1, shares=3, saves=0)

    def answers(self, wire, **answer):
        super().answers(wire, **answer)
        wire.add(responses.GET, f"{GRAPH}/{MEDIA}", json={"permalink": PERMALINK})

    def exchange_answers(self, wire, connector, **answer):
        """A short token first, whose answer tells the permissions; then the long one."""
        super().exchange_answers(wire, connector, **answer)
        told = answer.get("json")
        if isinstance(told, dict) and told.get("access_token") == "fresh":
            wire.add(responses.GET, LONG, json=told)

    def refresh_answers(self, wire, connector, **answer):
        wire.add(responses.GET, REFRESH, **answer)

    def metrics_answers(self, wire):
        super().metrics_answers(wire)
        seen = {"media_product_type": "FEED", "like_count": 4, "comments_count": 1}
        wire.add(responses.GET, f"{GRAPH}/{MEDIA}", json=seen)
        wire.add(responses.GET, f"{GRAPH}/999", **graph_error(100, 33))

    def test_refreshing_keeps_the_old_refresh_token_when_none_comes(
        self, connector, wire
    ):
        """Here the token is its own refresh token."""
        answer = {"access_token": "fresh", "token_type": "bearer", "expires_in": 60}
        wire.add(responses.GET, REFRESH, json=answer)

        tokens = connector.refresh(self.tokens)

        assert tokens.access_token == tokens.refresh_token == "fresh"
        assert query_of(wire.calls[0]) == {
            "grant_type": "ig_refresh_token",
            "access_token": self.tokens.refresh_token,
        }

    def test_the_sandbox_address_reroutes_every_call(self, wire):
        address = f"{GRAPH}/{MEDIA}".replace("https://", "http://localhost:8010/")
        wire.add(responses.GET, address, json={"permalink": PERMALINK})

        super().test_the_sandbox_address_reroutes_every_call(wire)

    # Publishing

    def test_what_publishes_is_the_container_alone(self, connector, wire):
        self.answers(wire, **self.accepted)

        self.publish(connector)

        assert form_of(wire.calls[0]) == {"creation_id": CONTAINER}
        assert query_of(wire.calls[1])["fields"].startswith("permalink,shortcode")

    def test_a_post_whose_address_cannot_be_read_stands_all_the_same(
        self, connector, wire
    ):
        wire.add(responses.POST, PUBLISH, json={"id": MEDIA})
        wire.add(responses.GET, f"{GRAPH}/{MEDIA}", **graph_error(100, 33))

        assert self.publish(connector) == Posted(MEDIA, "")

    def test_a_post_that_stands_already_is_not_published_again(self, connector, wire):
        wire.add(responses.GET, f"{GRAPH}/{MEDIA}", json={"permalink": PERMALINK})
        standing = {"container": CONTAINER, "media": MEDIA}

        post = Post("Words", media=POST.media, made=standing)

        assert self.publish(connector, post=post) == Posted(MEDIA, PERMALINK)

    def test_without_a_container_nothing_is_published(self, connector, wire):
        with pytest.raises(errors.TryLater):
            self.publish(connector, post=POST)

        assert len(wire.calls) == 0

    @pytest.mark.parametrize(
        ("answer", "error", "reason"),
        [
            (graph_error(190, 463, 401), errors.Disconnected, "token_ended"),
            (graph_error(190, 460), errors.Disconnected, "token_ended"),
            (graph_error(190, 459), errors.Disconnected, "checkpoint"),
            (graph_error(102), errors.Disconnected, "token_ended"),
            (graph_error(10), errors.OperatorAction, "app_review"),
            (graph_error(200), errors.OperatorAction, "app_review"),
            (graph_error(4), errors.TryLater, "rate_limited"),
            (graph_error(80002), errors.TryLater, "rate_limited"),
            (graph_error(9, 2207042), errors.TryLater, "rate_limited"),
            (graph_error(4, 2207051), errors.Unknown, "spam"),
            (graph_error(368), errors.Refused, "blocked"),
            (graph_error(25, 2207050), errors.Refused, "restricted"),
            (graph_error(506), errors.Duplicate, "duplicate"),
            (graph_error(9007, 2207027), errors.TryLater, "media"),
            (graph_error(24, 2207008), errors.TryLater, "media_lost"),
            (graph_error(24, 2207006), errors.TryLater, "media_lost"),
            (graph_error(-2, 2207020), errors.TryLater, "media_anew"),
            (graph_error(1), errors.Unknown, "unknown"),
            (graph_error(2, status=503), errors.Unknown, "unknown"),
            (graph_error(77, is_transient=True), errors.Unknown, "unknown"),
            (graph_error(-1, 2207001), errors.Unknown, "unknown"),
            (graph_error(36003, 2207009), errors.Refused, "media"),
            (graph_error(36004, 2207010), errors.Refused, "text"),
            (graph_error(352, 2207026), errors.Refused, "media"),
            (graph_error(100), errors.Refused, "refused"),
        ],
    )
    def test_a_code_has_one_meaning(self, connector, wire, answer, error, reason):
        wire.add(responses.POST, PUBLISH, **answer)

        with pytest.raises(error) as caught:
            self.publish(connector)

        assert caught.value.reason == reason

    def test_a_consent_without_the_right_to_post_needs_its_member(
        self, connector, wire
    ):
        wire.add(responses.POST, PUBLISH, **graph_error(10))

        with pytest.raises(errors.Disconnected) as caught:
            connector.publish(Tokens("t", scopes=connector.scopes[:1]), OWNER, READY)

        assert caught.value.reason == "scope_missing"

    def test_minutes_until_there_are_calls_again_are_told_by_a_header(
        self, connector, wire
    ):
        use = {"type": "instagram", "estimated_time_to_regain_access": 7}
        headers = {"X-Business-Use-Case-Usage": json.dumps({OWNER: [use]})}
        wire.add(responses.POST, PUBLISH, **graph_error(80002, headers=headers))

        with pytest.raises(errors.TryLater) as caught:
            self.publish(connector)

        assert (caught.value.after, caught.value.scope) == (420, Scope.ACCOUNT)

    @pytest.mark.parametrize(
        ("usage", "told"),
        [
            ('{"call_count": 85, "total_time": 2}', [Scope.APP]),
            ('{"call_count": 28}', []),
            ('["x"]', []),
            ("{", []),
            ('{"call_count": "many"}', []),
            ('{"total_time": 99}', [Scope.APP]),
        ],
    )
    def test_an_app_that_is_nearly_spent_pauses(self, connector, wire, usage, told):
        headers = {"X-App-Usage": usage}
        self.answers(wire, **self.accepted | {"headers": headers})

        posted = self.publish(connector)

        assert [one.scope for one in posted.allowances] == told

    def test_so_does_an_account_of_which_little_is_left(self, connector, wire):
        use = {"type": "instagram", "call_count": 81}
        headers = {"X-Business-Use-Case-Usage": json.dumps({OWNER: [use]})}
        self.answers(wire, **self.accepted | {"headers": headers})

        [told] = self.publish(connector).allowances

        assert (told.scope, told.remaining, told.after) == (Scope.ACCOUNT, 0, 600)

    def test_the_version_is_the_installations_choice(self, wire):
        network = Instagram(Credentials("a", "b"), None, {"version": "v27.0"})
        odd = Instagram(Credentials("a", "b"), None, {"version": "../me"})

        assert network.at("me") == "https://graph.instagram.com/v27.0/me"
        assert odd.at("me") == f"{GRAPH}/me"

    # Text and files

    def test_a_link_is_not_put_into_the_words(self, connector):
        assert connector.compose("Words", LINK, "https://src.example.com/a") == "Words"

    def test_hashtags_and_mentions_are_counted(self, connector):
        assert connector.check(" ".join(f"#t{n}" for n in range(30))) == []
        assert connector.check(" ".join(f"#t{n}" for n in range(31)))
        assert connector.check(" ".join(f"@p.{n}" for n in range(20))) == []
        assert connector.check(" ".join(f"@p.{n}" for n in range(21)))
        assert connector.check("mail me@example.com # " * 40) == []

    @pytest.mark.parametrize(
        ("files", "word"),
        [
            ((), "needs a picture"),
            ((picture(),), ""),
            ((picture(content_type="image/png"),), "kind of file"),
            ((picture(size=9_000_000),), "at most 8"),
            ((picture(width=700, height=1000),), ""),  # it may become a story
            ((picture(width=700, height=1440),), "too narrow"),
            ((picture(), picture(width=700, height=1000)), "too narrow"),
            ((picture(width=1440, height=700),), "too wide"),
            ((picture(width=2000, height=1600),), "at most 1440"),
            ((video(),), ""),
            ((video(content_type="video/quicktime", seconds=900),), ""),
            ((video(seconds=2),), "at least 3"),
            ((video(seconds=901),), "at most 900"),
            ((video(size=400_000_000),), "at most 300"),
            ((picture(), video()), ""),
            ((picture(), video(seconds=61)), "at most 60"),
            ((picture(),) * 10, ""),
            ((picture(),) * 11, "leave out 1"),
            ((picture(),) * 6 + (video(),) * 5, "leave out 1"),
            ((picture(), picture(size=0)), "empty"),
        ],
    )
    def test_files_are_judged_before_anything_is_sent(self, connector, files, word):
        found = connector.check_media(files)

        assert word in "".join(found)
        assert bool(found) == bool(word)


@pytest.fixture
def connector():
    return Instagram(Credentials("an-app", SECRET))


@pytest.fixture
def wire():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as wire:
        yield wire


def ready(wire, usage=0):
    """Instagram finishes whatever it is given, and lets 100 posts be published a day."""
    wire.add(responses.POST, CREATE, json={"id": CONTAINER})
    wire.add(responses.GET, STATUS, json={"status_code": "FINISHED", "id": CONTAINER})
    config = {"quota_total": 100, "quota_duration": 86400}
    wire.add(
        responses.GET,
        QUOTA,
        json={"data": [{"quota_usage": usage, "config": config}]},
    )


def prepare(connector, post=POST, progress=None):
    return connector.prepare(Tokens("t"), OWNER, post, progress or Progress())


class TestPreparing:
    @pytest.mark.parametrize(
        ("post", "params"),
        [
            (
                POST,
                {
                    "image_url": POST.media[0].url,
                    "alt_text": "A mast",
                    "caption": POST.text,
                },
            ),
            (
                Post("Words", media=(video(alt="ignored"),)),
                {
                    "media_type": "REELS",
                    "share_to_feed": "true",
                    "video_url": video().url,
                    "caption": "Words",
                },
            ),
            (
                Post("Words", media=(video(),), options={"story": "on"}),
                {"media_type": "STORIES", "video_url": video().url},
            ),
            (Post("", media=(picture(),)), {"image_url": picture().url}),
        ],
    )
    def test_a_container_is_made_and_kept(self, connector, wire, post, params):
        ready(wire)
        progress = Progress()

        assert prepare(connector, post, progress) is None

        assert form_of(wire.calls[0]) == params
        assert progress.get("container") == CONTAINER
        assert query_of(wire.calls[1]) == {"fields": "status_code,status"}
        assert query_of(wire.calls[2]) == {"fields": "quota_usage,config"}

    def test_the_token_travels_in_its_header_alone(self, connector, wire):
        ready(wire)

        connector.prepare(Tokens(CANARY), OWNER, POST, Progress())

        for call in wire.calls:
            assert call.request.headers["Authorization"] == f"Bearer {CANARY}"
            assert CANARY not in f"{call.request.url}{call.request.body!r}"

    def test_a_carousel_waits_for_all_its_parts(self, connector, wire):
        for number in ("1", "2", CONTAINER):
            wire.add(responses.POST, CREATE, json={"id": number})
        wire.add(responses.GET, f"{GRAPH}/1", json={"status_code": "FINISHED"})
        wire.add(responses.GET, f"{GRAPH}/2", json={"status_code": "IN_PROGRESS"})
        wire.add(responses.GET, f"{GRAPH}/2", json={"status_code": "FINISHED"})
        wire.add(responses.GET, STATUS, json={"status_code": "FINISHED"})
        wire.add(responses.GET, QUOTA, json={"data": []})
        post, progress = Post("Words", media=(picture(), video())), Progress()

        waits = prepare(connector, post, progress)
        done = prepare(connector, post, progress)

        assert isinstance(waits, NotYet)
        assert waits.after == 5
        assert done is None
        made = [form_of(call) for call in wire.calls if call.request.method == "POST"]
        assert made == [
            {"image_url": picture().url, "is_carousel_item": "true"},
            {
                "media_type": "VIDEO",
                "video_url": video().url,
                "is_carousel_item": "true",
            },
            {"media_type": "CAROUSEL", "children": "1,2", "caption": "Words"},
        ]

    def test_what_fell_between_two_parts_goes_on_with_the_next(self, connector, wire):
        ready(wire)
        wire.add(responses.GET, f"{GRAPH}/1", json={"status_code": "FINISHED"})
        progress = Progress({"part0": "1", "at": "1"})

        prepare(connector, Post("", media=(picture(), picture())), progress)

        posted = [call for call in wire.calls if call.request.method == "POST"]
        assert len(posted) == 2
        assert progress.get("part1") == CONTAINER

    def test_a_container_that_is_known_is_asked_not_made_again(self, connector, wire):
        wire.add(responses.GET, STATUS, json={"status_code": "IN_PROGRESS"})
        progress = Progress({"container": CONTAINER, "at": "1"})

        assert prepare(connector, progress=progress) == NotYet(60)
        assert len(wire.calls) == 1

    def test_one_that_expired_is_made_anew(self, connector, wire):
        wire.add(responses.GET, STATUS, json={"status_code": "EXPIRED"})
        progress = Progress({"container": CONTAINER, "at": "1"})

        assert isinstance(prepare(connector, progress=progress), NotYet)
        assert not progress.made

    def test_one_that_was_published_unheard_is_found_instead(self, connector, wire):
        wire.add(responses.GET, STATUS, json={"status_code": "PUBLISHED"})
        wire.add(responses.GET, CREATE, json={"data": [listed()]})
        progress = Progress({"container": CONTAINER, "at": str(SINCE.timestamp())})

        assert prepare(connector, progress=progress) is None
        assert progress.get("media") == MEDIA

    def test_published_and_not_shown_yet_is_waited_for(self, connector, wire):
        wire.add(responses.GET, STATUS, json={"status_code": "PUBLISHED"})
        wire.add(responses.GET, CREATE, json={"data": []})
        progress = Progress({"container": CONTAINER, "at": "1"})

        with pytest.raises(errors.TryLater):
            prepare(connector, progress=progress)

        assert progress.get("container") == CONTAINER

    @pytest.mark.parametrize(
        ("number", "error"),
        [
            ("2207026", errors.Refused),
            ("2207009", errors.Refused),
            ("2207051", errors.Refused),
            ("2207003", errors.TryLater),
            ("2207001", errors.TryLater),
            ("2207077", errors.TryLater),
            ("2207999", errors.TryLater),
            ("", errors.TryLater),
        ],
    )
    def test_a_broken_container_tells_why(self, connector, wire, number, error):
        words = f"Error: Media upload has failed with error code {number}"
        said = {"status_code": "ERROR", "status": words}
        wire.add(responses.GET, STATUS, json=said)

        with pytest.raises(error):
            prepare(connector, progress=Progress({"container": CONTAINER, "at": "1"}))

    def test_a_file_that_cannot_be_fetched_is_tried_three_times(self, connector, wire):
        wire.add(responses.POST, CREATE, **graph_error(9004, 2207052))
        progress = Progress()

        for wait in (30, 60):
            with pytest.raises(errors.TryLater) as caught:
                prepare(connector, progress=progress)
            assert caught.value.after == wait
        with pytest.raises(errors.Refused, match="could not fetch"):
            prepare(connector, progress=progress)

        assert not progress.made

    def test_where_nobody_outside_reaches_us_the_operator_is_told(
        self, connector, wire
    ):
        with pytest.raises(errors.OperatorAction, match="cannot reach"):
            prepare(connector, Post("", media=(picture(url=""),)))

        assert len(wire.calls) == 0

    @pytest.mark.parametrize("usage", [100, 250])
    def test_a_day_whose_posts_are_used_up_is_waited_for(self, connector, wire, usage):
        ready(wire, usage)

        with pytest.raises(errors.TryLater) as caught:
            prepare(connector)

        assert (caught.value.reason, caught.value.after) == ("rate_limited", 3600)

    def test_a_quota_that_is_not_told_stops_nothing(self, connector, wire):
        ready(wire)
        wire.replace(responses.GET, QUOTA, **graph_error(100))

        assert prepare(connector) is None

    def test_a_container_that_is_not_seen_is_asked_again_then_made_anew(
        self, connector, wire
    ):
        wire.add(responses.GET, STATUS, **graph_error(100, 33))
        wire.add(responses.GET, CREATE, json={"data": []})
        progress = Progress({"container": CONTAINER, "at": "1"})

        for _look in range(2):
            with pytest.raises(errors.TryLater):
                prepare(connector, progress=progress)
        assert isinstance(prepare(connector, progress=progress), NotYet)
        assert not progress.made

    def test_a_part_that_is_not_seen_is_made_anew(self, connector, wire):
        wire.add(responses.GET, f"{GRAPH}/1", **graph_error(24, 2207006))
        wire.add(responses.POST, CREATE, json={"id": "2"})
        post = Post("", media=(picture(), picture()))
        progress = Progress({"part0": "1", "at": "1"})

        with pytest.raises(errors.TryLater):
            prepare(connector, post, progress)

        assert progress.made == {"tries": "1"}

    @pytest.mark.parametrize(
        "answer",
        [
            {"body": requests.ReadTimeout("late")},
            {"status": 500},
            {"status": 200, "body": "<html>"},
            {"status": 200, "json": {"id": "9" * 5000}},
            graph_error(1),
            graph_error(2),
        ],
    )
    def test_silence_while_preparing_is_tried_again(self, connector, wire, answer):
        wire.add(responses.POST, CREATE, **answer)

        with pytest.raises(errors.TryLater):
            prepare(connector)

    def test_a_story_of_several_is_refused(self, connector, wire):
        post = Post("", media=(picture(), picture()), options={"story": "on"})

        with pytest.raises(errors.Refused, match="A story takes one"):
            prepare(connector, post)


def listed(caption=POST.text, moment="2026-11-21T12:00:10+0000", media=MEDIA):
    return {
        "id": media,
        "caption": caption,
        "timestamp": moment,
        "permalink": PERMALINK,
    }


class TestFinding:
    @pytest.mark.parametrize("state", ["PUBLISHED", "FINISHED", "EXPIRED"])
    def test_the_post_is_found_by_its_words(self, connector, wire, state):
        old = listed(moment="2026-11-20T12:00:10+0000", media="1")
        other = listed(caption="Other words", media="2")
        wire.add(responses.GET, STATUS, json={"status_code": state})
        wire.add(responses.GET, CREATE, json={"data": [other, old, listed()]})

        found = connector.find(Tokens("t"), OWNER, READY, SINCE)

        assert found == Posted(MEDIA, PERMALINK)
        assert query_of(wire.calls[1])["fields"] == "id,caption,timestamp,permalink"

    def test_a_container_that_waits_to_be_published_was_not(self, connector, wire):
        wire.add(responses.GET, STATUS, json={"status_code": "FINISHED"})
        wire.add(responses.GET, CREATE, json={"data": []})

        assert connector.find(Tokens("t"), OWNER, READY, SINCE) is None

    @pytest.mark.parametrize(
        ("state", "data"),
        [
            ("PUBLISHED", {"data": []}),
            ("IN_PROGRESS", {"data": []}),
            ("FINISHED", {}),
            ("FINISHED", {"data": [listed(caption="x")] * 25}),
            ("OTHER", {"data": []}),
            (["FINISHED"], {"data": []}),
            (None, {"data": []}),
        ],
    )
    def test_what_proves_nothing_is_not_called_missing(
        self, connector, wire, state, data
    ):
        wire.add(responses.GET, STATUS, json={"status_code": state})
        wire.add(responses.GET, CREATE, json=data)

        with pytest.raises(errors.TryLater):
            connector.find(Tokens("t"), OWNER, READY, SINCE)


class TestNumbers:
    def test_one_name_that_does_not_fit_does_not_cost_the_others(self, connector, wire):
        seen = {"media_product_type": "STORY"}
        insights = f"{GRAPH}/{MEDIA}/insights"
        wire.add(responses.GET, f"{GRAPH}/{MEDIA}", json=seen)

        def answer(request):
            names = parse_qs(urlsplit(request.url).query)["metric"][0].split(",")
            if len(names) > 1 or names == ["shares"]:
                return 400, {}, json.dumps({"error": {"code": 100, "message": "…"}})
            data = [{"name": names[0], "values": [{"value": 5}]}]
            return 200, {}, json.dumps({"data": data if names != ["reach"] else []})

        wire.add_callback(responses.GET, insights, answer)

        [told] = connector.metrics(Tokens("t"), [MEDIA]).values()

        assert told == Metrics(impressions=5, comments=5)

    def test_without_the_right_to_insights_what_is_seen_is_told(self, connector, wire):
        seen = {"media_product_type": "FEED", "comments_count": 0}
        wire.add(responses.GET, f"{GRAPH}/{MEDIA}", json=seen)

        told = connector.metrics(
            Tokens("t", scopes=("instagram_business_basic",)), [MEDIA]
        )

        assert told == {MEDIA: Metrics(comments=0)}


class TestNonsense:
    """Whatever arrives, it is sorted; nothing breaks."""

    json_values = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["error", "code", "error_subcode", "call_count", "data", "config",
                 "estimated_time_to_regain_access", "quota_usage", "values"]
            ),
            inner,
            max_size=4,
        ),
        max_leaves=12,
    )  # fmt: skip

    @given(body=st.binary(max_size=300))
    def test_a_signed_request(self, body):
        network = Instagram(Credentials("a", "b"))

        assert network.verify_callback("deletion", {}, body) is None
        signed = b"signed_request=" + body
        assert network.verify_callback("deletion", {}, signed) is None

    @given(said=json_values, usage=json_values, status=st.sampled_from([200, 400, 500]))
    def test_an_answer_with_its_headers(self, said, usage, status):
        network = Instagram(Credentials("a", "b"))
        headers = {
            "X-App-Usage": json.dumps(usage),
            "X-Business-Use-Case-Usage": json.dumps({"1": usage, "2": [usage]}),
        }
        answer = Answer(status, headers, json.dumps(said).encode())

        network.read_allowances(answer)
        found = network.explain(answer, None) or network.sort(answer, True)

        assert isinstance(found, errors.ConnectorError)

    @given(said=json_values)
    def test_a_quota(self, said):
        assert is_used_up({"data": [said]}) in (True, False)


class TestAsking:
    def test_a_story_is_the_members_choice_and_never_chosen_beforehand(self, connector):
        form = connector.share_form(Tokens("t"), (picture(),))

        [field] = form.fields
        assert field.name == "story"
        assert not field.required
        assert "bio" in form.notes[0].text
        assert connector.settle_options({}, (picture(),)) == {}
        kept = connector.settle_options({"story": "on", "x": "1"}, (picture(),))
        assert kept == {"story": "on"}

    def test_an_upright_picture_is_a_story_or_is_cropped(self, connector):
        files = (picture(width=810, height=1440),)

        assert "story" in connector.check_options({}, files)["story"]
        assert connector.check_options({"story": "on"}, files) == {}
        assert connector.check_options({}, (picture(width=800, height=1000),)) == {}
        assert connector.check_options({}, (video(),)) == {}
        assert "crop" in connector.share_form(Tokens("t"), files).fields[0].help

    def test_an_upright_picture_that_is_no_story_is_refused_unasked(
        self, connector, wire
    ):
        post = Post("", media=(picture(width=810, height=1440),))

        with pytest.raises(errors.Refused) as caught:
            connector.prepare(Tokens("t"), OWNER, post, Progress())

        assert caught.value.reason == "media"
        assert len(wire.calls) == 0

    def test_several_files_are_no_story(self, connector):
        files = (picture(), video())

        assert connector.check_options({"story": "on"}, files)
        assert connector.check_options({}, files) == {}


def test_the_age_of_the_version_is_known(connector):
    assert connector.version_months(date(2026, 11, 22)) == 4
    unknown = Instagram(Credentials("a"), None, {"version": "v99.0"})
    assert unknown.version_months(date(2026, 11, 22)) is None


class TestSigningIn:
    def test_scopes_stand_behind_commas(self, connector):
        asked = parse_qs(urlsplit(connector.authorize_url("s", CALLBACK)).query)

        assert asked["scope"] == [",".join(connector.scopes)]

    def test_what_instagram_hangs_on_a_code_is_taken_off(self, connector):
        assert connector.code_from({"code": "abc#_"}) == "abc"

    @pytest.mark.parametrize("is_wrapped", [True, False])
    @pytest.mark.parametrize("is_list", [True, False])
    def test_a_short_token_becomes_a_long_one(
        self, connector, wire, is_wrapped, is_list
    ):
        granted = ["instagram_business_basic", "instagram_business_content_publish"]
        permissions = granted if is_list else ",".join(granted)
        short = {"access_token": "short", "user_id": 1, "permissions": permissions}
        long = {"access_token": "long", "token_type": "bearer", "expires_in": 5183944}
        wire.add(
            responses.POST,
            connector.TOKEN_URL,
            json={"data": [short]} if is_wrapped else short,
        )
        wire.add(responses.GET, LONG, json=long)

        tokens = connector.exchange("c0de", CALLBACK)

        assert form_of(wire.calls[0]) == {
            "client_id": "an-app",
            "client_secret": SECRET,
            "grant_type": "authorization_code",
            "redirect_uri": CALLBACK,
            "code": "c0de",
        }
        assert query_of(wire.calls[1]) == {
            "grant_type": "ig_exchange_token",
            "client_secret": SECRET,
            "access_token": "short",
        }
        assert tokens.access_token == tokens.refresh_token == "long"
        assert tokens.scopes == tuple(granted)
        assert tokens.expires_at > datetime.now(UTC) + timedelta(days=59)

    @pytest.mark.parametrize(
        ("said", "error"),
        [
            ("Invalid platform app", errors.OperatorAction),
            ("Matching code was not found or was already used", errors.Refused),
            ("Invalid authorization code", errors.Refused),
        ],
    )
    def test_an_error_of_the_page_for_codes_names_whose_turn_it_is(
        self, connector, wire, said, error
    ):
        told = {"error_type": "OAuthException", "code": 400, "error_message": said}
        wire.add(responses.POST, connector.TOKEN_URL, status=400, json=told)

        with pytest.raises(error):
            connector.exchange("c0de", CALLBACK)

    @pytest.mark.parametrize(
        ("answer", "error"),
        [
            (graph_error(190, 463), errors.Disconnected),
            (graph_error(4), errors.TryLater),
            (graph_error(1), errors.TryLater),
            (graph_error(10), errors.OperatorAction),
        ],
    )
    def test_only_a_token_that_is_gone_ends_the_connection(
        self, connector, wire, answer, error
    ):
        wire.add(responses.GET, REFRESH, **answer)

        with pytest.raises(error):
            connector.refresh(Tokens("t", "t"))

    def test_a_token_that_ended_is_not_offered_for_renewal(self, connector, wire):
        over = datetime.now(UTC) - timedelta(seconds=1)

        with pytest.raises(errors.Disconnected):
            connector.refresh(Tokens("t", "t", over))

        assert len(wire.calls) == 0

    @pytest.mark.parametrize(
        "answer",
        [{"json": {"user_id": OWNER, "account_type": "PERSONAL"}}, graph_error(100)],
    )
    def test_a_personal_account_is_told_what_to_do(self, connector, wire, answer):
        wire.add(responses.GET, f"{GRAPH}/me", **answer)

        with pytest.raises(errors.Refused, match="switch to a professional account"):
            connector.profile(Tokens("t"))

    @pytest.mark.parametrize("kind", ["Business", "MEDIA_CREATOR", None])
    def test_a_professional_account_may_connect(self, connector, wire, kind):
        said = {"user_id": int(OWNER), "username": "ana", "account_type": kind}
        wire.add(responses.GET, f"{GRAPH}/me", json={"data": [said]})

        assert connector.profile(Tokens("t")) == Profile(OWNER, "ana", "ana")


def signed_request(secret, **payload):
    told = {"user_id": "24681012", "algorithm": "HMAC-SHA256", "issued_at": 1790000000}
    text = encoded(json.dumps(told | payload).encode())
    proof = hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()
    return urlencode({"signed_request": f"{encoded(proof)}.{text}"}).encode()


def encoded(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


class TestCallbacks:
    def test_who_removed_the_app_is_told_when(self, connector):
        event = connector.verify_callback("deauthorize", {}, signed_request(SECRET))

        assert event == Removed("24681012", datetime.fromtimestamp(1790000000, UTC))
        assert type(event) is Removed

    def test_who_wants_to_be_forgotten_is_told_apart(self, connector):
        event = connector.verify_callback(
            "deletion", {}, signed_request(SECRET, user_id=24681012)
        )

        assert isinstance(event, DeletionAsked)
        assert event.remote_id == "24681012"

    def test_the_secret_of_the_meta_app_counts_too(self):
        network = Instagram(Credentials("a", SECRET), None, {"meta_secret": "other"})

        assert network.verify_callback("deletion", {}, signed_request("other"))

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"signed_request=",
            b"signed_request=abc",
            b"signed_request=..",
            b"\xff\xfe=1",
            signed_request("wrong"),
            signed_request(""),
            signed_request(SECRET, algorithm="none"),
            signed_request(SECRET, user_id="../1"),
            signed_request(SECRET, user_id=None),
            signed_request(SECRET)[:-4] + b"AAAA",
        ],
    )
    def test_what_is_not_proven_is_nobodys_word(self, connector, body):
        assert connector.verify_callback("deauthorize", {}, body) is None

    def test_an_app_without_a_secret_believes_nobody(self):
        network = Instagram(Credentials("a"))

        assert network.verify_callback("deletion", {}, signed_request("")) is None
