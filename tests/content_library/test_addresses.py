"""Web addresses: what may be published, and how it is stored."""

import pytest
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from hypothesis import given
from hypothesis import strategies as st

from content_library.addresses import LONGEST, clean_address


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("https://example.com", "https://example.com"),
        (" https://example.com/a?b=c#d\n", "https://example.com/a?b=c#d"),
        ("HTTPS://EXAMPLE.com/Path", "https://example.com/Path"),
        ("example.com/news", "https://example.com/news"),
        ("www.example.com", "https://www.example.com"),
        ("https://rødgrød.dk/smør", "https://xn--rdgrd-vuad.dk/sm%C3%B8r"),
        ("https://straße.de/", "https://xn--strae-oqa.de/"),
        ("https://例え.テスト/道", "https://xn--r8jz45g.xn--zckzah/%E9%81%93"),
        ("https://example.com/👩‍🔬", "https://example.com/%F0%9F%91%A9%E2%80%8D%F0%9F%94%AC"),
        ("https://example.com:8443/a%20b", "https://example.com:8443/a%20b"),
        ("http://localhost:8000/x", "http://localhost:8000/x"),
        ("https://example.com/a<b>\"c\"", "https://example.com/a%3Cb%3E%22c%22"),
        ("https://example.com/?next=https://a.b/?c=d", "https://example.com/?next=https://a.b/?c=d"),
    ],
)  # fmt: skip
def test_an_address_is_stored_in_ascii_as_a_browser_would_ask(
    typed: str, stored: str
) -> None:
    assert clean_address(typed) == stored


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "scheme"),
        ("hello", "scheme"),
        ("javascript:alert(1)", "scheme"),
        ("JaVaScRiPt://example.com/%0aalert(1)", "scheme"),
        ("data:text/html,hi", "scheme"),
        ("ftp://example.com/", "scheme"),
        ("//example.com/x", "scheme"),
        ("https:example.com", "malformed"),
        ("https:@evil.example/", "malformed"),
        ("https://", "malformed"),
        ("https:///path", "malformed"),
        ("https://user:secret@example.com/", "password"),
        ("https://example.com@evil.example/", "password"),
        ("https://example.com\\@evil.example/", "odd_characters"),
        ("https://example.com/a b", "odd_characters"),
        ("https://example.com/\x00", "odd_characters"),
        ("https://exa\tmple.com/", "odd_characters"),
        ("https://example.com/\r\nSet-Cookie: a=b", "odd_characters"),
        ("https://example.com/\u202egpj.exe", "odd_characters"),
        ("https://example.com/\ud800", "odd_characters"),
        ("https://exa mple.com", "odd_characters"),
        ("https://intranet/page", "malformed"),
        ("https://-example-.com/", "malformed"),
        ("https://example.com:99999/", "host"),
        ("https://example.com:port/", "host"),
        ("https://a..b.com/", "malformed"),
        ("https://æ..b.com/", "host"),
        ("https://[::1/", "malformed"),
        ("https://" + "æ" * 70 + ".dk/", "host"),
        ("https://example.com/" + "a" * 10_000, "too_long"),
        ("https://example.com/" + "æ" * 700, "too_long"),
    ],
)
def test_an_address_that_must_not_be_published_is_refused(
    typed: str, code: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        clean_address(typed)

    assert refused.value.code == code


ALPHABET = st.one_of(
    st.sampled_from(list("htps:/.@#?%&=\\[]-_ \t\n\x00aæß例.dk0123456789")),
    st.characters(),
)
TYPED = st.one_of(
    st.text(ALPHABET, max_size=60),
    st.text(ALPHABET, max_size=60).map("https://example.com/{}".format),
    st.text(ALPHABET, max_size=30).map("https://{}.com/x".format),
    st.text(ALPHABET, max_size=30).map("http://example.dk{}".format),
)


@given(TYPED)
def test_whatever_is_typed_is_refused_in_words_or_stored_safely(typed: str) -> None:
    try:
        stored = clean_address(typed)
    except ValidationError:
        return

    assert stored.isascii()
    assert stored.isprintable()
    assert " " not in stored
    assert len(stored) <= LONGEST
    assert stored.startswith(("https://", "http://"))
    assert "@" not in stored.split("/")[2]
    URLValidator(schemes=["http", "https"])(stored)
    assert clean_address(stored) == stored
