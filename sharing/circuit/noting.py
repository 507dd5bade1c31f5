"""What came of a call: counted here, and told to all processes when it is a fault."""

import json
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models.functions import Now

from sharing.circuit.calls import Call
from sharing.circuit.remembering import PROBE_EVERY, SPAN, SPANS, memory
from sharing.connectors.text import kept
from sharing.models import Circuit

LEAST_CALLS = 20
FIRST_LOOK = timedelta(minutes=5)  # after a pause began: it may be mended already
SAME_AGAIN = timedelta(hours=1)


def note(network: str, call: Call | None) -> None:
    """Count one call. Writes only when there is a fault, or when a probe was answered.

    Call it last, or after the commit: while a network fails, its row is everybody's.
    """
    if call is None or call == Call.OPERATOR:
        return  # see pause()
    memory.count(network)
    if call == Call.FAULT:
        note_fault(network)
    elif memory.has_seen_open(network):
        close(network, call)


ADD = """
INSERT INTO sharing_circuit AS circuit
    (network, span, calls, faults, reason, message, probes, pace)
VALUES (%(network)s, extract(epoch FROM statement_timestamp())::bigint / %(length)s,
        %(calls)s::int[], %(faults)s::int[], '', '{}', 0, 0)
ON CONFLICT (network) DO UPDATE SET
    span = greatest(circuit.span, excluded.span),
    calls = ARRAY(
        SELECT coalesce(new, 0) + coalesce(old, 0) FROM unnest(excluded.calls, (
            array_fill(0, ARRAY[least(greatest(excluded.span - circuit.span, 0), 6)::int])
            || circuit.calls)[1:6]) WITH ORDINALITY AS span (new, old, age)
        ORDER BY age),
    faults = ARRAY(
        SELECT coalesce(new, 0) + coalesce(old, 0) FROM unnest(excluded.faults, (
            array_fill(0, ARRAY[least(greatest(excluded.span - circuit.span, 0), 6)::int])
            || circuit.faults)[1:6]) WITH ORDINALITY AS span (new, old, age)
        ORDER BY age)
RETURNING opened_at IS NULL, (SELECT sum(one) FROM unnest(circuit.calls) one),
          (SELECT sum(one) FROM unnest(circuit.faults) one)
"""


def note_fault(network: str) -> None:
    """Tell all processes what this one has counted, and open where it is too much."""
    values: dict[str, Any] = {
        "network": network,
        "length": SPAN,
        "calls": memory.take(network),
        "faults": [1] + [0] * (SPANS - 1),
    }
    with connection.cursor() as cursor:
        cursor.execute(ADD, values)
        is_closed, calls, faults = cursor.fetchone()
    if is_closed and calls >= LEAST_CALLS and faults * 2 >= calls:
        rows = Circuit.objects.filter(network=network, opened_at=None)
        rows.update(reason=Circuit.Reason.CIRCUIT_OPEN, message={}, opened_at=Now(), pace=calls, probes=0,
                    next_probe_at=Now() + PROBE_EVERY, closed_at=None,
                    calls=[], faults=[])  # fmt: skip
        memory.is_old()


def close(network: str, call: Call) -> None:
    """A probe was answered: go on, slowly. Only a post proves that an app may post.

    Without a probe it is an answer to a call of before.
    """
    rows = Circuit.objects.filter(network=network, probes__gt=0).open()
    if call != Call.OK:
        rows = rows.exclude(reason=Circuit.Reason.OPERATOR)
    rows.update(reason="", opened_at=None, next_probe_at=None, probes=0,
                closed_at=Now(), calls=[], faults=[])  # fmt: skip
    memory.troubled.pop(network, None)
    memory.is_old()


PAUSE = """
INSERT INTO sharing_circuit AS circuit
    (network, span, calls, faults, reason, message, opened_at, next_probe_at, probes, pace)
VALUES (%(network)s, 0, '{}', '{}', 'operator', %(message)s::jsonb, statement_timestamp(),
        statement_timestamp() + %(first)s, 0, 0)
ON CONFLICT (network) DO UPDATE
SET reason = excluded.reason, message = excluded.message, probes = 0, pace = 0,
    opened_at = excluded.opened_at, next_probe_at = excluded.next_probe_at,
    closed_at = NULL, calls = '{}', faults = '{}'
WHERE circuit.reason <> excluded.reason AND (
    circuit.closed_at IS NULL OR circuit.message <> excluded.message
    OR circuit.closed_at <= statement_timestamp() - %(hour)s)
RETURNING network
"""


def pause(network: str, sentence: str) -> bool:
    """Leave alone a network that refuses the app.

    True for the one caller who began the pause: he tells the administrators, once.
    Where others have posted after the same words, these are about an account and not
    about the app: once an hour is enough to stop everybody for it.
    """
    values: dict[str, Any] = {
        "network": network,
        "message": json.dumps(kept(sentence)),
        "first": FIRST_LOOK,
        "hour": SAME_AGAIN,
    }
    with connection.cursor() as cursor:
        cursor.execute(PAUSE, values)
        began = cursor.fetchone() is not None
    memory.is_old()
    return began


def states() -> list[Circuit]:
    """Return every network that ever had trouble, for a page or a check of health."""
    return list(Circuit.objects.with_clock().order_by("network"))
