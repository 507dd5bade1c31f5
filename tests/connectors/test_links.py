"""One known address inside a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sharing.connectors.links import contains_url, replace_url

SOURCE = "https://src.example.com/a"
LINK = "https://go.example.com/l/k1"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SOURCE, LINK),
        (f"({SOURCE})", f"({LINK})"),
        (f"{SOURCE}.", f"{LINK}."),
        (f"{SOURCE}/", LINK),
        ("HTTPS://SRC.example.com/a!", f"{LINK}!"),
        ("http://src.example.com/a", LINK),
        ("see src.example.com/a", f"see {LINK}"),
        (f"{SOURCE} {SOURCE}", f"{LINK} {LINK}"),
        (f"{SOURCE}b", f"{SOURCE}b"),
        (f"{SOURCE}/b", f"{SOURCE}/b"),
        (f"{SOURCE}?b=1", f"{SOURCE}?b=1"),
        (f"{SOURCE}#b", f"{SOURCE}#b"),
        ("me@src.example.com/a", "me@src.example.com/a"),
        ("https://not-src.example.com/a", "https://not-src.example.com/a"),
    ],
)
def test_only_this_very_address_is_replaced(text, expected):
    assert replace_url(text, SOURCE, LINK) == expected


@pytest.mark.parametrize(
    "source", ["", "not an address", "ftp://h/a", "http://[", "//h/a"]
)
def test_what_is_no_web_address_is_never_replaced(source):
    assert replace_url(f"a {source} b", source, LINK) == f"a {source} b"


def test_a_short_source_does_not_eat_the_tracked_link():
    text = "https://go.example.com and https://go.example.com/l/k1"

    assert replace_url(text, "https://go.example.com/", LINK) == f"{LINK} and {LINK}"


def test_backslashes_in_a_link_are_taken_literally():
    assert replace_url(SOURCE, SOURCE, r"https://h/\1") == r"https://h/\1"


def test_a_longer_address_does_not_count_as_present():
    assert contains_url(f"x {LINK}, y", LINK)
    assert not contains_url(f"{LINK}2", LINK)
    assert not contains_url("", "")


@given(st.text(st.sampled_from("ab /.:?#@()"), max_size=40))
def test_replacing_is_final(text):
    once = replace_url(f"{text}{SOURCE}", SOURCE, LINK)

    assert replace_url(once, SOURCE, LINK) == once
