"""Take a call from every window it counts in, or from none, by the database's clock."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from sharing.budgets.windows import Window

BATCH = 500

# Also a part of the statement that writes SENDING (``publishing.marking``).
TAKING = """
wanted AS (
    SELECT key, calls, CASE
        WHEN seconds IS NULL
        THEN date_trunc('day', statement_timestamp(), 'UTC') + interval '24 hours'
        WHEN seconds = 2678400  -- rates.MONTH
        THEN (date_trunc('month', statement_timestamp() AT TIME ZONE 'UTC')
              + interval '1 month') AT TIME ZONE 'UTC'
        ELSE statement_timestamp() + seconds * interval '1 second' END AS ends
    FROM unnest(%s::text[], %s::int[], %s::float8[])
        AS wanted (key, calls, seconds)
), shut AS (
    -- Without a lock: it may be a moment old, and nothing is written where it is full.
    SELECT max(greatest(
        CASE WHEN closed_until > statement_timestamp() THEN closed_until END,
        CASE WHEN resets_at > statement_timestamp() AND used >= least(wanted.calls, told)
             THEN resets_at END)) AS until
    FROM sharing_budget JOIN wanted USING (key)
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
"""
TAKEN = "SELECT until, ARRAY(SELECT key FROM taken) FROM shut"
RESERVE = " ".join(("WITH", TAKING, TAKEN))


def reserve(windows: Iterable[Window]) -> datetime | None:
    """Take one call from each window, or none at all: then return when to ask again."""
    wanted = {window.key: window for window in windows}
    if not wanted:
        return None
    while True:
        until, taken = reserve_once(list(wanted.values()))
        if until is not None or len(taken) == len(wanted):
            return until
        # One was used up in the moment after our statement began. The next one sees
        # that; nobody has seen what we took of the others.
        give_back([wanted[key] for key in taken])


def reserve_once(windows: list[Window]) -> tuple[datetime | None, list[str]]:
    with connection.cursor() as cursor:
        cursor.execute(RESERVE, wanted_values(windows))
        until, taken = cursor.fetchone()
    return until, taken


def wanted_values(windows: Sequence[Window]) -> tuple[list[Any], ...]:
    """Return the values of ``TAKING``; no windows take nothing and are never full."""
    return (
        [window.key for window in windows],
        [window.calls for window in windows],
        [window.seconds for window in windows],
    )


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
