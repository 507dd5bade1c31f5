"""How to talk to graph.instagram.com: addresses, errors, and what headers tell of limits.

https://developers.facebook.com/docs/graph-api/overview/rate-limiting (read 2026-08)
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, TypeGuard

from sharing.connectors import errors
from sharing.connectors.http import Answer
from sharing.connectors.oauth2 import OAuth2Connector
from sharing.connectors.rates import DAY, Allowance, Scope, sane
from sharing.connectors.text import _
from sharing.connectors.types import Tokens
from sharing.networks.instagram.problems import Kind, Meaning, Problem, problem_of

log = logging.getLogger(__name__)

HOST = "https://graph.instagram.com"
VERSION = "v26.0"  # served for about two years; the setting overrides it
# Year and month, of those that are known.
RELEASED = {
    "v22.0": (2025, 1),
    "v24.0": (2025, 10),
    "v25.0": (2026, 2),
    VERSION: (2026, 7),
}
PUBLISH = "instagram_business_content_publish"

# Reasons by which ``prepare`` tells one "later" from another.
ANEW, FETCH, LOST, NOT_READY = "media_anew", "media_fetch", "media_lost", "media"

_LATER: dict[Kind, str] = {
    Kind.FETCH: FETCH,
    Kind.ANEW: ANEW,
    Kind.LOST: LOST,
    Kind.NOT_READY: NOT_READY,
}
BUSY_AT = 80  # per cent of what the app or the account may call
BUSY_FOR = 600.0  # seconds; the count is of a sliding hour

_NO_SCOPE = _("Instagram needs your permission to post. Please connect it again.")
_REVIEW = _(
    "Instagram does not let this app post for members yet. Please tell an administrator."
)
_QUOTA = _(
    "Instagram takes no more posts of your account within a day. This one goes out when it does."
)
_WORKING = _("Instagram is still working on your picture or video.")
_VERSION = re.compile(r"v[0-9]{1,3}\.[0-9]{1,2}")
_ID = re.compile(r"[0-9]{1,40}")


class Graph(OAuth2Connector):
    """What every call to Instagram has in common."""

    @property
    def version(self) -> str:
        """The version that this installation asks for."""
        wished = self.options.get("version", "")
        return wished if _VERSION.fullmatch(wished) else VERSION

    def version_months(self, today: date) -> int | None:
        month = RELEASED.get(self.version)
        if month is None:
            return None
        return (today.year - month[0]) * 12 + today.month - month[1]

    def at(self, path: str) -> str:
        """The address of a node or an edge."""
        return f"{HOST}/{self.version}/{path}"

    def explain(
        self, answer: Answer, tokens: Tokens | None
    ) -> errors.ConnectorError | None:
        problem = problem_of(answer)
        if problem is None:
            return None
        log.info(
            "instagram: error %s/%s, trace %s",
            problem.code, problem.subcode, problem.trace or "-",
        )  # fmt: skip
        if answer.status >= 500 or problem.meaning is None:
            return None
        return self.meant(problem.meaning, answer, tokens)

    def meant(
        self, meaning: Meaning, answer: Answer | None, tokens: Tokens | None
    ) -> errors.ConnectorError | None:
        """The error that a code stands for; None where it depends on what was asked."""
        match meaning.kind:
            case Kind.TOKEN:
                return self.error(
                    errors.Disconnected, meaning.sentence, reason=meaning.reason
                )
            case Kind.RIGHT:
                return self.forbidden(tokens)
            case Kind.RATE:
                return self.throttled(answer)
            case Kind.QUOTA:
                return self.used_up(float(DAY))
            case Kind.SAME:
                return self.error(errors.Duplicate, meaning.sentence)
            case Kind.FINAL:
                return self.error(
                    errors.Refused, meaning.sentence, reason=meaning.reason
                )
            case Kind.SPAM | Kind.SHAKY:
                return None
        return self.error(
            errors.TryLater,
            meaning.sentence or _WORKING,
            after=meaning.after,
            reason=_LATER[meaning.kind],
        )

    def sort(self, answer: Answer, creates: bool) -> errors.ConnectorError:
        """Codes that prove nothing when they answer the call that publishes."""
        problem = problem_of(answer)
        meaning = problem.meaning if problem else None
        if meaning is not None and meaning.kind is Kind.SHAKY:
            return self.silence(creates)
        if meaning is not None and meaning.kind is Kind.SPAM:
            kind = errors.Unknown if creates else errors.Refused
            return self.error(kind, meaning.sentence, reason=meaning.reason)
        return super().sort(answer, creates)

    def forbidden(self, tokens: Tokens | None) -> errors.ConnectorError:
        """A consent without the right to post needs its member, else the app its review."""
        if tokens and tokens.scopes and PUBLISH not in tokens.scopes:
            return self.error(errors.Disconnected, _NO_SCOPE, reason="scope_missing")
        return self.error(errors.OperatorAction, _REVIEW, reason="app_review")

    def throttled(self, answer: Answer | None) -> errors.TryLater:
        after = sane(self.wait(answer)) if answer else None
        scope = self.exhausted(answer) if answer else Scope.ACCOUNT
        return errors.TryLater(after, "rate_limited", scope=scope)

    def used_up(self, after: float) -> errors.ConnectorError:
        return self.error(errors.TryLater, _QUOTA, after=after, reason="rate_limited")

    # What the headers tell

    def wait(self, answer: Answer) -> float | None:
        """Minutes until an account has calls again; for an app's, no header says it."""
        minutes = max(map(_minutes, _uses(answer)), default=0)
        return minutes * 60.0 if minutes > 0 else super().wait(answer)

    def exhausted(self, answer: Answer) -> Scope:
        problem = problem_of(answer) or Problem()
        return Scope.APP if problem.code == 4 else super().exhausted(answer)

    def read_allowances(self, answer: Answer) -> tuple[Allowance, ...]:
        """They tell shares of a limit, so nothing is known of it until it is nearly used."""
        told = []
        uses = list(_uses(answer))
        minutes = max(map(_minutes, uses), default=0)
        if minutes > 0 or any(_fullest(use) >= BUSY_AT for use in uses):
            told.append(Allowance(Scope.ACCOUNT, 0, sane(minutes * 60) or BUSY_FOR))
        if _fullest(_header(answer, "X-App-Usage")) >= BUSY_AT:
            told.append(Allowance(Scope.APP, 0, BUSY_FOR))
        return tuple(told)


def id_of(data: object, name: str = "id") -> str:
    """Ids are decimal strings too large for JavaScript; some answers hold numbers."""
    value = str(data.get(name) or "") if isinstance(data, dict) else ""
    return value if _ID.fullmatch(value) else ""


def _uses(answer: Answer) -> Iterator[Mapping[str, Any]]:
    """Each use that the header of business use cases tells, of whichever account."""
    for uses in _header(answer, "X-Business-Use-Case-Usage").values():
        listed = uses if isinstance(uses, list) else ()
        yield from (use for use in listed if isinstance(use, dict))


def _minutes(use: Mapping[str, Any]) -> float:
    minutes = use.get("estimated_time_to_regain_access")
    return min(minutes, DAY) if _is_number(minutes) else 0


def _header(answer: Answer, name: str) -> dict[str, Any]:
    try:
        told = json.loads(answer.headers.get(name) or "{}")
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _fullest(usage: Mapping[str, Any]) -> float:
    shares = (usage.get(name) for name in ("call_count", "total_cputime", "total_time"))
    return max((share for share in shares if _is_number(share)), default=0)


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
