"""No token survives a text that somebody may read."""

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests_oauthlib import OAuth2Session

from sharing.connectors.redact import HIDDEN, redact
from sharing.connectors.types import Credentials, Tokens

TOKEN = "AQX-canary_7b1f.AbC~1"


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {TOKEN}",
        f"grant_type=x&refresh_token={TOKEN}&a=b",
        f"https://h/cb?state=s&code={TOKEN}",
        f'{{"access_token": "{TOKEN}", "scope": "a"}}',
        f"{{'client_secret': '{TOKEN}'}}",
        f"Basic {TOKEN}",
    ],
)
def test_tokens_are_hidden_wherever_they_stand(text):
    assert TOKEN not in redact(text)
    assert HIDDEN in redact(text)


@given(st.text(max_size=30), st.text(max_size=30))
def test_a_known_secret_is_hidden_in_any_text(before, after):
    assert TOKEN not in redact(f"{before}{TOKEN}{after}", [TOKEN, None])


def test_the_rest_of_the_text_stays():
    assert (
        redact("status=400 scope=a error_code=7") == "status=400 scope=a error_code=7"
    )


def test_a_repr_shows_no_secret():
    shown = f"{Tokens(TOKEN, TOKEN)!r}{Credentials('app', TOKEN)!r}"

    assert TOKEN not in shown
    assert "app" in shown


def test_the_oauth_library_logs_nothing_at_debug(caplog):
    caplog.set_level(logging.DEBUG)

    OAuth2Session("app", state=TOKEN).authorization_url("https://h/authorize")

    assert TOKEN not in caplog.text
