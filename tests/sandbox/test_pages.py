"""The pages people see, and the record programs read."""

import urllib.request

import pytest

from sharing.sandbox.pages import linked
from tests.sandbox.walking import LINK, ask, callback, connect, connector, post_of

NASTY = '<script>alert("1")</script> & "quotes"'


def read(url):
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310
        return answer.read().decode(), answer.headers


def test_the_home_page_shows_posts_newest_first(sandbox):
    for slug in ("linkedin", "x"):
        network = connector(sandbox, slug)
        tokens, profile = connect(sandbox, slug)
        network.publish(
            tokens, profile.remote_id, post_of(network, f"On {slug} {NASTY}")
        )
        sandbox.advance(1)

    html, headers = read(sandbox.url)

    assert html.index("On x") < html.index("On linkedin")
    assert "A title" in html
    assert f'href="{LINK}"' in html
    assert "<script>" not in html
    assert "unsafe" not in headers["Content-Security-Policy"]


def test_one_network_can_be_looked_at_alone(sandbox):
    network = connector(sandbox, "x")
    tokens, profile = connect(sandbox, "x")
    network.publish(tokens, profile.remote_id, post_of(network, "Only here"))

    assert "Only here" not in read(f"{sandbox.url}/?network=linkedin")[0]
    assert "Only here" in read(f"{sandbox.url}/?network=x")[0]


def test_an_empty_sandbox_says_what_to_do(sandbox):
    assert "Nothing has been posted yet" in read(sandbox.url)[0]


@pytest.mark.parametrize("slug", ["linkedin", "x"])
def test_the_address_of_a_post_opens_in_the_sandbox(sandbox, slug):
    network = connector(sandbox, slug)
    tokens, profile = connect(sandbox, slug)
    posted = network.publish(tokens, profile.remote_id, post_of(network, "Look at me"))

    html, _headers = read(posted.url.replace("https://", f"{sandbox.url}/"))

    assert "Look at me" in html


@pytest.mark.parametrize("slug", ["linkedin", "x"])
def test_the_consent_page_has_people_a_choice_and_no_script(sandbox, slug):
    network = connector(sandbox, slug)
    page = network.authorize_url("s", callback(slug), network.challenge("v" * 43))

    html, headers = read(page)

    assert html.count('type="radio"') == 3
    assert ">Allow<" in html
    assert ">Cancel<" in html
    assert "<script" not in html
    assert "style=" not in html
    assert (
        "form-action 'self' https://app.example.com"
        in headers["Content-Security-Policy"]
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "see https://e.com/a?b=1&c.",
            'see <a href="https://e.com/a?b=1&amp;c" rel="noopener">https://e.com/a?b=1&amp;c</a>.',
        ),
        ("#Tag a#b", "<b>#Tag</b> a#b"),
        ("<b>", "&lt;b&gt;"),
        (
            "it's https://e.com/#x",
            'it\'s <a href="https://e.com/#x" rel="noopener">https://e.com/#x</a>',
        ),
    ],
)
def test_a_text_is_shown_with_links_and_without_markup(text, shown):
    assert linked(text) == shown


def test_the_record_tells_programs_what_stands_there(sandbox):
    network = connector(sandbox, "linkedin")
    tokens, profile = connect(sandbox, "linkedin")
    posted = network.publish(tokens, profile.remote_id, post_of(network))

    _status, (record,) = ask("GET", f"{sandbox.url}/_sandbox/posts?network=linkedin")

    assert record["id"] == posted.remote_id
    assert record["text"] == "Good news"
    assert record["sent"]["author"] == profile.remote_id


def test_no_token_and_no_secret_is_in_any_record(sandbox):
    tokens, _profile = connect(sandbox, "x")
    connector(sandbox, "x").refresh(tokens)

    told = str(ask("GET", f"{sandbox.url}/_sandbox/requests")[1])

    assert "oauth2/token" in told
    assert tokens.access_token not in told
    assert tokens.refresh_token not in told
    assert "demo-secret" not in told


def test_forgetting_everything_forgets_the_tokens_too(sandbox):
    tokens, _profile = connect(sandbox, "x")

    assert ask("POST", f"{sandbox.url}/_sandbox/reset", {})[0] == 200

    bearer = f"Bearer {tokens.access_token}"
    status, _said = ask(
        "GET", f"{sandbox.url}/api.x.com/2/users/me", Authorization=bearer
    )
    assert status == 401


@pytest.mark.parametrize(
    "path", ["/nothing", "/api.x.com/2/nothing", "/x.com/a/status/1"]
)
def test_an_unknown_address_is_not_found(sandbox, path):
    assert ask("GET", f"{sandbox.url}{path}")[0] == 404


def test_a_body_that_is_too_large_is_refused(sandbox):
    url = f"{sandbox.url}/_sandbox/reset"

    assert ask("POST", url, None, Content_Length=str(10**9))[0] == 413


@pytest.mark.parametrize("how", ["expire", "revoke"])
def test_all_tokens_can_be_ended(sandbox, how):
    tokens, _profile = connect(sandbox, "x")

    ask("POST", f"{sandbox.url}/_sandbox/tokens/{how}", {"network": "x"})

    bearer = f"Bearer {tokens.access_token}"
    status, _said = ask(
        "GET", f"{sandbox.url}/api.x.com/2/users/me", Authorization=bearer
    )
    assert status == 401


def test_the_clock_can_be_pushed_over_http(sandbox):
    assert ask("POST", f"{sandbox.url}/_sandbox/clock", {"advance": 60})[1] == {
        "ahead": 60.0
    }
    assert ask("POST", f"{sandbox.url}/_sandbox/clock", {"advance": "soon"})[0] == 400
