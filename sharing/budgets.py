"""Call a network no more often than it lets us: counted in PostgreSQL, by its clock.

A window is counted for whom the network counts: the app, a tenant's part of it, or the
social account, whichever tenants have connected it. Everything here runs inside the
caller's transaction and holds the rows it counts in until that ends, so call it last:
the app's row is everybody's. Rows are locked in the order of their keys, always.
"""

import hmac
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from sharing.connectors.base import Connector
from sharing.connectors.errors import ConnectorError, TryLater
from sharing.connectors.rates import (
    LONGEST_WAIT,
    UNTOLD,
    Allowance,
    Rate,
    Scope,
    sane,
    stop,
)
from sharing.connectors.types import Pending, Posted

NEVER_SENT, RATE_LIMITED = "unreachable", "rate_limited"  # reasons of a connector
NO_HINT = 60.0  # seconds to leave alone who asked us to wait and said no time
BATCH = 500


@dataclass(frozen=True)
class Window:
    """One budget to reserve from: ``calls`` is where to stop, ``quota`` the whole."""

    key: str
    scope: Scope
    calls: int
    quota: int
    seconds: int | None  # None: until 00:00 UTC


def windows_of(
    connector: Connector, tenant_id: UUID | str, remote_id: str
) -> tuple[Window, ...]:
    """Return the budgets that one call for this account is counted in; often none."""
    return tuple(
        Window(
            key=key_of(connector, rate, tenant_id, remote_id),
            scope=rate.scope,
            calls=rate.stop,
            quota=rate.calls,
            seconds=rate.seconds,
        )
        for rate in connector.budget
    )


def key_of(
    connector: Connector, rate: Rate, tenant_id: UUID | str, remote_id: str
) -> str:
    """Return whose calls these are. Who reads the table learns of no account."""
    app = connector.credentials.client_id
    match rate.scope:
        case Scope.APP:
            whose = hidden(app)
        case Scope.TENANT:
            whose = f"{tenant_id}:{hidden(app)}"
        case _:
            whose = hidden(app, remote_id)
    return f"{connector.slug}:{rate.name}:{whose}"


def hidden(*names: str) -> str:
    """Return a keyed hash: ids are too short for a plain one to hide them."""
    key = f"budgets {settings.SECRET_KEY}".encode()
    return hmac.new(key, "\0".join(names).encode(), sha256).hexdigest()[:32]


RESERVE = """
WITH wanted AS (
    SELECT key, calls, CASE
        WHEN seconds IS NULL
        THEN date_trunc('day', statement_timestamp(), 'UTC') + interval '24 hours'
        ELSE statement_timestamp() + seconds * interval '1 second' END AS ends
    FROM unnest(%(keys)s::text[], %(calls)s::int[], %(seconds)s::float8[])
        AS wanted (key, calls, seconds)
), held AS (
    SELECT key, used, told, resets_at, closed_until FROM sharing_budget
    WHERE key = ANY (%(keys)s::text[]) ORDER BY key FOR UPDATE
), shut AS (
    SELECT max(greatest(
        CASE WHEN closed_until > statement_timestamp() THEN closed_until END,
        CASE WHEN resets_at > statement_timestamp() AND used >= least(calls, told)
             THEN resets_at END)) AS until
    FROM held JOIN wanted USING (key)
), taken AS (
    INSERT INTO sharing_budget AS budget (key, calls, used, opened_at, resets_at)
    SELECT key, calls, 1, statement_timestamp(), ends FROM wanted, shut
    WHERE until IS NULL ORDER BY key
    ON CONFLICT (key) DO UPDATE SET calls = excluded.calls,
        used = CASE WHEN budget.resets_at > statement_timestamp()
                    THEN budget.used + 1 ELSE 1 END,
        opened_at = CASE WHEN budget.resets_at > statement_timestamp()
                         THEN budget.opened_at ELSE excluded.opened_at END,
        resets_at = CASE WHEN budget.resets_at > statement_timestamp()
                         THEN budget.resets_at ELSE excluded.resets_at END
    WHERE (budget.closed_until IS NULL OR budget.closed_until <= statement_timestamp())
      AND (budget.resets_at <= statement_timestamp()
           OR budget.used < least(excluded.calls, budget.told))
    RETURNING key
)
SELECT until, ARRAY(SELECT key FROM taken) FROM shut
"""


def reserve(windows: Iterable[Window]) -> datetime | None:
    """Take one call from each window, or none at all: then return when to ask again."""
    wanted = {window.key: window for window in windows}
    if not wanted:
        return None
    while True:
        until, taken = reserve_once(list(wanted.values()))
        if until is not None or len(taken) == len(wanted):
            return until
        # A row was made and used up in the moment after our statement began. It is
        # there for the next one to see; nobody has seen what we took of the others.
        give_back([wanted[key] for key in taken])


def reserve_once(windows: list[Window]) -> tuple[datetime | None, list[str]]:
    values: dict[str, Any] = {
        "keys": [window.key for window in windows],
        "calls": [window.calls for window in windows],
        "seconds": [window.seconds for window in windows],
    }
    with connection.cursor() as cursor:
        cursor.execute(RESERVE, values)
        until, taken = cursor.fetchone()
    return until, taken


GIVE_BACK = """
WITH held AS (
    SELECT key FROM sharing_budget
    WHERE key = ANY (%(keys)s::text[]) AND used > 0
      AND resets_at > statement_timestamp()
      AND (%(since)s::timestamptz IS NULL OR opened_at <= %(since)s)
    ORDER BY key FOR UPDATE
)
UPDATE sharing_budget budget SET used = budget.used - 1
FROM held WHERE budget.key = held.key
"""


def give_back(windows: Iterable[Window], *, since: datetime | None = None) -> None:
    """Return a call that provably never left.

    With ``since``, the moment of the reservation by the database's clock, a window that
    began anew in between keeps its count.
    """
    keys = [window.key for window in windows]
    if keys:
        with connection.cursor() as cursor:
            cursor.execute(GIVE_BACK, {"keys": keys, "since": since})


LOCK = """
SELECT FROM sharing_budget WHERE key = ANY (%(keys)s::text[]) ORDER BY key FOR UPDATE
"""


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
SET told = news.told, used = greatest(budget.used, news.used),
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


def exhaust(windows: Iterable[Window], scope: Scope, after: float | None) -> None:
    """Nothing more in this scope for ``after`` seconds: the network said so (a 429)."""
    order = (scope, Scope.ACCOUNT)  # who declares no rate of that scope at least waits
    found = sorted(
        (window for window in windows if window.scope in order),
        key=lambda window: (order.index(window.scope), window.key),
    )
    if not found:
        return
    wait = max(1.0, min(after or NO_HINT, LONGEST_WAIT))
    values: dict[str, Any] = {
        "key": found[0].key,
        "calls": found[0].calls,
        "after": wait,
    }
    with connection.cursor() as cursor:
        cursor.execute(EXHAUST, values)


FORGET = """
DELETE FROM sharing_budget WHERE key IN (
    SELECT key FROM sharing_budget
    WHERE resets_at < statement_timestamp() - interval '2 days'
      AND (closed_until IS NULL OR closed_until < statement_timestamp())
    ORDER BY key LIMIT %(batch)s FOR UPDATE SKIP LOCKED
)
"""


def forget() -> int:
    """Drop the windows of whom nobody has called for in days; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(FORGET, {"batch": BATCH})
        return cursor.rowcount
