"""LinkedIn's own ways; the common ones come from the contract."""

import json
from datetime import UTC, date, datetime

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st

from sharing.connectors import errors
from sharing.connectors.types import Credentials, Post, Profile, Tokens
from sharing.networks.linkedin import LinkedIn, seconds_to_midnight
from sharing.networks.linkedin.bodies import body_of
from sharing.networks.linkedin.words import little_text
from sharing.sandbox.little_text import read
from tests.connectors.contract import LINK, ConnectorContract

URN = "urn:li:share:7300000000000000001"
POSTING = ("openid", "profile", "w_member_social")


class TestLinkedIn(ConnectorContract):
    slug = "linkedin"
    publish_url = "https://api.linkedin.com/rest/posts"
    accepted = {"status": 201, "headers": {"x-restli-id": URN}}
    remote_id = URN
    url = f"https://www.linkedin.com/feed/update/{URN}/"
    profile_url = "https://api.linkedin.com/v2/userinfo"
    profile_answer = {"sub": "ab12", "name": "Ana Lind", "picture": "https://p/1"}
    profile = Profile("urn:li:person:ab12", "", "Ana Lind", "https://p/1")
    duplicate = {"status": 422, "json": {"code": "DUPLICATE_POST", "message": URN}}

    def test_the_body_is_the_documented_one(self, connector, wire):
        self.answers(wire, **self.accepted)

        self.publish(connector, post=Post("Good (news)", LINK, "A title", "More"))

        request = wire.calls[0].request
        assert request.headers["LinkedIn-Version"] == "202608"
        assert request.headers["X-Restli-Protocol-Version"] == "2.0.0"
        assert request.headers["Content-Type"] == "application/json"
        assert json.loads(request.body) == {
            "author": "urn:li:person:ab12",
            "commentary": r"Good \(news\)",
            "visibility": "PUBLIC",
            "distribution": {
                "feedDistribution": "MAIN_FEED",
                "targetEntities": [],
                "thirdPartyDistributionChannels": [],
            },
            "content": {
                "article": {"source": LINK, "title": "A title", "description": "More"}
            },
            "lifecycleState": "PUBLISHED",
            "isReshareDisabledByAuthor": False,
        }

    def test_a_text_without_a_link_has_no_card(self, connector, wire):
        self.answers(wire, **self.accepted)

        self.publish(connector, post=Post("Only words"))

        assert "content" not in json.loads(wire.calls[0].request.body)

    def test_a_card_always_has_a_title(self, connector, wire):
        self.answers(wire, **self.accepted)

        self.publish(connector, post=Post("Words", LINK))

        article = json.loads(wire.calls[0].request.body)["content"]["article"]
        assert article == {"source": LINK, "title": "go.example.com"}

    def test_the_card_is_not_escaped(self, connector, wire):
        self.answers(wire, **self.accepted)

        self.publish(connector, post=Post("Words", LINK, "A (fine) #title_1"))

        article = json.loads(wire.calls[0].request.body)["content"]["article"]
        assert article["title"] == "A (fine) #title_1"

    def test_the_version_is_a_setting(self, wire):
        connector = LinkedIn(Credentials("a", "b"), options={"api_version": "202701"})
        self.answers(wire, **self.accepted)

        self.publish(connector)

        assert wire.calls[0].request.headers["LinkedIn-Version"] == "202701"

    def test_the_link_travels_in_the_card_and_not_in_the_text(self, connector):
        assert (
            connector.compose("My words", LINK, "https://src.example.com/a")
            == "My words"
        )

    @pytest.mark.parametrize(
        ("text", "composed"),
        [
            ("My words", f"My words\n\n{LINK}"),
            ("", LINK),
            (f"See {LINK}.", f"See {LINK}."),
            ("See https://src.example.com/a", f"See {LINK}"),
        ],
    )
    def test_with_pictures_there_is_no_card_so_the_text_has_the_link(
        self, connector, text, composed
    ):
        source = "https://src.example.com/a"

        assert connector.compose(text, LINK, source, has_media=True) == composed
        assert connector.compose(composed, LINK, source, has_media=True) == composed

    @pytest.mark.parametrize(
        ("version", "months"),
        [("202608", 3), ("202601", 10), ("202512", 11), ("", 3), ("soon", None)],
    )
    def test_an_administrator_can_be_told_how_old_the_version_is(self, version, months):
        connector = LinkedIn(Credentials("a"), options={"api_version": version})

        assert connector.version_months(date(2026, 11, 22)) == months

    @pytest.mark.parametrize(
        "said",
        [
            {"code": "DUPLICATE_POST", "message": f"Content is a duplicate of {URN}"},
            {
                "errorDetails": {"inputErrors": [{"code": "DUPLICATE_POST"}]},
                "message": URN,
            },
        ],
    )
    def test_a_duplicate_names_the_first_post(self, connector, wire, said):
        self.answers(wire, status=422, json=said)

        with pytest.raises(errors.Duplicate) as caught:
            self.publish(connector)

        assert (caught.value.remote_id, caught.value.url) == (URN, self.url)

    def test_an_old_version_is_the_operators_matter(self, connector, wire):
        self.answers(wire, status=426, json={"code": "NONEXISTENT_VERSION"})

        with pytest.raises(errors.OperatorAction) as caught:
            self.publish(connector)

        assert caught.value.reason == "version"

    @pytest.mark.parametrize(
        ("scopes", "error"),
        [(POSTING, errors.OperatorAction), (("openid",), errors.Disconnected)],
    )
    def test_missing_rights_are_the_apps_or_the_tokens(
        self, connector, wire, scopes, error
    ):
        self.answers(wire, status=403, json={"code": "ACCESS_DENIED"})

        with pytest.raises(error):
            connector.publish(Tokens("t", scopes=scopes), self.profile_id, self.post)

    def test_a_used_up_day_waits_for_midnight_utc(self, connector, wire):
        said = {"message": "Resource level throttle MEMBER DAY limit is reached"}
        self.answers(wire, status=429, json=said)

        with pytest.raises(errors.TryLater) as caught:
            self.publish(connector)

        assert 0 < caught.value.after <= 86400

    def test_a_throttle_that_names_no_day_is_tried_again_soon(self, connector, wire):
        self.answers(wire, status=429, json={"status": 429})

        with pytest.raises(errors.TryLater) as caught:
            self.publish(connector)

        assert caught.value.after is None

    def test_an_id_counts_even_when_the_body_breaks_off(self, connector, wire):
        headers = {"x-restli-id": URN}
        self.answers(wire, status=201, headers=headers, body=b"{broken")

        assert self.publish(connector).remote_id == URN

    def test_the_secret_goes_into_the_form(self, connector, wire):
        wire.add(responses.POST, connector.TOKEN_URL, json={"access_token": "t"})

        connector.exchange("c", "https://h/", None)

        request = wire.calls[0].request
        assert "client_secret=" in request.body
        assert "Authorization" not in request.headers


