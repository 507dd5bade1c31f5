"""Bluesky's own ways; the common ones come from the contract."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from urllib.parse import parse_qs, urlsplit

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st

from common.ids import uuid7
from sharing.connectors import errors
from sharing.connectors.media import Kind
from sharing.connectors.progress import Progress
from sharing.connectors.types import Media, Metrics, Posted, Profile
from sharing.networks.bluesky import facets_of, record_key, record_of
from tests.connectors.contract import CANARY, LINK, SECRET, SignInContract

DID = "did:plc:ewvi7nxzyoun6zhxrhs64oiz"
PDS = "https://enoki.us-east.host.bsky.network"
RKEY = record_key("019aa7d2-5b1c-7a3e-9c41-6f2d8b7e0c15")
URI = f"at://{DID}/app.bsky.feed.post/{RKEY}"
SINCE = datetime(2026, 11, 21, 12, tzinfo=UTC)
ENTRANCE = "https://bsky.social/xrpc/com.atproto.server.createSession"
BLOB = {
    "$type": "blob",
    "ref": {"$link": "bafkreibabalobzn6cd366ukcsjycp4yymjymgfxcv6xczmlgpemzkz3cfa"},
    "mimeType": "image/jpeg",
    "size": 7,
}


def jwt(**claims):
    def part(data):
        return base64.urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")

    return f"{part({'alg': 'ES256K'})}.{part(claims)}.c2lnbmF0dXJl"


def session(scope="com.atproto.appPass", **more):
    ends = int((datetime.now(UTC) + timedelta(hours=2)).timestamp())
    service = {
        "id": "#atproto_pds",
        "type": "AtprotoPersonalDataServer",
        "serviceEndpoint": PDS,
    }
    return {
        "accessJwt": jwt(scope=scope, sub=DID, exp=ends),
        "refreshJwt": jwt(scope="com.atproto.refresh", sub=DID, jti="1"),
        "handle": "ana.bsky.social",
        "did": DID,
        "didDoc": {"id": DID, "service": [service]},
        "active": True,
    } | more


class TestBluesky(SignInContract):
    slug = "bluesky"
    server = PDS
    profile_id = DID
    publish_url = f"{PDS}/xrpc/com.atproto.repo.putRecord"
    accepted = {"status": 200, "json": {"uri": URI, "cid": "bafyreib"}}
    remote_id = URI
    url = f"https://bsky.app/profile/{DID}/post/{RKEY}"
    profile_url = f"{PDS}/xrpc/com.atproto.server.getSession"
    profile_answer = {"did": DID, "handle": "ana.bsky.social", "active": True}
    own_id = DID
    profile = Profile(DID, "ana.bsky.social", "ana.bsky.social")
    metrics_url = f"{PDS}/xrpc/app.bsky.feed.getPosts"
    metrics_answer = {
        "posts": [
            {
                "uri": URI,
                "likeCount": 4,
                "repostCount": 2,
                "quoteCount": 1,
                "replyCount": 0,
            }
        ]
    }
    measured = Metrics(likes=4, comments=0, shares=3)

    answers_typed = {"identifier": "ana.bsky.social", "server": ""}
    secret_field = "password"
    sign_in_url = ENTRANCE
    signed_in = session()
    wrong_password = {
        "status": 401,
        "json": {
            "error": "AuthenticationRequired",
            "message": "Invalid identifier or password",
        },
    }
    refresh_url = f"{PDS}/xrpc/com.atproto.server.refreshSession"
    refreshed = session()
    ended = {
        "status": 400,
        "json": {"error": "ExpiredToken", "message": "Token has expired"},
    }

    # Signing in

    def typed(self, connector, wire, **answers):
        wire.add(responses.POST, ENTRANCE, json=session())
        connector.sign_in({"identifier": "ana", "password": SECRET, **answers})
        return json.loads(wire.calls[0].request.body)

    @pytest.mark.parametrize(
        ("typed", "sent"),
        [
            ("ana.bsky.social", "ana.bsky.social"),
            (" @Ana.bsky.social\u202c ", "ana.bsky.social"),
            ("ana", "ana.bsky.social"),
            ("ana@firm.example", "ana@firm.example"),
            (DID, DID),
        ],
    )
    def test_a_handle_is_understood_however_it_is_written(
        self, connector, wire, typed, sent
    ):
        body = self.typed(connector, wire, identifier=typed)

        assert body == {"identifier": sent, "password": SECRET}

    def test_the_session_is_kept_at_the_server_of_the_account(self, connector, wire):
        wire.add(responses.POST, ENTRANCE, json=session())

        tokens = self.sign_in(connector)

        assert tokens.server == PDS
        left = tokens.expires_at - datetime.now(UTC)
        assert timedelta(minutes=119) < left <= timedelta(hours=2)

    @pytest.mark.parametrize(
        "endpoint",
        [
            "http://pds.example",
            "https://127.0.0.1",
            "https://pds.example:8443",
            None,
            5,
        ],
    )
    def test_a_server_that_may_not_be_called_is_passed_over(
        self, connector, wire, endpoint
    ):
        service = {"id": "#atproto_pds", "serviceEndpoint": endpoint}
        answer = session(didDoc={"service": [service]})
        wire.add(responses.POST, ENTRANCE, json=answer)

        assert self.sign_in(connector).server == "https://bsky.social"

    def test_a_stand_in_names_the_server_below_its_own_address(self, wire):
        base = "http://localhost:8010"
        service = {"id": "#atproto_pds", "serviceEndpoint": f"{base}/pds.example"}
        entrance = ENTRANCE.replace("https://", f"{base}/")
        wire.add(responses.POST, entrance, json=session(didDoc={"service": [service]}))

        assert self.sign_in(self.made(base)).server == "https://pds.example"

    def test_a_server_of_ones_own_is_asked_instead(self, connector, wire):
        url = "https://pds.example/xrpc/com.atproto.server.createSession"
        wire.add(responses.POST, url, json=session(didDoc=None))
        answers = {"identifier": "ana", "password": SECRET, "server": "pds.example"}

        tokens = connector.sign_in(answers)

        assert tokens.server == "https://pds.example"
        assert json.loads(wire.calls[0].request.body)["identifier"] == "ana"

    @pytest.mark.parametrize("server", ["localhost", "http://pds.example", "10.0.0.1"])
    def test_what_is_no_server_is_said_at_its_field(self, connector, wire, server):
        with pytest.raises(errors.Mistyped) as caught:
            connector.sign_in({"identifier": "ana", "password": "x", "server": server})

        assert caught.value.field == "server"
        assert len(wire.calls) == 0

    def test_the_account_s_own_password_is_refused_and_its_session_ended(
        self, connector, wire
    ):
        whole = session(scope="com.atproto.access")
        wire.add(responses.POST, ENTRANCE, json=whole)
        wire.add(responses.POST, f"{PDS}/xrpc/com.atproto.server.deleteSession")

        with pytest.raises(errors.Mistyped, match="Make an app password") as caught:
            self.sign_in(connector)

        assert caught.value.field == "password"
        ended = wire.calls[1].request
        assert ended.headers["Authorization"] == f"Bearer {whole['refreshJwt']}"

    def test_a_code_by_mail_is_asked_for_the_real_password_only(self, connector, wire):
        said = {"error": "AuthFactorTokenRequired", "message": "A sign in code …"}
        wire.add(responses.POST, ENTRANCE, status=401, json=said)

        with pytest.raises(errors.Mistyped) as caught:
            self.sign_in(connector)

        assert caught.value.field == "password"

    def test_who_reconnects_need_not_type_the_handle_again(self, connector):
        known = connector.known_answers("ana.bsky.social", PDS)

        assert known == {"identifier": "ana.bsky.social"}

    def test_an_unknown_handle_is_said_at_its_field(self, connector, wire):
        said = {"error": "InvalidRequest", "message": "Invalid handle"}
        wire.add(responses.POST, ENTRANCE, status=400, json=said)

        with pytest.raises(errors.Mistyped) as caught:
            self.sign_in(connector)

        assert caught.value.field == "identifier"

    def test_the_shown_name_is_read_where_it_can_be(self, connector, wire):
        wire.add(responses.GET, self.profile_url, json=self.profile_answer)
        seen = {"did": DID, "displayName": "Ana Lind", "avatar": "https://cdn/a.jpg"}
        wire.add(responses.GET, f"{PDS}/xrpc/app.bsky.actor.getProfile", json=seen)

        assert connector.profile(self.tokens) == Profile(
            DID, "ana.bsky.social", "Ana Lind", "https://cdn/a.jpg"
        )

    @pytest.mark.parametrize("status", [200, 400, 401])
    def test_disconnecting_ends_the_session(self, connector, wire, status):
        url = f"{PDS}/xrpc/com.atproto.server.deleteSession"
        wire.add(responses.POST, url, status=status, json={})

        connector.revoke(self.tokens)

        sent = wire.calls[0].request
        assert sent.headers["Authorization"] == f"Bearer {CANARY}-refresh"

    # The text

    @pytest.mark.parametrize(
        ("text", "length"),
        [("", 0), ("👩‍👩‍👧‍👦🇩🇰", 2), ("e\u0301", 1), (LINK, len(LINK))],
    )
    def test_a_text_is_as_long_as_it_looks(self, connector, text, length):
        assert connector.length(text) == length

    def test_a_text_of_few_but_heavy_characters_is_too_long(self, connector):
        family = "👩‍👩‍👧‍👦"

        assert connector.check(family * 120) == []
        assert "3000" in str(connector.check(family * 121)[0])

    def test_the_link_stands_in_the_text_beside_pictures_alone(self, connector):
        assert connector.compose("Look", LINK) == "Look"
        assert connector.compose("Look", LINK, has_media=True) == f"Look\n\n{LINK}"
        again = connector.compose(f"Look\n\n{LINK}", LINK, has_media=True)
        assert again == f"Look\n\n{LINK}"

    # The record

    def test_the_record_is_as_the_lexicon_wants_it(self, connector, wire):
        self.answers(wire, **self.accepted)

        self.publish(connector)

        assert json.loads(wire.calls[0].request.body) == {
            "repo": DID,
            "collection": "app.bsky.feed.post",
            "rkey": RKEY,
            "record": {
                "$type": "app.bsky.feed.post",
                "text": "Good news from the grid",
                "createdAt": "2025-11-21T19:09:32.316Z",
                "embed": {
                    "$type": "app.bsky.embed.external",
                    "external": {
                        "uri": LINK,
                        "title": "A title",
                        "description": "A description",
                    },
                },
            },
        }

    def test_a_post_that_waited_is_dated_when_it_goes_out(self):
        post = replace(self.post, made={"at": "2026-11-22T09:00:00.000Z"})

        assert record_of(post)["createdAt"] == "2026-11-22T09:00:00.000Z"

    def test_another_record_is_no_proof(self, connector, wire):
        self.answers(wire, json={"uri": f"{URI[:-1]}2", "cid": "b"})

        with pytest.raises(errors.Unknown):
            self.publish(connector)

    @given(st.integers(min_value=0, max_value=2**48 - 1), st.integers(0, 2**74 - 1))
    def test_a_key_is_a_tid(self, milliseconds, chance):
        variant = chance & (1 << 62) - 1
        number = milliseconds % 2**42 << 80 | 7 << 76 | (chance >> 62) << 64
        key = record_key(f"{number | 2 << 62 | variant:032x}")

        assert len(key) == 13
        assert key[0] in "234567abcdefghij"
        assert set(key) <= set("234567abcdefghijklmnopqrstuvwxyz")

    def test_later_posts_have_later_keys(self):
        keys = [
            record_key(f"019aa7d2-5b{n:02x}-7a3e-9c41-6f2d8b7e0c15") for n in range(9)
        ]

        assert keys == sorted(keys)
        assert len({record_key(str(uuid7())) for _ in range(2000)}) == 2000

    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("see https://a.example.com/x.", [("https://a.example.com/x",) * 2]),
            ("æøå example.com", [("example.com", "https://example.com")]),
            ("👍 #Grid og #året", [("#Grid", "Grid"), ("#året", "året")]),
            ("no#tag #1 C# #", []),
            ("https://a.example.com/#x", [("https://a.example.com/#x",) * 2]),
            ("http://localhost:8000/l/ab ok", [("http://localhost:8000/l/ab",) * 2]),
        ],
    )
    def test_links_and_tags_lie_where_their_bytes_are(self, text, found):
        told = list(facets_of(text, "http://localhost:8000/l/ab"))

        raw, seen = text.encode(), []
        for facet in told:
            where, [feature] = facet["index"], facet["features"]
            shown = raw[where["byteStart"] : where["byteEnd"]].decode()
            seen.append((shown, feature.get("uri") or feature["tag"]))
        assert seen == found

    @given(st.text(max_size=200))
    def test_no_facet_cuts_a_character(self, text):
        text = text.encode(errors="replace").decode()
        ends = 0
        for facet in facets_of(f"{text} {LINK} #tag", LINK):
            index = facet["index"]
            assert index["byteStart"] < index["byteEnd"]
            f"{text} {LINK} #tag".encode()[
                index["byteStart"] : index["byteEnd"]
            ].decode()
            ends += 1
        assert ends

    # Pictures

    def picture(self, size=7, **fields):
        return Media(
            Kind.IMAGE,
            "image/jpeg",
            size,
            lambda: BytesIO(b"picture"),
            **{"width": 800, "height": 600, "alt": "A drum"} | fields,
        )

    def prepared(self, connector, wire, **fields):
        wire.add(
            responses.POST,
            f"{PDS}/xrpc/com.atproto.repo.uploadBlob",
            json={"blob": BLOB},
        )
        post, progress = replace(self.post, **fields), Progress()
        assert connector.prepare(self.tokens, DID, post, progress) is None
        return replace(post, made=progress.made)

    def test_pictures_are_uploaded_as_they_are_and_embedded(self, connector, wire):
        post = self.prepared(connector, wire, media=(self.picture(),))

        upload = wire.calls[0].request
        assert (upload.body, upload.headers["Content-Type"]) == (
            b"picture",
            "image/jpeg",
        )
        assert record_of(post)["embed"] == {
            "$type": "app.bsky.embed.images",
            "images": [
                {
                    "image": BLOB,
                    "alt": "A drum",
                    "aspectRatio": {"width": 800, "height": 600},
                }
            ],
        }

    def test_a_picture_of_unknown_shape_says_none(self, connector, wire):
        plain = self.picture(width=None, height=None, alt="")
        post = self.prepared(connector, wire, media=(plain,))

        [image] = record_of(post)["embed"]["images"]
        assert image == {"image": BLOB, "alt": ""}

    def test_the_card_has_its_picture(self, connector, wire):
        post = self.prepared(connector, wire, thumbnail=self.picture())

        assert record_of(post)["embed"]["external"]["thumb"] == BLOB

    def test_a_card_s_picture_that_is_too_heavy_is_left_out(self, connector, wire):
        post = self.prepared(connector, wire, thumbnail=self.picture(size=1_000_001))

        assert "thumb" not in record_of(post)["embed"]["external"]
        assert len(wire.calls) == 0

    def test_what_is_uploaded_is_not_uploaded_again(self, connector, wire):
        post = self.prepared(connector, wire, media=(self.picture(),))
        progress = Progress(post.made)

        connector.prepare(self.tokens, DID, post, progress)

        assert len(wire.calls) == 1
        assert progress.made == post.made

    def test_what_lay_about_for_an_hour_is_uploaded_again(self, connector, wire):
        post = self.prepared(connector, wire, media=(self.picture(),))
        old = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
        progress = Progress({**post.made, "at": old})

        connector.prepare(self.tokens, DID, post, progress)

        assert len(wire.calls) == 2
        assert progress.get("at") != old

    def test_five_pictures_and_a_video_are_too_much(self, connector):
        video = replace(self.picture(), kind=Kind.VIDEO, content_type="video/mp4")

        assert connector.check_media([self.picture()] * 4) == []
        assert connector.check_media([self.picture()] * 5)
        assert connector.check_media([video])

    # Looking for a post

    def found(self, connector, wire, **answer):
        wire.add(responses.GET, f"{PDS}/xrpc/com.atproto.repo.getRecord", **answer)
        return connector.find(self.tokens, DID, self.post, SINCE)

    def test_a_post_is_found_by_its_key(self, connector, wire):
        posted = self.found(connector, wire, json={"uri": URI, "cid": "b", "value": {}})

        asked = parse_qs(urlsplit(wire.calls[0].request.url).query)
        assert posted == Posted(URI, self.url)
        assert asked["rkey"] == [RKEY]

    @pytest.mark.parametrize(
        "said",
        [
            {"error": "RecordNotFound", "message": f"Could not locate record: {URI}"},
            {"error": "InvalidRequest", "message": f"Could not locate record: {URI}"},
        ],
    )
    def test_no_such_record_is_no_post(self, connector, wire, said):
        assert self.found(connector, wire, status=400, json=said) is None

    @pytest.mark.parametrize(
        "answer",
        [
            {"body": "<html>"},
            {"json": {"uri": "at://other"}},
            {"status": 400, "json": {"error": "InvalidRequest", "message": "repo"}},
            {"status": 404, "body": ""},
            {"status": 502},
        ],
    )
    def test_any_other_answer_proves_nothing(self, connector, wire, answer):
        with pytest.raises(errors.ConnectorError):
            self.found(connector, wire, **answer)

    # What an answer means

    @pytest.mark.parametrize("name", ["ExpiredToken", "InvalidToken"])
    def test_an_ended_token_may_be_renewed(self, connector, wire, name):
        self.answers(wire, status=400, json={"error": name, "message": "…"})

        with pytest.raises(errors.Disconnected) as caught:
            self.publish(connector)

        assert caught.value.reason == errors.Disconnected.default_reason

    def test_what_is_wrong_with_a_post_is_told_without_the_token(self, connector, wire):
        said = {"error": "InvalidRequest", "message": f"Odd facet {CANARY}"}
        self.answers(wire, status=400, json=said)

        with pytest.raises(errors.Refused, match="Odd facet") as caught:
            self.publish(connector)

        assert CANARY not in str(caught.value)

    def test_the_reset_is_a_second_of_the_epoch(self, connector, wire):
        reset = int((datetime.now(UTC) + timedelta(minutes=10)).timestamp())
        headers = {"RateLimit-Limit": "5000", "RateLimit-Reset": str(reset)}
        said = {"error": "RateLimitExceeded", "message": "Rate Limit Exceeded"}
        self.answers(wire, status=429, json=said, headers=headers)

        with pytest.raises(errors.TryLater) as caught:
            self.publish(connector)

        assert caught.value.after == pytest.approx(600, abs=5)

    def test_numbers_are_asked_for_twenty_five_at_a_time(self, connector, wire):
        wire.add(responses.GET, self.metrics_url, json={"posts": []})
        many = [f"at://{DID}/app.bsky.feed.post/{RKEY[:-1]}{c}" for c in "234567abc"]

        connector.metrics(self.tokens, many * 4)

        asked = [
            parse_qs(urlsplit(one.request.url).query)["uris"] for one in wire.calls
        ]
        assert [len(uris) for uris in asked] == [25, 11]

    def test_a_post_of_the_past_is_linked_by_its_handle(self, connector):
        url = connector.permalink(URI, "ana.bsky.social")

        assert url == f"https://bsky.app/profile/ana.bsky.social/post/{RKEY}"
        assert connector.permalink("at://odd") == ""
