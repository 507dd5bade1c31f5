"""The weighted length, case by case after X's published rules."""

import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sharing.connectors.urls import find_urls
from sharing.connectors.weights import weighted_length
from sharing.networks.x import X

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
SCOTLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"


def weigh(text):
    return weighted_length(text, X.limits)


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("", 0),
        ("plain words", 11),
        ("smørrebrød", 10),
        ("Привет", 6),
        ("שלום", 4),
        ("สวัสดี", 6),
        ("線路", 4),
        ("한국어", 6),
        ("\u1112\u1161\u11ab", 2),  # three parts that NFC joins into one letter
        ("é", 1),
        ("e\u0301", 1),
        ("“quoted” – and…", 16),  # the ellipsis is outside the light ranges
        ("a\nb", 3),
        ("a\u200bb", 3),
        ("\u2060", 2),
        ("\U00010000", 2),
        ("100 €", 6),
    ],
)
def test_characters_weigh_one_or_two(text, weight):
    assert weigh(text) == weight


@pytest.mark.parametrize(
    "emoji",
    [
        "\U0001f600",
        "\U0001f44d\U0001f3fd",
        "\U0001f1e9\U0001f1f0",
        "1\ufe0f\u20e3",
        "#\u20e3",
        "\u2764\ufe0f",
        "\u2764\ufe0f\u200d\U0001f525",
        "\u00a9\ufe0f",
        FAMILY,
        SCOTLAND,
        "\U0001f469\U0001f3fe\u200d\U0001f680",
        "\u263a",
    ],
)
def test_an_emoji_weighs_two_however_it_is_made(emoji):
    assert weigh(emoji) == 2
    assert weigh(f"a{emoji}b{emoji}") == 6


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("\U0001f600\U0001f600", 4),
        ("\U0001f1e9", 2),
        ("\u00a9", 1),
        ("5", 1),
        ("#", 1),
        ("\U0001f600\u200d", 3),
        ("\U0001f3fd", 2),
    ],
)
def test_what_only_resembles_a_sequence_is_counted_in_parts(text, weight):
    assert weigh(text) == weight


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("https://example.com", ["https://example.com"]),
        ("HTTP://EXAMPLE.COM/A", ["HTTP://EXAMPLE.COM/A"]),
        ("example.com", ["example.com"]),
        ("www.example.co.uk.", ["www.example.co.uk"]),
        ("go.example.com/l/k3Yq!", ["go.example.com/l/k3Yq"]),
        ("(https://e.com/a)", ["https://e.com/a"]),
        ("https://e.com/a_(b)", ["https://e.com/a_(b)"]),
        ("https://e.com/a_(b", ["https://e.com/a_"]),
        ("https://e.com:8080/a?b=c&d=#e", ["https://e.com:8080/a?b=c&d=#e"]),
        ("example.com:80", ["example.com"]),
        ("example.com?a=b", ["example.com"]),
        ("https://example.com?a=b", ["https://example.com?a=b"]),
        ("https://blåbær.dk/sø", ["https://blåbær.dk/sø"]),
        ("日本語example.com日本語", ["example.com"]),
        ("one.com two.org/x three.dk", ["one.com", "two.org/x", "three.dk"]),
        ("https://t.co/Ab12/more", ["https://t.co/Ab12"]),
        ("https://xn--80ak6aa92e.xn--p1ai/", ["https://xn--80ak6aa92e.xn--p1ai/"]),
    ],
)
def test_addresses_are_found_with_and_without_a_scheme(text, found):
    assert [text[start:end] for start, end in find_urls(text)] == found


@pytest.mark.parametrize(
    "text",
    [
        "v1.2 and 3.14",
        "example.notatld",
        "http://localhost:8000/l/abc",
        "http://192.168.0.1/",
        "ana@example.com",
        "@example.com",
        "#example.com",
        "$example.com",
        "-example.com",
        "file.comma",
        "https://-bad.com",
        "https://bad-.com",
        "https://under_score.com",
        f"https://{'a' * 64}.com/",
        "ftp://",
        "a.b.c",
        "...",
    ],
)
def test_what_is_no_address_is_counted_by_its_letters(text):
    assert find_urls(text) == []
    assert weigh(text) == len(text)


def test_every_address_weighs_twenty_three():
    short, long = "https://e.dk", f"https://e.dk/{'path/' * 60}end"

    assert weigh(short) == weigh(long) == 23
    assert weigh(f"a {short} b {long} c") == 2 + 23 + 3 + 23 + 2


def test_an_address_longer_than_4096_is_not_one():
    assert find_urls(f"https://e.dk/{'a' * 4096}") == []


@given(st.text(max_size=80))
def test_the_form_of_accents_does_not_matter(text):
    assert weigh(text) == weigh(unicodedata.normalize("NFC", text))


@given(
    st.text(
        st.characters(max_codepoint=0x10FF, exclude_characters=".©®#*"), max_size=60
    )
)
def test_light_letters_weigh_one(text):
    composed = unicodedata.normalize("NFC", text)
    assume(all(ord(letter) <= 0x10FF for letter in composed))

    assert weigh(text) == len(composed)


@given(st.text(max_size=40), st.text(max_size=40))
def test_texts_apart_weigh_what_they_weigh_alone(one, two):
    assert weigh(f"{one}\n\n{two}") == weigh(one) + 2 + weigh(two)


@given(st.text(st.sampled_from("a.1/:-_@ é日😀()?=#\n"), max_size=60))
def test_addresses_come_in_order_and_do_not_overlap(text):
    edges = [edge for span in find_urls(f"https://e.dk {text} f.com") for edge in span]

    assert edges == sorted(edges)
    assert len(edges) >= 2


@pytest.mark.parametrize(
    "piece", ["a.", "a-", "日", "a(", "https://", "x.com/((", "😀\u200d"]
)
@pytest.mark.timeout(30)
def test_hostile_text_does_not_hold_the_counter_up(piece):
    assert weigh(piece * (10_000 // len(piece)) + ".") > 0
