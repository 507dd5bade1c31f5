"""What Instagram's error codes mean, Graph's own and those of publishing (read 2026-08).

https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/error-codes
https://developers.facebook.com/docs/graph-api/guides/error-handling
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from sharing.connectors.http import Answer
from sharing.connectors.text import _

_LOG_IN = _(
    "Instagram wants you to sign in at instagram.com first. Then connect your account again."
)
_ENDED = _(
    "The connection to your Instagram account has ended. Please connect it again."
)
_UNREACHABLE = _(
    "Instagram could not fetch your picture or video from this installation. Please tell an administrator."
)
_NOT_TAKEN = _("Instagram could not take in your picture or video. Try another file.")
_RESTRICTED = _(
    "Instagram has restricted your account. Open the Instagram app and see what it asks for."
)
_BLOCKED = _(
    "Instagram does not let your account post for now. Open the Instagram app and see why."
)
_SPAM = _(
    "Instagram took this for unwanted posting. Have a look in the app before you try again."
)
_SAME = _("You have already posted exactly this on Instagram.")
_VIDEO = _(
    "Instagram does not take this kind of video. Save it as MP4 (H.264, AAC) and try again."
)
_IMAGE_SIZE = _("Instagram finds this picture too large. Use a smaller one.")
_IMAGE_KIND = _("Instagram takes pictures as JPEG only. Save it as JPEG and try again.")
_RATIO = _(
    "Instagram does not take a picture of this shape. Crop it: between 4:5 upright and 1.91:1 across."
)
_CAPTION = _("Instagram finds this text too long. Shorten it.")
_TOGETHER = _("Instagram does not take these pictures and videos in one post.")
_NOT_FOR_THIS = _("Instagram does not let your account publish this kind of post.")

_NUMBER = re.compile(r"(?<!\d)22\d{5}(?!\d)")
_TRACE = re.compile(r"[\w-]{1,64}")


class Kind(Enum):
    """What is to be done about an error."""

    TOKEN = auto()  # only the member can help
    RIGHT = auto()  # a permission is missing, of the member or of the app
    RATE = auto()
    QUOTA = auto()  # of a day's posts
    SPAM = auto()  # the post may stand all the same
    SHAKY = auto()  # a fault of theirs: nothing is proven
    SAME = auto()
    FETCH = auto()  # they could not fetch the file
    ANEW = auto()  # the container is of no use, another may be
    LOST = auto()  # the container or post is not to be seen; it may be in a minute
    NOT_READY = auto()
    FINAL = auto()


@dataclass(frozen=True)
class Meaning:
    """``after`` is when to try again, in seconds; ``reason`` is for the log."""

    kind: Kind
    sentence: str = ""
    after: float | None = None
    reason: str = ""


_TOKEN = Meaning(Kind.TOKEN, _ENDED, reason="token_ended")
_SIGN_IN = Meaning(Kind.TOKEN, _LOG_IN, reason="checkpoint")
_RIGHT = Meaning(Kind.RIGHT)
_RATE = Meaning(Kind.RATE)
_SHAKY = Meaning(Kind.SHAKY)
_FETCH = Meaning(Kind.FETCH, _UNREACHABLE, 30)
_ANEW = Meaning(Kind.ANEW, _NOT_TAKEN, 30)
_LOST = Meaning(Kind.LOST, after=60)
_NOT_READY = Meaning(Kind.NOT_READY, after=10)


def _final(sentence: str, reason: str = "media") -> Meaning:
    return Meaning(Kind.FINAL, sentence, reason=reason)


SUBCODES: dict[int, Meaning] = {
    459: _SIGN_IN,
    464: _SIGN_IN,
    2207001: _SHAKY,
    2207003: _ANEW,
    2207004: _final(_IMAGE_SIZE),
    2207005: _final(_IMAGE_KIND),
    2207006: _LOST,
    2207008: _LOST,
    2207009: _final(_RATIO),
    2207010: _final(_CAPTION, "text"),
    2207020: _ANEW,
    2207023: _final(_TOGETHER),
    2207026: _final(_VIDEO),
    2207027: _NOT_READY,
    2207028: _final(_TOGETHER),
    2207032: _ANEW,
    2207035: _final(_NOT_TAKEN),
    2207036: _final(_NOT_TAKEN),
    2207037: _final(_NOT_TAKEN),
    2207040: _final(_CAPTION, "text"),
    2207042: Meaning(Kind.QUOTA),
    2207050: _final(_RESTRICTED, "restricted"),
    2207051: Meaning(Kind.SPAM, _SPAM, reason="spam"),
    2207052: _FETCH,
    2207053: _ANEW,
    2207057: _final(_VIDEO),
    2207077: _ANEW,
    2207081: _final(_NOT_FOR_THIS, "not_permitted"),
    2207082: _ANEW,
}
CODES: dict[int, Meaning] = {
    -2: _ANEW,
    -1: _SHAKY,
    1: _SHAKY,
    2: _SHAKY,
    3: _RIGHT,
    4: _RATE,
    9: Meaning(Kind.QUOTA),
    10: _RIGHT,
    17: _RATE,
    24: _LOST,
    25: _final(_RESTRICTED, "restricted"),
    32: _RATE,
    102: _TOKEN,
    190: _TOKEN,
    **dict.fromkeys(range(200, 300), _RIGHT),
    341: _RATE,
    352: _final(_VIDEO),
    368: _final(_BLOCKED, "blocked"),
    506: Meaning(Kind.SAME, _SAME),
    613: _RATE,
    9004: _FETCH,
    9007: _NOT_READY,
    36000: _final(_IMAGE_SIZE),
    36001: _final(_IMAGE_KIND),
    36003: _final(_RATIO),
    36004: _final(_CAPTION, "text"),
    80002: _RATE,
}
MISSING = (100, 33)  # no such object, or none that we may see


@dataclass(frozen=True)
class Problem:
    """An error as Graph tells it."""

    code: int | None = None
    subcode: int | None = None
    is_transient: bool = False
    message: str = ""
    trace: str = ""

    @property
    def meaning(self) -> Meaning | None:
        """What it means; None where the number alone tells nothing."""
        if (self.code, self.subcode) == MISSING:
            return _LOST
        known = SUBCODES.get(self.subcode or 0) or CODES.get(self.code or 0)
        return known or (_SHAKY if self.is_transient else None)


def problem_of(answer: Answer) -> Problem | None:
    """The error in an answer, or None when there is none in Graph's form."""
    told = answer.json().get("error")
    if not isinstance(told, dict):
        return None
    trace = str(told.get("fbtrace_id") or "")
    return Problem(
        code=_whole(told.get("code")),
        subcode=_whole(told.get("error_subcode")),
        is_transient=told.get("is_transient") is True,
        message=str(told.get("message") or ""),
        trace=trace if _TRACE.fullmatch(trace) else "",
    )


def problem_in(status: str) -> Problem:
    """The error that a container's status names in words."""
    number = _NUMBER.search(status)
    return Problem(subcode=int(number[0]) if number else 2207053)


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