def test_midnight_is_counted_in_utc():
    now = datetime(2026, 11, 21, 23, 59, 30, tzinfo=UTC)

    assert seconds_to_midnight(now) == 30


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("plain", "plain"),
        ("a (b) [c] {d} <e> @f", r"a \(b\) \[c\] \{d\} \<e\> \@f"),
        (r"\ | * _ ~ #", r"\\ \| \* \_ \~ \#"),
        ("#Energy now", r"{hashtag|\#|Energy} now"),
        ("(#Energy)", r"\({hashtag|\#|Energy}\)"),
        ("#grøn_energi", r"{hashtag|\#|grøn\_energi}"),
        ("C# and a#b", r"C\# and a\#b"),
        ("#2026 is no tag", r"\#2026 is no tag"),
        ("https://e.com/a_b#part", r"https://e.com/a\_b\#part"),
        ("##twice", r"\#\#twice"),
    ],
)
def test_reserved_signs_are_escaped_and_hashtags_kept(text, escaped):
    assert little_text(text) == escaped


RESERVED = "\\|{}@[]()<>#*_~"


@given(st.text(st.sampled_from(f"{RESERVED}ab1 é😀\n"), max_size=60) | st.text())
def test_what_readers_see_is_what_was_written(text):
    assert read(little_text(text)) == text


CORPUS = [
    *RESERVED,
    *(f"{sign}{sign}{sign}" for sign in RESERVED),
    *(f"\\{sign}" for sign in RESERVED),
    *(f"{sign}\n{sign} word{sign}word {sign}" for sign in RESERVED),
    "https://e.com/a_b~c(d)?e=*f*&g=[h]#i_j",
    "see (https://en.wikipedia.org/wiki/Mast_(sailing)) <now>",
    "👩‍👩‍👧‍👦(👍🏽)_🇩🇰_#⃣ *️⃣ #ForårsVejr ~😀~",
    "#one#two ##three #4 #_five #sechs_und C# F#sharp (#paren) [#bracket] #æøå.",
    "{hashtag|\\#|word} @[Name](urn:li:person:x)",
    "\\(already\\) escaped \\\\ twice",
    "tail \\",
    "a@b.com @name @[x]",
    "\u202eright (to) left\u202c \u0301(\u0301",
    "line(\r\n)line",
]


@pytest.mark.parametrize("text", CORPUS)
def test_whatever_people_write_arrives_whole(text):
    assert read(little_text(text)) == text


@pytest.mark.parametrize("text", CORPUS)
def test_only_the_text_is_escaped_and_no_field_beside_it(text):
    card = body_of("urn:li:person:1", Post(text, LINK, text, text))

    assert card["commentary"] == little_text(text)
    article = card["content"]["article"]
    assert article["title"] == (text.strip() or "go.example.com")
    assert article.get("description", "") == text.strip()


@pytest.mark.parametrize("sign", RESERVED)
def test_a_bare_reserved_sign_would_cut_the_post(sign):
    assert read(f"before {sign} after") == "before "
    assert read(little_text(f"{sign}before {sign} after{sign}")) == (
        f"{sign}before {sign} after{sign}"
    )
