"""What the networks tell of posts afterwards, and what else may be done with one."""

from urllib.parse import quote

import pytest

from sharing.connectors.types import Post, Tokens
from sharing.networks.linkedin import LinkedIn
from sharing.networks.x import X
from tests.sandbox.walking import APP, LINK, ask, connect, connector, post_of

DAY = 86400
HEADERS = {"LinkedIn_Version": "202608", "X_Restli_Protocol_Version": "2.0.0"}
SCOPES = ["openid", "profile", "w_member_social", "r_member_postAnalytics"]


@pytest.fixture
def vetted(sandbox):
    """A member of an app that LinkedIn lets see numbers."""
    wish = {"network": "linkedin", "person": "Signe Holm", "scopes": SCOPES}
    _status, given = ask("POST", f"{sandbox.url}/_sandbox/tokens", wish)
    return Tokens(given["access_token"], scopes=tuple(SCOPES)), given["remote_id"]


def posted(sandbox, slug, text="Good news", person="Signe Holm"):
    network = connector(sandbox, slug)
    tokens, profile = connect(sandbox, slug, person)
    return network.publish(tokens, profile.remote_id, post_of(network, text)), tokens


# X


@pytest.mark.parametrize("name", ["tweet.fields", "post.fields"])
def test_numbers_of_x_grow_and_clicks_end_after_thirty_days(sandbox, name):
    post, tokens = posted(sandbox, "x")
    network = X(APP, sandbox.url, {"fields_name": name})
    sandbox.advance(3000)
    first = network.metrics(tokens, [post.remote_id])[post.remote_id]
    sandbox.advance(3000)
    then = network.metrics(tokens, [post.remote_id])[post.remote_id]

    assert 0 < first.impressions < then.impressions
    assert None not in (then.likes, then.comments, then.shares, then.saves, then.clicks)

    sandbox.advance(31 * DAY)
    tokens, _profile = connect(sandbox, "x")
    late = network.metrics(tokens, [post.remote_id])[post.remote_id]
    assert late.impressions > then.impressions
    assert late.clicks is None


def test_what_is_gone_from_x_is_left_out(sandbox):
    post, tokens = posted(sandbox, "x")
    bearer = {"Authorization": f"Bearer {tokens.access_token}"}
    url = f"{sandbox.url}/api.x.com/2/tweets/{post.remote_id}"

    assert ask("GET", url, **bearer)[1]["data"]["id"] == post.remote_id
    assert ask("DELETE", url, **bearer) == (200, {"data": {"deleted": True}})

    assert sandbox.posts() == []
    assert connector(sandbox, "x").metrics(tokens, [post.remote_id]) == {}
    (missing,) = ask("GET", url, **bearer)[1]["errors"]
    assert missing["type"] == "https://api.x.com/2/problems/resource-not-found"


def test_nobody_sees_the_clicks_of_somebody_else(sandbox):
    post, _tokens = posted(sandbox, "x")
    others, _profile = connect(sandbox, "x", "Jonas Krogh")

    told = connector(sandbox, "x").metrics(others, [post.remote_id])

    assert told[post.remote_id].clicks is None
    assert told[post.remote_id].impressions == 0


def test_nobody_deletes_what_somebody_else_posted(sandbox):
    post, _tokens = posted(sandbox, "x")
    others, _profile = connect(sandbox, "x", "Jonas Krogh")
    bearer = {"Authorization": f"Bearer {others.access_token}"}

    url = f"{sandbox.url}/api.x.com/2/tweets/{post.remote_id}"
    assert ask("DELETE", url, **bearer)[0] == 403


def test_the_older_name_of_x_answers_too(sandbox):
    _post, tokens = posted(sandbox, "x")
    bearer = {"Authorization": f"Bearer {tokens.access_token}"}

    assert ask("GET", f"{sandbox.url}/api.twitter.com/2/users/me", **bearer)[0] == 200


def test_an_id_of_x_carries_its_time(sandbox):
    post, _tokens = posted(sandbox, "x")

    at = ((int(post.remote_id) >> 22) + 1288834974657) / 1000
    assert at == pytest.approx(sandbox.posts()[0].at, abs=1)


# LinkedIn


@pytest.mark.parametrize("version", ["202603", "202604", "202608"])
def test_numbers_of_linkedin_are_told_to_vetted_apps(sandbox, vetted, version):
    tokens, owner = vetted
    network = LinkedIn(APP, sandbox.url, {"api_version": version})
    post = network.publish(tokens, owner, Post("Good news", LINK))
    sandbox.advance(DAY)

    told = network.metrics(tokens, [post.remote_id, "urn:li:share:1"])

    assert set(told) == {post.remote_id}
    numbers = told[post.remote_id]
    assert numbers.impressions > numbers.reach > numbers.likes
    assert (numbers.clicks is None) == (version < "202604")


