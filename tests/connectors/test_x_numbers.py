"""X's numbers: by a hundred, clicks for thirty days, and what is gone is left out."""

import time
from urllib.parse import parse_qs, urlsplit

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st

from sharing.connectors.types import Credentials, Metrics, Tokens
from sharing.networks.x import X
from sharing.networks.x.numbers import FIRST_MILLISECOND, posted_at

TWEETS = "https://api.x.com/2/tweets"
TOKENS = Tokens("a-token")
DAY = 86400


def snowflake(age):
    return str((int((time.time() - age) * 1000) - FIRST_MILLISECOND) << 22)


@pytest.fixture
def wire():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as wire:
        yield wire


def queries(wire):
    calls = (parse_qs(urlsplit(call.request.url).query) for call in wire.calls)
    return [{name: one[0] for name, one in call.items()} for call in calls]


def read(ids, **options):
    return X(Credentials("a"), options=options).metrics(TOKENS, ids)


@given(st.integers(FIRST_MILLISECOND, FIRST_MILLISECOND + 2**41 - 1))
def test_an_id_tells_when_its_post_was_made(moment):
    assert posted_at(str((moment - FIRST_MILLISECOND) << 22)) == moment / 1000


@pytest.mark.parametrize("odd", ["", "x", "9" * 20, "-1"])
def test_what_is_no_id_was_made_long_ago(odd):
    assert posted_at(odd) == 0


def test_a_known_post_was_made_when_it_was():
    assert posted_at("1541867458702200832") == pytest.approx(1656450000, abs=5 * DAY)


def test_clicks_are_asked_for_while_x_tells_them(wire):
    young, old = snowflake(DAY), snowflake(29 * DAY + 60)
    wire.get(TWEETS, json={})

    read([old, young])

    assert queries(wire) == [
        {"ids": young, "tweet.fields": "public_metrics,non_public_metrics"},
        {"ids": old, "tweet.fields": "public_metrics"},
    ]


def test_batches_are_of_a_hundred(wire):
    wire.get(TWEETS, json={})
    ids = [str(int(snowflake(DAY)) + number) for number in range(201)]

    read([*ids, *map(str, range(101))])

    sizes = [len(query["ids"].split(",")) for query in queries(wire)]
    assert sizes == [100, 100, 1, 100, 1]


def test_all_numbers_are_read(wire):
    young = snowflake(DAY)
    public = {
        "impression_count": 90, "like_count": 4, "reply_count": 0, "quote_count": 1,
        "bookmark_count": 5, "retweet_count": 2,
    }  # fmt: skip
    own = {"impression_count": 90, "url_link_clicks": 6, "engagements": 12}
    data = [{"id": young, "public_metrics": public, "non_public_metrics": own}]
    wire.get(TWEETS, json={"data": data})

    assert read([young])[young] == Metrics(
        impressions=90, likes=4, comments=0, shares=3, saves=5, clicks=6
    )


def test_the_new_generation_of_names_is_a_setting(wire):
    young = snowflake(DAY)
    data = [{"id": young, "public_metrics": {"repost_count": 8, "quote_count": 1}}]
    wire.get(TWEETS, json={"data": data})

    told = read([young], fields_name="post.fields")

    assert told[young] == Metrics(shares=9)
    assert queries(wire)[0]["post.fields"] == "public_metrics,non_public_metrics"


def test_a_post_whose_clicks_are_withheld_is_asked_for_the_rest(wire):
    young, gone = snowflake(DAY), snowflake(2 * DAY)
    problems = "https://api.x.com/2/problems"
    errors = [
        {"resource_id": young, "type": f"{problems}/not-authorized-for-field"},
        {"value": gone, "type": f"{problems}/resource-not-found"},
    ]
    wire.get(TWEETS, json={"errors": errors})
    data = [{"id": young, "public_metrics": {"like_count": 3}}]
    wire.get(TWEETS, json={"data": data})

    assert read([young, gone]) == {young: Metrics(likes=3)}
    assert queries(wire)[1] == {"ids": young, "tweet.fields": "public_metrics"}


@pytest.mark.parametrize(
    "answer",
    [
        {"data": "x", "errors": 5},
        {"data": [None, {}, {"id": "9"}, {"id": {"a": 1}}]},
        {"errors": [None, {"type": None, "value": {"a": 1}}]},
    ],
)
def test_an_odd_answer_tells_nothing(wire, answer):
    wire.get(TWEETS, json=answer)

    assert read(["5"]) == {}


def test_numbers_that_are_none_are_not_told(wire):
    data = [{"id": "5", "public_metrics": {"like_count": "many", "reply_count": 2}}]
    wire.get(TWEETS, json={"data": data})

    assert read(["5"]) == {"5": Metrics(comments=2)}
