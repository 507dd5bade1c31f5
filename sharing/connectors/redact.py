"""Take tokens, codes and secrets out of any text before somebody can read it."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable

HIDDEN = "[hidden]"

_NAMES = (
    "access_token|refresh_token|id_token|client_secret|code_verifier|code|token"
    "|assertion|password|oauth_token|oauth_verifier|state"
)
_IN_FORM = re.compile(rf"(?i)(?<![\w-])({_NAMES})=([^&\s\"'<>]+)")
_IN_JSON = re.compile(rf"(?i)([\"'](?:{_NAMES})[\"']\s*:\s*[\"'])((?:[^\"'\\]|\\.)+)")
_IN_HEADER = re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}")

# These write whole requests and answers of tokens at DEBUG, or the addresses of calls
# where some networks want a token to stand.
_TALKATIVE = (
    "requests_oauthlib.oauth2_session",
    "requests_oauthlib.oauth1_session",
    "urllib3.connectionpool",
)


def redact(text: str, secrets: Iterable[str | None] = ()) -> str:
    """The text without the given secrets and without anything that looks like one."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        if len(secret) >= 4:
            text = text.replace(secret, HIDDEN)
    text = _IN_FORM.sub(rf"\1={HIDDEN}", text)
    text = _IN_JSON.sub(rf"\1{HIDDEN}", text)
    return _IN_HEADER.sub(rf"\1 {HIDDEN}", text)


# This one warns of an answer's odd headers, with the whole address of the call.
_TELL_TALE = "urllib3.connection"


def _above_debug(record: logging.LogRecord) -> bool:
    return record.levelno > logging.DEBUG


def _never(record: logging.LogRecord) -> bool:
    return False


def silence_libraries() -> None:
    """Keep the libraries' lines that print tokens out of every log."""
    for name in _TALKATIVE:
        logging.getLogger(name).addFilter(_above_debug)
    logging.getLogger(_TELL_TALE).addFilter(_never)
