"""How often a network lets itself be called: what it declares and what its answers tell.

What an answer tells is not to be trusted: nothing that stands in a header breaks a call,
and no wait is longer than a day.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

DAY = 24 * 3600
MONTH = 31 * DAY  # stands for a calendar month, until the first of the next in UTC
LONGEST_WAIT = float(DAY)
STOP_AT = 9, 10  # of a day's calls: the rest is for what we do not count
UNTOLD = 10**9  # calls: as many as one likes, until an answer tells

_UNITS = {"minute": 60, "quarter_hour": 900, "hour": 3600, "day": DAY, "month": MONTH}
_OPTION = re.compile(r"(app|tenant|account)_per_(minute|quarter_hour|hour|day|month)")


class Scope(StrEnum):
    """Whose calls are counted together."""

    APP = "app"  # the app registered at the network: everybody here
    TENANT = "tenant"  # one tenant's share of it; no network counts this way, we may
    ACCOUNT = "account"  # one social account, whichever tenants connected it


@dataclass(frozen=True)
class Rate:
    """``calls`` within ``seconds`` of the first one; without ``seconds``, until 00:00 UTC."""

    scope: Scope
    calls: int
    seconds: int | None = None

    @property
    def name(self) -> str:
        """The option that overrides it: ``NETWORK_<SLUG>_APP_PER_DAY`` is ``app_per_day``."""
        length = self.seconds or DAY
        units = {seconds: unit for unit, seconds in _UNITS.items()}
        return f"{self.scope}_per_{units.get(length, f'{length}_seconds')}"

    @property
    def stop(self) -> int:
        """How many of its calls are made."""
        return stop(self.calls, self.seconds)


@dataclass(frozen=True)
class Allowance:
    """What an answer told of one rate: ``remaining`` calls until ``after`` seconds from now.

    ``calls`` is the whole of it where the network tells, ``seconds`` as in ``Rate``.
    """

    scope: Scope
    remaining: int
    after: float | None = None
    calls: int | None = None
    seconds: int | None = None


def stop(calls: int, seconds: int | None) -> int:
    """Return where to stop: a little before the end of a day's calls.

    A month's number is ours and not the network's: all of it may be used.
    """
    if seconds is not None and seconds != DAY:
        return calls
    part, whole = STOP_AT
    return max(1, calls * part // whole)


def with_options(rates: Iterable[Rate], options: Mapping[str, str]) -> tuple[Rate, ...]:
    """Return the rates as this installation sets them; 0 takes one away."""
    found = {rate.name: rate for rate in rates}
    for name, value in options.items():
        match, calls = _OPTION.fullmatch(name), number(value)
        if match is None or calls is None:
            continue
        scope, unit = match.groups()
        seconds = None if unit == "day" else _UNITS[unit]
        known = found.get(name) or Rate(Scope(scope), calls, seconds)
        found[name] = replace(known, calls=calls)
    return tuple(rate for rate in found.values() if rate.calls > 0)


def untold(rates: Iterable[Rate]) -> tuple[Rate, ...]:
    """Return the same rates of a stand-in for the network, whose limits are its own."""
    return tuple(replace(rate, calls=UNTOLD) for rate in rates)


def odd_options(options: Mapping[str, str]) -> list[str]:
    """Return the names of those that should say how many calls, and do not."""
    return [
        name
        for name, value in options.items()
        if _OPTION.fullmatch(name) and number(value) is None
    ]


def number(value: str | None) -> int | None:
    """Return a count as a header or an option tells it, or None for anything else."""
    value = (value or "").strip()
    return (
        int(value)
        if value.isascii() and value.isdecimal() and len(value) < 10
        else None
    )


def seconds_until(value: str | None, now: float) -> float | None:
    """Return how far off a second of the epoch is; None when it is past or makes no sense."""
    value = (value or "").strip()
    if not (value.isascii() and value.isdecimal() and len(value) < 12):
        return None
    return sane(int(value) - now)


def sane(after: float | None) -> float | None:
    """Return a wait that may be acted upon: at most a day, and None for "at once"."""
    if after is None or not after > 0:
        return None
    return min(after, LONGEST_WAIT)
