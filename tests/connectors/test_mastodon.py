"""Mastodon's own ways; the common ones come from the contract."""

import json
import time
from datetime import UTC, datetime, timedelta
from io import BytesIO
from urllib.parse import parse_qs, urlsplit

import pytest
import responses

from sharing.connectors import errors
from sharing.connectors.media import Kind
from sharing.connectors.progress import Progress
from sharing.connectors.types import Media, Metrics, NotYet, Post, Posted, Profile
from tests.connectors.contract import CALLBACK, CANARY, LINK, SECRET, ConnectorContract

HOST = "social.example"
SERVER = f"https://{HOST}"
ID = "115000000000000042"
URL = f"{SERVER}/@ana/{ID}"
SINCE = datetime(2026, 11, 21, 12, tzinfo=UTC)


class TestMastodon(ConnectorContract):
    slug = "mastodon"
    server = SERVER
    profile_id = f"{HOST}/7"
    publish_url = f"{SERVER}/api/v1/statuses"
    accepted = {"status": 200, "json": {"id": ID, "url": URL, "content": "…"}}
    remote_id = ID
    url = URL
    profile_url = f"{SERVER}/api/v1/accounts/verify_credentials"
    profile_answer = {
        "id": "7",
        "username": "ana",
        "acct": "ana",
        "display_name": "Ana Lind",
        "avatar": f"{SERVER}/avatars/7.png",
    }
    own_id = "7"
    profile = Profile(f"{HOST}/7", f"ana@{HOST}", "Ana Lind", f"{SERVER}/avatars/7.png")
    metrics_url = f"{SERVER}/api/v1/statuses/{ID}"
    metrics_answer = {
        "id": ID,
        "favourites_count": 4,
        "reblogs_count": 2,
        "replies_count": 0,
    }
    measured = Metrics(likes=4, comments=0, shares=2)

    @pytest.fixture
    def wire(self):
        with responses.RequestsMock(assert_all_requests_are_fired=False) as wire:
            wire.add(responses.GET, f"{self.publish_url}/999", status=404, json={})
            yield wire

    # The text

    def test_the_link_stands_in_the_text(self, connector):
        assert connector.compose("Look at this.", LINK) == f"Look at this.\n\n{LINK}"

    @pytest.mark.parametrize(
        ("text", "length"),
        [
            ("", 0),
            ("plain", 5),
            ("a\nb", 3),
            (f"see {LINK}", 27),
            (f"https://a.example.com/{'x' * 200} x", 25),
            ("example.com", 11),  # without a scheme it is no address there
            ("hi @bo@far.example!", 7),
            ("hi @bo", 6),
            ("👩‍👩‍👧‍👦 e\u0301", 3),
            ("🇩🇰", 1),
        ],
    )
    def test_a_text_is_as_long_as_the_server_says(self, connector, text, length):
        assert connector.length(text) == length

    def test_a_hostile_text_is_measured_as_soon_as_any(self, connector):
        began = time.monotonic()

        assert connector.length(f"@{'a' * 100_000}") == 100_001
        assert connector.length("@a." * 30_000) == 90_000

        assert time.monotonic() - began < 5

    def test_a_hostile_server_does_not_keep_us_reading(self, connector, wire):
        """Members name the servers: one of them may be somebody's own."""
        status = {"id": "1", "content": "<" * 300_000, "created_at": "2020-01-01"}
        wire.add(responses.GET, f"{SERVER}/api/v1/accounts/7/statuses", json=[status])
        began = time.monotonic()

        post = Post(text="Without a link")
        assert connector.find(self.tokens, self.profile_id, post, SINCE) is None

        assert time.monotonic() - began < 5

    @pytest.mark.parametrize("told", ["7", -1, 10**30, True, {"a": 1}, [3], 1.5, None])
    def test_what_is_no_number_is_none(self, connector, wire, told):
        answer = self.metrics_answer | {"favourites_count": told}
        wire.add(responses.GET, self.metrics_url, json=answer)

        found = connector.metrics(self.tokens, [ID])

        assert found == {ID: Metrics(comments=0, shares=2)}

    def test_by_hand_the_text_goes_along(self, connector):
        url = connector.composer_url(f"Look & see: {LINK}", LINK)

        assert url.startswith(
            "https://share.joinmastodon.org/#text=Look%20%26%20see%3A"
        )

    # Our app at a server

    def test_our_app_is_registered_with_what_we_need(self, connector, wire):
        answer = {"client_id": "a-client", "client_secret": "a-secret", "id": "1"}
        wire.add(responses.POST, f"{SERVER}/api/v1/apps", json=answer)

        app = connector.register("Advocacy", "https://app.example.com", CALLBACK)

        assert json.loads(wire.calls[0].request.body) == {
            "client_name": "Advocacy",
            "redirect_uris": CALLBACK,
            "scopes": "read:accounts read:statuses write:statuses write:media",
            "website": "https://app.example.com",
        }
        assert (app.client_id, app.client_secret) == ("a-client", "a-secret")
        assert "a-secret" not in repr(app)

    @pytest.mark.parametrize(
        "answer",
        [
            {"body": "<html>Welcome</html>"},
            {"json": {"client_id": "a"}},
            {"json": {"client_id": "a\nb", "client_secret": "c"}},
            {"json": {"error": "no"}},
            {"status": 404, "body": "not here"},
            {"status": 301, "headers": {"Location": "https://elsewhere.example/"}},
            {"status": 500},
            {"body": ConnectionError("nobody")},
        ],
    )
    def test_a_server_that_is_no_mastodon_is_said_at_its_field(
        self, connector, wire, answer
    ):
        wire.add(responses.POST, f"{SERVER}/api/v1/apps", **answer)

        with pytest.raises(errors.Mistyped, match=HOST) as caught:
            connector.register("Advocacy", "https://app.example.com", CALLBACK)

        assert caught.value.field == "server"

    def test_what_is_no_server_is_said_at_its_field(self, connector):
        with pytest.raises(errors.Mistyped, match=r"looks like mastodon\.social"):
            connector.server_named("http://localhost:8000")

    def test_one_word_may_allow_all_of_its_parts(self, connector):
        granted = ("read", "write:statuses")

        assert connector.covers(granted, "read:accounts")
        assert connector.covers(granted, "write:statuses")
        assert not connector.covers(granted, "write:media")

    def test_tokens_know_their_server(self, connector, wire):
        answer = {
            "access_token": "fresh",
            "token_type": "Bearer",
            "scope": "read write",
        }
        wire.add(responses.POST, f"{SERVER}/oauth/token", json=answer)

        tokens = connector.exchange("c0de", CALLBACK, "v" * 43)

        form = parse_qs(wire.calls[0].request.body)
        assert form["client_id"] == ["an-app"]
        assert form["client_secret"] == [SECRET]
        assert form["code_verifier"] == ["v" * 43]
        assert (tokens.server, tokens.expires_at) == (SERVER, None)

    # Posting

    def test_a_post_says_no_more_than_it_has_to(self, connector, wire):
        self.answers(wire, **self.accepted)

        self.publish(connector)

        request = wire.calls[0].request
        assert json.loads(request.body) == {
            "status": self.post.text,
            "visibility": "public",
        }
        assert request.headers["Idempotency-Key"] == self.post.key

    @pytest.mark.parametrize(
        "url", ["javascript:alert(1)", "http://a.example/", None, 5, "https://a b/"]
    )
    def test_an_odd_address_is_replaced_by_one_that_leads_there(
        self, connector, wire, url
    ):
        self.answers(wire, json={"id": ID, "url": url})

        assert self.publish(connector).url == f"{SERVER}/web/statuses/{ID}"

    def test_what_the_server_says_of_a_post_is_told(self, connector, wire):
        said = f"Validation failed: Text is odd {CANARY}"
        self.answers(wire, status=422, json={"error": said})

        with pytest.raises(errors.Refused, match="Text is odd") as caught:
            self.publish(connector)

        assert CANARY not in str(caught.value)

    def test_a_missing_scope_is_asked_for_again(self, connector, wire):
        said = {"error": "This action is outside the authorized scopes"}
        self.answers(wire, status=403, json=said)

        with pytest.raises(errors.Disconnected):
            self.publish(connector)

    # Rates

    def test_the_reset_is_a_moment_by_the_servers_clock(self, connector, wire):
        headers = {
            "Date": datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT"),
            "X-RateLimit-Limit": "300",
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": (datetime.now(UTC) + timedelta(hours=2)).strftime(
                "%Y-%m-%dT%H:%M:%S.%fZ"
            ),
        }
        self.answers(wire, status=429, headers=headers)

        with pytest.raises(errors.TryLater) as caught:
            self.publish(connector)

        [told] = caught.value.allowances
        assert caught.value.after == pytest.approx(7200, abs=5)
        assert (told.remaining, told.calls, told.seconds) == (0, 300, 3 * 3600)

    @pytest.mark.parametrize(
        "reset", ["", "soon", "1700000000", "2001-01-01T00:00:00Z"]
    )
    def test_a_reset_that_makes_no_sense_is_passed_over(self, connector, wire, reset):
        told = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}
        headers = told | {"X-RateLimit-Limit": "300"}
        self.answers(wire, **self.accepted | {"headers": headers})

        assert self.publish(connector).allowances == ()

    # Looking for a post

    def test_a_lost_post_is_found_by_its_link(self, connector, wire):
        other = {"id": "1", "content": f'<a href="{LINK}2">x</a>', "url": URL}
        ours = {"id": ID, "content": f'<p>Good <a href="{LINK}">…</a></p>', "url": URL}
        address = f"{SERVER}/api/v1/accounts/7/statuses"
        wire.add(responses.GET, address, json=[other, ours])

        found = connector.find(self.tokens, self.profile_id, self.post, SINCE)

        assert found == Posted(ID, URL)

    def test_a_text_without_a_link_is_found_word_for_word(self, connector, wire):
        ours = {"id": ID, "content": "<p>Good news</p><p>from &amp; for us</p>"}
        address = f"{SERVER}/api/v1/accounts/7/statuses"
        wire.add(responses.GET, address, json=[ours])
        post = Post("Good news\n\nfrom & for us")

        assert connector.find(self.tokens, self.profile_id, post, SINCE)

    def test_it_looks_back_as_far_as_the_first_attempt(self, connector, wire):
        def page(first, moment):
            return [
                {"id": str(first - n), "content": "", "created_at": moment}
                for n in range(40)
            ]

        address = f"{SERVER}/api/v1/accounts/7/statuses"
        newer = page(900, "2026-11-21T13:00:00.000Z")
        older = page(800, "2026-11-21T11:00:00.000Z")
        wire.add(responses.GET, address, json=newer)
        wire.add(responses.GET, address, json=older)

        assert connector.find(self.tokens, self.profile_id, self.post, SINCE) is None

        second = parse_qs(urlsplit(wire.calls[1].request.url).query)
        assert second["max_id"] == ["861"]

    @pytest.mark.parametrize("body", ["<html>", "{}", "[5]", '[{"id": "1"'])
    def test_half_a_list_proves_nothing(self, connector, wire, body):
        wire.add(responses.GET, f"{SERVER}/api/v1/accounts/7/statuses", body=body)

        with pytest.raises(errors.TryLater):
            connector.find(self.tokens, self.profile_id, self.post, SINCE)

    # Pictures and videos

    def picture(self, alt="A cable drum"):
        body = b"\xff\xd8picture"
        return Media(
            Kind.IMAGE,
            "image/jpeg",
            len(body),
            lambda: BytesIO(body),
            800,
            600,
            alt=alt,
        )

    def prepared(self, connector, progress, *media):
        post = Post("Look", LINK, media=media)
        return connector.prepare(self.tokens, self.profile_id, post, progress)

    def test_a_picture_is_uploaded_with_its_description(self, connector, wire):
        wire.add(responses.POST, f"{SERVER}/api/v2/media", json={"id": "9"})
        progress = Progress()

        assert self.prepared(connector, progress, self.picture()) is None

        body = wire.calls[0].request.body
        assert b'name="description"\r\n\r\nA cable drum' in body
        assert b"\xff\xd8picture" in body
        assert progress.get("media0") == "9"

    def test_a_file_that_is_worked_up_is_waited_for(self, connector, wire):
        wire.add(responses.POST, f"{SERVER}/api/v2/media", status=202, json={"id": "9"})
        wire.add(responses.GET, f"{SERVER}/api/v1/media/9", status=206, json={})
        wire.add(responses.GET, f"{SERVER}/api/v1/media/9", json={"id": "9"})
        progress = Progress()

        first = self.prepared(connector, progress, self.picture())
        second = self.prepared(connector, progress, self.picture())

        assert isinstance(first, NotYet)
        assert second is None
        assert [call.request.method for call in wire.calls] == ["POST", "GET", "GET"]

    def test_a_file_that_the_server_forgot_is_uploaded_again(self, connector, wire):
        wire.add(responses.GET, f"{SERVER}/api/v1/media/9", status=404, json={})
        now = datetime.now(UTC).isoformat()
        progress = Progress({"media0": "9", "since": now})

        assert isinstance(self.prepared(connector, progress, self.picture()), NotYet)

        assert progress.get("media0") == ""

    def test_files_of_yesterday_are_uploaded_again(self, connector, wire):
        wire.add(responses.POST, f"{SERVER}/api/v2/media", json={"id": "10"})
        yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
        progress = Progress({"media0": "9", "ready0": "yes", "since": yesterday})

        self.prepared(connector, progress, self.picture())

        assert progress.get("media0") == "10"

    def test_a_file_that_cannot_be_worked_up_is_refused(self, connector, wire):
        said = {"error": "Error processing thumbnail for uploaded media"}
        wire.add(responses.POST, f"{SERVER}/api/v2/media", status=422, json=said)

        with pytest.raises(errors.Refused, match="Error processing"):
            self.prepared(connector, Progress(), self.picture())

    def test_a_post_names_its_files_in_order(self, connector, wire):
        self.answers(wire, **self.accepted)
        made = {"media0": "9", "media1": "8"}
        two = (self.picture(), self.picture())

        self.publish(connector, post=Post("Look", LINK, media=two, made=made))

        assert json.loads(wire.calls[0].request.body)["media_ids"] == ["9", "8"]

    # Where it stands

    def test_a_post_of_the_past_is_linked_by_its_handle(self, connector):
        assert connector.permalink(ID, f"ana@{HOST}") == URL
        assert connector.permalink(ID) == ""
