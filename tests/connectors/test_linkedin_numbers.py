"""LinkedIn's numbers: for apps that may see them, in both shapes of its answers."""

import json

import pytest
import responses

from sharing.connectors.types import Credentials, Metrics, Tokens
from sharing.networks.linkedin import LinkedIn

PLACE = "https://api.linkedin.com/rest/memberCreatorPostAnalytics"
SHARE, UGC = "urn:li:share:7300", "urn:li:ugcPost:7400"
TOKENS = Tokens("a-token", scopes=("w_member_social", "r_member_postAnalytics"))
COUNTS = {
    "IMPRESSION": 900, "MEMBERS_REACHED": 700, "RESHARE": 3, "REACTION": 20,
    "COMMENT": 4, "POST_SAVE": 5, "POST_SEND": 2, "LINK_CLICKS": 11,
}  # fmt: skip


@pytest.fixture
def wire():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as wire:
        yield wire


def answers(wire, wrapped=False, status=200):
    def answer(request):
        kind = request.params["queryType"]
        metric = {"com.linkedin.Type": kind} if wrapped else kind
        body = {"elements": [{"count": COUNTS[kind], "metricType": metric}]}
        return status, {}, json.dumps(body)

    wire.add_callback(responses.GET, PLACE, answer)


def read(*urns, tokens=TOKENS, **options):
    return LinkedIn(Credentials("a"), options=options).metrics(tokens, urns)


@pytest.mark.parametrize("wrapped", [False, True])
def test_both_shapes_of_the_answer_are_read(wire, wrapped):
    answers(wire, wrapped)

    assert read(SHARE) == {
        SHARE: Metrics(
            impressions=900,
            reach=700,
            likes=20,
            comments=4,
            shares=5,
            saves=5,
            clicks=11,
        )
    }


@pytest.mark.parametrize(
    ("urn", "entity"),
    [
        (SHARE, "(share:urn%3Ali%3Ashare%3A7300)"),
        (UGC, "(ugc:urn%3Ali%3AugcPost%3A7400)"),
    ],
)
def test_the_post_stands_in_the_address_as_linkedin_wants_it(wire, urn, entity):
    answers(wire)

    read(urn)

    request = wire.calls[0].request
    assert request.url == (
        f"{PLACE}?q=entity&entity={entity}&queryType=IMPRESSION&aggregation=TOTAL"
    )
    assert request.headers["LinkedIn-Version"] == "202608"


def test_an_older_version_is_not_asked_for_what_it_does_not_know(wire):
    answers(wire)

    told = read(SHARE, api_version="202603")

    asked = {call.request.params["queryType"] for call in wire.calls}
    assert asked == {"IMPRESSION", "MEMBERS_REACHED", "RESHARE", "REACTION", "COMMENT"}
    assert (told[SHARE].shares, told[SHARE].saves, told[SHARE].clicks) == (
        3,
        None,
        None,
    )


def test_a_token_without_the_right_asks_nothing(wire):
    assert read(SHARE, tokens=Tokens("t", scopes=("w_member_social",))) == {}
    assert len(wire.calls) == 0


def test_a_post_that_linkedin_does_not_know_is_left_out(wire):
    answers(wire, status=404)

    assert read(SHARE, "urn:li:activity:1", "odd") == {}


def test_an_app_with_both_products_asks_for_the_numbers_too():
    plain, both = (
        LinkedIn(Credentials("a")),
        LinkedIn(Credentials("a"), options={"analytics": "on"}),
    )

    assert "r_member_postAnalytics" not in plain.scopes
    assert both.scopes == (*plain.scopes, "r_member_postAnalytics")
    assert (plain.measures, both.measures) == (False, True)
