"""Web addresses that are safe to publish: what is typed in, what is stored out."""

import re
import unicodedata
from urllib.parse import SplitResult, quote, urlsplit

import idna
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _

LONGEST = 2000
MALFORMED = _("This is not a complete web address, such as https://example.com/news.")
TOO_LONG = _("This web address is too long. 2,000 characters is the most.")
WRONG_SCHEME = _("A web address begins with https:// or http://.")
WITH_PASSWORD = _("Leave the user name and password out of the web address.")
ODD_CHARACTERS = _(
    "There are spaces or invisible characters in this web address. Copy it once more."
)
NO_SUCH_HOST = _(
    "There can be no site of this name. Check the part before the first /."
)

# Letters that turn the reading direction can make an address look like another one.
TURNING = set(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
WITHOUT_SCHEME = re.compile(r"[^\s/:?#@\\]+\.[^\s/:?#@\\]+(?:[/?#]|\Z)")
RESERVED = "!#$%&'()*+,/:;=?@[]~"

_has_known_form = URLValidator(schemes=["http", "https"])


def clean_address(typed: str) -> str:
    """Return the address as it is stored: ASCII, the host as DNS knows it.

    Raises ``ValidationError`` with one sentence for the person who typed it.
    """
    text = typed.strip()
    if len(text) > LONGEST:
        raise ValidationError(TOO_LONG, code="too_long")
    if any(is_odd(character) for character in text):
        raise ValidationError(ODD_CHARACTERS, code="odd_characters")
    if WITHOUT_SCHEME.match(text):
        text = f"https://{text}"
    parts = split(text)
    rest = "".join(
        (
            quote(parts.path, RESERVED),
            f"?{quote(parts.query, RESERVED)}" if parts.query else "",
            f"#{quote(parts.fragment, RESERVED)}" if parts.fragment else "",
        )
    )
    address = f"{parts.scheme}://{host_of(parts)}{rest}"
    if len(address) > LONGEST:
        raise ValidationError(TOO_LONG, code="too_long")
    check_form(address)
    return address


def is_odd(character: str) -> bool:
    """Say whether the character is a space, a control, half a pair or turns the text."""
    kind = unicodedata.category(character)
    return kind in ("Cc", "Cs") or kind[0] == "Z" or character in {*TURNING, "\\"}


def split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
    except ValueError:
        raise ValidationError(MALFORMED, code="malformed") from None
    if parts.scheme not in ("http", "https"):
        wrong = WRONG_SCHEME if parts.scheme else MALFORMED
        raise ValidationError(wrong, code="scheme")
    if not parts.netloc:
        raise ValidationError(MALFORMED, code="malformed")
    if "@" in parts.netloc:
        raise ValidationError(WITH_PASSWORD, code="password")
    return parts


def host_of(parts: SplitResult) -> str:
    """Return host and port, letters of every script as browsers would ask DNS for them."""
    try:
        host, port = parts.hostname or "", parts.port
        if not host.isascii():
            host = idna.encode(host, uts46=True).decode()
    except ValueError:  # of the port, and of idna
        raise ValidationError(NO_SUCH_HOST, code="host") from None
    if ":" in host:
        host = f"[{host}]"
    return host if port is None else f"{host}:{port}"


def check_form(address: str) -> None:
    try:
        _has_known_form(address)
    except ValidationError:
        raise ValidationError(MALFORMED, code="malformed") from None