def test_an_app_that_is_not_vetted_is_told_nothing(sandbox):
    post, tokens = posted(sandbox, "linkedin")
    bearer = {"Authorization": f"Bearer {tokens.access_token}"}

    entity = f"(share:{quote(post.remote_id, safe='')})"
    url = f"{sandbox.url}/api.linkedin.com/rest/memberCreatorPostAnalytics"
    query = f"q=entity&entity={entity}&queryType=IMPRESSION"
    status, said = ask("GET", f"{url}?{query}", **bearer, **HEADERS)

    assert (status, said["code"]) == (403, "ACCESS_DENIED")
    assert connector(sandbox, "linkedin").metrics(tokens, [post.remote_id]) == {}


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("q=me&queryType=REACTION&aggregation=DAILY", 200),
        ("q=me&queryType=MEMBERS_REACHED&aggregation=DAILY", 400),
        ("q=me&queryType=LIKES", 400),
        ("q=all&queryType=REACTION", 400),
        ("q=entity&entity=(share:urn:li:share:1)&queryType=REACTION", 400),
        ("q=entity&entity=(share:urn%3Ali%3Ashare%3A1)&queryType=REACTION", 404),
    ],
)
def test_linkedin_checks_the_question(sandbox, vetted, query, status):
    bearer = {"Authorization": f"Bearer {vetted[0].access_token}"}
    url = f"{sandbox.url}/api.linkedin.com/rest/memberCreatorPostAnalytics?{query}"

    assert ask("GET", url, **bearer, **HEADERS)[0] == status


@pytest.mark.parametrize(
    "wish",
    [
        "(start:(year:2026,month:11,day:1),end:(year:2026,month:11,day:4))",
        "(end:(day:4,month:11,year:2026),start:(day:1,month:11,year:2026))",
    ],
)
def test_days_are_told_apart_in_whatever_order_they_are_asked_for(
    sandbox, vetted, wish
):
    bearer = {"Authorization": f"Bearer {vetted[0].access_token}"}
    query = f"q=me&queryType=COMMENT&aggregation=DAILY&dateRange={wish}"
    url = f"{sandbox.url}/api.linkedin.com/rest/memberCreatorPostAnalytics?{query}"

    _status, said = ask("GET", url, **bearer, **HEADERS)

    days = [one["dateRange"]["start"]["day"] for one in said["elements"]]
    assert days == [1, 2, 3]


def test_a_post_on_linkedin_may_be_changed_and_deleted_and_never_read(sandbox):
    post, tokens = posted(sandbox, "linkedin")
    bearer = {"Authorization": f"Bearer {tokens.access_token}"}
    place = f"{sandbox.url}/api.linkedin.com/rest/posts"
    url = f"{place}/{quote(post.remote_id, safe='')}"
    patch = {"patch": {"$set": {"commentary": r"Better \(news\)"}}}

    assert ask("GET", url, **bearer, **HEADERS)[0] == 403
    assert ask("POST", url, patch, **bearer, **HEADERS)[0] == 400
    partial = {"X_RestLi_Method": "PARTIAL_UPDATE"}
    assert ask("POST", url, patch, **bearer, **HEADERS, **partial)[0] == 204
    assert sandbox.posts()[0].text == "Better (news)"
    assert ask("DELETE", url, **bearer, **HEADERS)[0] == 204
    assert ask("DELETE", url, **bearer, **HEADERS)[0] == 204
    assert sandbox.posts() == []


def test_the_older_way_to_post_on_linkedin_still_works(sandbox):
    tokens, profile = connect(sandbox, "linkedin")
    bearer = {"Authorization": f"Bearer {tokens.access_token}"}
    share = {"shareCommentary": {"text": "As (ever)"}, "shareMediaCategory": "NONE"}
    body = {
        "author": profile.remote_id,
        "lifecycleState": "PUBLISHED",
        "specificContent": {"com.linkedin.ugc.ShareContent": share},
        "visibility": {"com.linkedin.ugc.MemberNetworkVisibility": "PUBLIC"},
    }
    url = f"{sandbox.url}/api.linkedin.com/v2/ugcPosts"

    assert ask("POST", url, body, **bearer)[0] == 201
    assert ask("POST", url, body | {"text": "x"}, **bearer)[0] == 400
    assert [post.text for post in sandbox.posts()] == ["As (ever)"]


def test_a_token_of_linkedin_can_be_looked_into_by_its_app(sandbox):
    tokens, _profile = connect(sandbox, "linkedin")
    network = connector(sandbox, "linkedin")
    url = "https://www.linkedin.com/oauth/v2/introspectToken"

    def told(secret):
        form = {
            "client_id": "demo-client",
            "client_secret": secret,
            "token": tokens.access_token,
        }
        return network.http.request("POST", url, data=form).json()

    assert told("demo-secret")["status"] == "active"
    assert told("demo-secret")["auth_type"] == "3L"
    assert "active" not in told("wrong")
    network.revoke(tokens)
    assert (told("demo-secret")["active"], told("demo-secret")["status"]) == (
        False,
        "revoked",
    )
