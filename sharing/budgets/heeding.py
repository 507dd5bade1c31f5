"""Believe the network where it tells of its limits, or asks us to wait."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from sharing.budgets.reserving import give_back
from sharing.budgets.windows import Window
from sharing.connectors.errors import ConnectorError, TryLater
from sharing.connectors.rates import (
    LONGEST_WAIT,
    UNTOLD,
    Allowance,
    Scope,
    sane,
    stop,
)
from sharing.connectors.types import Pending, Posted

NEVER_SENT, RATE_LIMITED = "unreachable", "rate_limited"  # reasons of a connector


def heed(
    windows: Iterable[Window],
    outcome: Posted | Pending | ConnectorError,
    *,
    since: datetime | None = None,
) -> None:
    """Take in what came of a call that was reserved: all of the below that applies.

    As a rule that is nothing, and no query. ``since`` as in ``give_back``.
    """
    windows = tuple(windows)
    if not windows:
        return
    if isinstance(outcome, TryLater) and outcome.reason == NEVER_SENT:
        give_back(windows, since=since)
    elif isinstance(outcome, TryLater) and outcome.reason == RATE_LIMITED:
        with ordered(windows):
            learn(windows, outcome.allowances)
            exhaust(windows, outcome.scope, outcome.after)
    else:
        learn(windows, outcome.allowances)


LOCK = """
SELECT FROM sharing_budget WHERE key = ANY (%(keys)s::text[]) ORDER BY key FOR UPDATE
"""


@contextmanager
def ordered(windows: Iterable[Window]) -> Iterator[None]:
    """Hold all of these rows, taken in the order that everybody keeps; none, no query."""
    keys = [window.key for window in windows]
    if not keys:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(LOCK, {"keys": keys})
        yield


LEARN = """
WITH told AS (
    SELECT key, calls, used, statement_timestamp() + after * interval '1 second' AS ends
    FROM unnest(%(keys)s::text[], %(calls)s::int[], %(used)s::int[], %(after)s::float8[])
        AS told (key, calls, used, after)
), news AS (
    SELECT budget.key, coalesce(told.calls, budget.told) AS told, told.used,
           coalesce(told.ends, budget.resets_at) AS ends
    FROM sharing_budget budget JOIN told ON told.key = budget.key
    WHERE budget.resets_at > statement_timestamp()
      AND (budget.used < told.used
           OR budget.told IS DISTINCT FROM coalesce(told.calls, budget.told)
           OR abs(extract(epoch FROM told.ends - budget.resets_at)) > %(close)s)
    ORDER BY budget.key FOR UPDATE OF budget
)
UPDATE sharing_budget budget
SET told = news.told,
    -- A later end is the next window, of which nothing of the one before is used.
    used = CASE WHEN news.ends > budget.resets_at + %(close)s * interval '1 second'
                THEN news.used ELSE greatest(budget.used, news.used) END,
    resets_at = greatest(news.ends, budget.opened_at + interval '1 second')
FROM news WHERE budget.key = news.key
"""
CLOSE = 3.0  # seconds: headers tell whole ones, and an answer takes its time


def learn(windows: Iterable[Window], allowances: Iterable[Allowance]) -> None:
    """Believe the network where it counts more calls than we do, or another reset.

    Costs one statement when an answer told something, and writes only what is new.
    """
    allowances = tuple(allowances)
    if not allowances:
        return
    by_kind = {(window.scope, window.seconds): window for window in windows}
    told = {}
    unknown = []
    for allowance in allowances:
        window = by_kind.get((allowance.scope, allowance.seconds))
        if window is not None:
            told[window.key] = (window, allowance)
        elif allowance.remaining == 0 and by_kind:
            unknown.append(allowance)
    with (
        ordered(list(by_kind.values()) if unknown else []),
        connection.cursor() as rows,
    ):
        if told:
            rows.execute(LEARN, told_values(list(told.values())))
        for allowance in unknown:
            exhaust(by_kind.values(), allowance.scope, allowance.after)


def told_values(told: list[tuple[Window, Allowance]]) -> dict[str, Any]:
    return {
        "keys": [window.key for window, _ in told],
        "calls": [
            stop(one.calls, one.seconds) if one.calls else None for _, one in told
        ],
        "used": [max(0, whole(window, one) - one.remaining) for window, one in told],
        "after": [sane(one.after) for _, one in told],
        "close": CLOSE,
    }


def whole(window: Window, told: Allowance) -> int:
    """Return what ``remaining`` is counted from."""
    return told.calls or (window.calls if window.quota == UNTOLD else window.quota)


EXHAUST = """
INSERT INTO sharing_budget AS budget
    (key, calls, used, opened_at, resets_at, closed_until)
SELECT %(key)s, %(calls)s, 0, statement_timestamp(), ends, ends
FROM (SELECT statement_timestamp() + %(after)s * interval '1 second' AS ends) AS wait
ON CONFLICT (key) DO UPDATE
SET closed_until = greatest(budget.closed_until, excluded.closed_until)
"""


def no_hint() -> float:
    """Seconds to leave alone who asked us to wait and said no time."""
    return float(settings.PUBLISHING_RETRY_LADDER[0])


def exhaust(windows: Iterable[Window], scope: Scope, after: float | None) -> None:
    """Nothing more in this scope for ``after`` seconds: the network said so (a 429)."""
    order = (scope, Scope.ACCOUNT)  # who declares no rate of that scope at least waits
    found = sorted(
        (window for window in windows if window.scope in order),
        key=lambda window: (order.index(window.scope), window.key),
    )
    if not found:
        return
    wait = max(1.0, min(after or no_hint(), LONGEST_WAIT))
    values: dict[str, Any] = {
        "key": found[0].key,
        "calls": found[0].calls,
        "after": wait,
    }
    with connection.cursor() as cursor:
        cursor.execute(EXHAUST, values)
