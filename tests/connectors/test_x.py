"""X's own ways; the common ones come from the contract."""

import json
import time
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
import responses

from sharing.connectors import errors
from sharing.connectors.types import Metrics, Post, Posted, Profile, Tokens
from tests.connectors.contract import LINK, ConnectorContract

ID = "1993000000000000001"
SINCE = datetime(2026, 11, 21, 12, tzinfo=UTC)


class TestX(ConnectorContract):
    slug = "x"
    profile_id = "42"
    publish_url = "https://api.x.com/2/tweets"
    accepted = {"status": 201, "json": {"data": {"id": ID, "text": "…"}}}
    remote_id = ID
    url = f"https://x.com/i/web/status/{ID}"
    profile_url = "https://api.x.com/2/users/me"
    profile_answer = {
        "data": {
            "id": "42",
            "username": "ana",
            "name": "Ana Lind",
            "profile_image_url": "https://p/1_normal.png",
        }
    }
    profile = Profile("42", "ana", "Ana Lind", "https://p/1_normal.png")
    duplicate = {
        "status": 403,
        "json": {
            "detail": "You are not allowed to create a Tweet with duplicate content."
        },
    }
    metrics_url = publish_url
    metrics_answer = {
        "data": [
            {
                "id": ID,
                "public_metrics": {
                    "impression_count": 90,
                    "like_count": 4,
                    "reply_count": 0,
                    "retweet_count": 2,
                    "quote_count": 1,
                    "bookmark_count": 5,
                },
            }
        ],
        "errors": [{"value": "999", "type": ".../resource-not-found"}],
    }
    measured = Metrics(impressions=90, likes=4, comments=0, shares=3, saves=5)

    def test_the_body_is_the_text_alone(self, connector, wire):
        self.answers(wire, **self.accepted)

        self.publish(connector, post=Post(f"Words\n\n{LINK}", LINK, "Title"))

        assert json.loads(wire.calls[0].request.body) == {"text": f"Words\n\n{LINK}"}

    @pytest.mark.parametrize(
        ("text", "composed"),
        [
            ("Words", f"Words\n\n{LINK}"),
            ("Words \n", f"Words\n\n{LINK}"),
            ("", LINK),
            (f"See {LINK}!", f"See {LINK}!"),
            (f"See {LINK}2", f"See {LINK}2\n\n{LINK}"),
            ("One\r\ntwo", f"One\ntwo\n\n{LINK}"),
            ("src.example.com/a first", f"{LINK} first"),
            (
                "https://src.example.com/abc",
                f"https://src.example.com/abc\n\n{LINK}",
            ),
        ],
    )
    def test_the_link_stands_in_the_text_once(self, connector, text, composed):
        assert connector.compose(text, LINK, "https://src.example.com/a/") == composed

    def test_two_cashtags_are_refused(self, connector):
        assert connector.check("$ABC and $XYZ")
        assert connector.check("$ABC for $5 and 10$") == []

    def test_a_mark_that_nobody_sees_is_left_out(self, connector):
        assert connector.compose("\ufeffWords\ufeff", "") == "Words"

    @pytest.mark.parametrize("char", ["\ufffe", "\uffff", "\ud800", "\ufeff"])
    def test_non_characters_are_refused(self, connector, char):
        assert connector.check(f"a{char}b")

    @pytest.mark.parametrize(
        ("answer", "error", "reason"),
        [
            (
                {"status": 402, "json": {"title": "CreditsDepleted"}},
                errors.OperatorAction,
                "credit",
            ),
            (
                {"status": 403, "json": {"type": ".../client-forbidden"}},
                errors.OperatorAction,
                "enrolment",
            ),
            (
                {"status": 403, "json": {"reason": "client-not-enrolled"}},
                errors.OperatorAction,
                "enrolment",
            ),
            (
                {"status": 429, "json": {"type": ".../usage-capped"}},
                errors.OperatorAction,
                "credit",
            ),
            (
                {
                    "status": 403,
                    "json": {"detail": "You are not permitted to perform this action."},
                },
                errors.Refused,
                "not_permitted",
            ),
            (
                {"status": 400, "json": {"title": "Invalid Request"}},
                errors.Refused,
                "refused",
            ),
        ],
    )
    def test_a_refusal_names_its_reason(self, connector, wire, answer, error, reason):
        self.answers(wire, **answer)

        with pytest.raises(error) as caught:
            self.publish(connector)

        assert caught.value.reason == reason

    def test_a_token_without_the_right_to_post_needs_its_member(self, connector, wire):
        self.answers(wire, status=403, json={"detail": "not permitted"})
        tokens = Tokens("t", scopes=("tweet.read", "users.read"))

        with pytest.raises(errors.Disconnected):
            connector.publish(tokens, "42", self.post)

    @pytest.mark.parametrize(
        ("headers", "seconds"),
        [
            ({"x-rate-limit-reset": 300}, 300),
            (
                {
                    "x-rate-limit-reset": 300,
                    "x-user-limit-24hour-remaining": "0",
                    "x-user-limit-24hour-reset": 40_000,
                },
                40_000,
            ),
            (
                {
                    "x-rate-limit-reset": 300,
                    "x-app-limit-24hour-remaining": "7",
                    "x-app-limit-24hour-reset": 40_000,
                },
                300,
            ),
            ({"x-rate-limit-reset": 10**6}, 86_400),
        ],
    )
    def test_the_limit_resets_when_x_says(self, connector, wire, headers, seconds):
        now = time.time()
        said = {
            name: value if isinstance(value, str) else str(int(now + value))
            for name, value in headers.items()
        }
        self.answers(wire, status=429, headers=said, json={})

        with pytest.raises(errors.TryLater) as caught:
            self.publish(connector)

        assert caught.value.after == pytest.approx(seconds, abs=2)

    def test_the_secret_goes_into_the_header(self, connector, wire):
        wire.add(responses.POST, connector.TOKEN_URL, json={"access_token": "t"})

        connector.exchange("c", "https://h/", "v" * 43)

        request = wire.calls[0].request
        assert request.headers["Authorization"].startswith("Basic ")
        assert "client_secret" not in request.body
        assert parse_qs(request.body)["code_verifier"] == ["v" * 43]

    def test_a_consent_without_a_challenge_is_a_mistake_of_ours(self, connector):
        with pytest.raises(ValueError, match="challenge"):
            connector.authorize_url("s", "https://h/")

    def test_the_permalink_names_the_member_when_known(self, connector):
        assert connector.permalink(ID, "ana") == f"https://x.com/ana/status/{ID}"

    @pytest.mark.parametrize(
        "found",
        [
            {
                "text": "w https://t.co/1",
                "entities": {"urls": [{"expanded_url": LINK}]},
            },
            {"text": "w https://t.co/1", "entities": {"urls": [{"unwound_url": LINK}]}},
            {"text": f"words {LINK}"},
        ],
    )
    def test_a_post_is_found_by_its_tracked_link(self, connector, wire, found):
        data = [{"id": "7", "text": f"{LINK}2"}, {"id": ID, **found}]
        self.timeline(wire, {"data": data, "meta": {"result_count": 2}})

        posted = connector.find(self.tokens, "42", self.post, SINCE)

        asked = parse_qs(urlsplit(wire.calls[0].request.url).query)
        assert posted == Posted(ID, self.url)
        assert asked["start_time"] == ["2026-11-21T11:55:00Z"]

    def test_an_empty_timeline_means_not_found(self, connector, wire):
        self.timeline(wire, {"meta": {"result_count": 0}})

        assert connector.find(self.tokens, "42", self.post, SINCE) is None

    @pytest.mark.parametrize(
        "data",
        [
            True,
            "x",
            {"id": "7"},
            ["x"],
            [{"id": 7, "entities": {"urls": ["x", {}, 5]}}],
        ],
    )
    def test_an_odd_timeline_holds_no_post_of_ours(self, connector, wire, data):
        self.timeline(wire, {"data": data, "meta": {"result_count": 1}})

        assert connector.find(self.tokens, "42", self.post, SINCE) is None

    @pytest.mark.parametrize("answer", [{}, {"errors": [{"title": "x"}]}])
    def test_an_answer_without_a_count_is_not_read_as_absence(
        self, connector, wire, answer
    ):
        self.timeline(wire, answer)

        with pytest.raises(errors.TryLater):
            connector.find(self.tokens, "42", self.post, SINCE)

    def test_both_generations_of_metric_names_are_read(self, connector, wire):
        data = [{"id": ID, "public_metrics": {"repost_count": 8}}]
        wire.add(responses.GET, self.metrics_url, json={"data": data})

        assert connector.metrics(self.tokens, [ID])[ID] == Metrics(shares=8)

    def test_metrics_are_asked_for_a_hundred_at_a_time(self, connector, wire):
        wire.add(responses.GET, self.metrics_url, json={})

        connector.metrics(self.tokens, [str(number) for number in range(250)])

        sizes = [
            len(parse_qs(urlsplit(call.request.url).query)["ids"][0].split(","))
            for call in wire.calls
        ]
        assert sizes == [100, 100, 50]

    def timeline(self, wire, answer):
        wire.add(responses.GET, "https://api.x.com/2/users/42/tweets", json=answer)
