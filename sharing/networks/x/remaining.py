"""How many calls remain, as X tells it in the headers of its answers."""

from __future__ import annotations

from collections.abc import Mapping

from sharing.connectors.rates import DAY, Allowance, Scope, number, seconds_until

QUARTER_HOUR = 900

_KINDS = (
    ("x-rate-limit", Scope.ACCOUNT, QUARTER_HOUR),
    ("x-user-limit-24hour", Scope.ACCOUNT, DAY),
    ("x-app-limit-24hour", Scope.APP, DAY),
)


def read(headers: Mapping[str, str], now: float) -> tuple[Allowance, ...]:
    """What each family of headers tells; ``now`` is the second by X's own clock."""
    found = (_told(headers, now, *kind) for kind in _KINDS)
    return tuple(told for told in found if told)


def _told(
    headers: Mapping[str, str], now: float, prefix: str, scope: Scope, seconds: int
) -> Allowance | None:
    """What one family of headers tells; None when it is absent, over or odd."""
    remaining = number(headers.get(f"{prefix}-remaining"))
    after = seconds_until(headers.get(f"{prefix}-reset"), now)
    if remaining is None or after is None:
        return None
    calls = number(headers.get(f"{prefix}-limit")) or None
    return Allowance(scope, remaining, min(after, seconds), calls, seconds)
