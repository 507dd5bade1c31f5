"""Leave a network alone that does not answer, or that waits for whoever runs this.

    closed ── half of twenty calls in a minute are the network's faults ──► open
    open ── one probe every 30 seconds is answered ──► closed, and ten minutes of ramp
    closed ── the app itself is refused ──► paused: a probe after 5 minutes, then 15

All processes share one row a network, and the database's clock decides. While all is
well nothing is written, and one look a second in each process is all that is read.
"""

import json
import os
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db import connection
from django.db.models import F
from django.db.models.functions import Now

from sharing.budgets import Window
from sharing.connectors import errors
from sharing.connectors.rates import Scope
from sharing.connectors.text import Sentence
from sharing.connectors.types import Pending, Posted
from sharing.models import Circuit

SPAN = 10  # seconds
SPANS = 6
LEAST_CALLS = 20
PROBE_EVERY = timedelta(seconds=30)
FIRST_LOOK = timedelta(minutes=5)  # after a pause: it may have been mended at once
LOOK_EVERY = timedelta(minutes=15)
SAME_AGAIN = timedelta(hours=1)
RAMP = timedelta(minutes=10)
LEAST_PACE = 100  # calls a minute that a ramp leads up to, whatever was before
FRESH = 1.0  # seconds that a look at the table is believed
SPREAD_LEAST, SPREAD_MOST = 60.0, 600.0  # seconds over which waiting rows come back
JITTER = random.SystemRandom()

CIRCUIT_OPEN = Circuit.Reason.CIRCUIT_OPEN
OPERATOR = Circuit.Reason.OPERATOR


class Call(StrEnum):
    """What one call tells of the network."""

    OK = "ok"
    USER = "user"  # it answered, and the trouble is the member's
    FAULT = "fault"  # it failed or kept silent
    OPERATOR = "operator"  # it refuses the app


@dataclass(frozen=True)
class Wait:
    """Do not call before ``until``, by the database's clock."""

    reason: str  # circuit_open or operator
    until: datetime


def classify(outcome: Posted | Pending | errors.ConnectorError) -> Call | None:
    """Return what an outcome tells of the network; None for what was no call of it."""
    match outcome:
        case Posted() | Pending():
            return Call.OK
        case errors.OperatorAction():
            return Call.OPERATOR
        case errors.TryLater(reason="rate_limited"):
            return Call.USER
        case errors.TryLater(reason="unreachable" | "no_answer" | "bad_answer"):
            return Call.FAULT
        case errors.Unknown():
            return Call.FAULT
        case errors.Refused() | errors.Disconnected():
            return Call.USER
    return None


# -- What this process remembers -----------------------------------------------------------


class Memory:
    """Calls that nobody else knows of yet, and the newest look at the table."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        self.lock = threading.RLock()
        self.calls: dict[str, Counter[int]] = {}
        self.troubled: dict[str, Circuit] = {}
        self.looked = float("-inf")
        self.named: dict[str, datetime] = {}

    def count(self, network: str) -> None:
        span = int(time.monotonic() // SPAN)
        with self.lock:
            calls = self.calls.setdefault(network, Counter())
            if span not in calls:
                for old in [one for one in calls if one <= span - SPANS]:
                    del calls[old]
            calls[span] += 1

    def take(self, network: str) -> list[int]:
        """Return and drop the calls of the last minute, the newest span first."""
        now = int(time.monotonic() // SPAN)
        with self.lock:
            calls = self.calls.pop(network, Counter())
        return [calls[now - age] for age in range(SPANS)]

    def look(self) -> dict[str, Circuit]:
        """Return the circuits that are not simply closed, as of a second ago or less."""
        with self.lock:
            if time.monotonic() - self.looked > FRESH:
                rows = Circuit.objects.with_clock().troubled(since=Now() - RAMP)
                self.troubled = {circuit.network: circuit for circuit in rows}
                self.looked = time.monotonic()
            return self.troubled

    def is_old(self) -> None:
        """Look again at the next occasion."""
        self.looked = float("-inf")

    def now(self, circuit: Circuit) -> datetime:
        """Return the database's clock, as far as one can tell without asking it."""
        return circuit.read_at + timedelta(seconds=time.monotonic() - self.looked)

    def is_first_to_ask(self, network: str, probe_at: datetime) -> bool:
        """True once for each probe: somebody has to be there when it is due."""
        with self.lock:
            is_first = self.named.get(network) != probe_at
            self.named[network] = probe_at
        return is_first


memory = Memory()
os.register_at_fork(after_in_child=memory.forget)


# -- May I call? ---------------------------------------------------------------------------


def gate(network: str) -> Wait | None:
    """Return until when to leave the network alone, or None: then call it.

    While it is open, None means that this call is the probe. Who then does not call
    after all says so (``not_called``), or the next probe has to wait its turn.
    """
    circuit = memory.look().get(network)
    if circuit is None or circuit.next_probe_at is None:
        return None
    if circuit.next_probe_at <= memory.now(circuit):
        if take_probe(circuit):
            return None
        circuit = memory.look().get(network)  # anew: another one took it, or closed it
    if circuit is None or circuit.next_probe_at is None:
        return None
    return Wait(circuit.reason, come_back(circuit, circuit.next_probe_at))


def take_probe(circuit: Circuit) -> bool:
    """Take the probe that is due; false when another one was quicker."""
    pause = LOOK_EVERY if circuit.reason == OPERATOR else PROBE_EVERY
    rows = Circuit.objects.filter(network=circuit.network, reason=circuit.reason)
    taken = rows.filter(next_probe_at__lte=Now()).update(
        next_probe_at=Now() + pause, probes=F("probes") + 1
    )
    memory.is_old()
    return taken == 1


def come_back(circuit: Circuit, probe_at: datetime) -> datetime:
    """Return when to ask again: the first one in time for the probe, the rest later.

    The longer it has been open, the wider: thousands wait, and one of them is enough.
    """
    if memory.is_first_to_ask(circuit.network, probe_at):
        return probe_at
    assert circuit.opened_at is not None  # noqa: S101  the database's own constraint
    half = (memory.now(circuit) - circuit.opened_at).total_seconds() / 2
    spread = min(max(half, SPREAD_LEAST), SPREAD_MOST)
    return probe_at + timedelta(seconds=JITTER.uniform(0, spread))


def not_called(network: str) -> None:
    """The gate let this one pass, and nothing was sent: let the next one be the probe."""
    if is_open(network):
        Circuit.objects.filter(network=network).open().update(next_probe_at=Now())
        memory.is_old()


def ramp(network: str) -> tuple[Window, ...]:
    """Return one more window to reserve from, for ten minutes after a circuit closed.

    Each minute lets pass a tenth more of what passed before it opened.
    """
    circuit = memory.look().get(network)
    if circuit is None or circuit.closed_at is None:
        return ()
    minute = (memory.now(circuit) - circuit.closed_at) // timedelta(minutes=1)
    if minute >= RAMP // timedelta(minutes=1):
        return ()
    calls = max(circuit.pace, LEAST_PACE) * (minute + 1) // 10
    return (Window(f"{network}:ramp", Scope.APP, calls, calls, 60),)


# -- What came of it -----------------------------------------------------------------------


def note(network: str, call: Call | None) -> None:
    """Count one call. Writes only when there is a fault, or when a probe was answered.

    Call it last, or after the commit: while a network fails, its row is everybody's.
    """
    if call is None or call == Call.OPERATOR:
        return  # see pause()
    memory.count(network)
    if call == Call.FAULT:
        note_fault(network)
    elif is_open(network):
        close(network, call)


def is_open(network: str) -> bool:
    """Tell whether this process has seen it open: who made a probe has just looked."""
    circuit = memory.troubled.get(network)
    return circuit is not None and circuit.opened_at is not None


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
        rows.update(reason=CIRCUIT_OPEN, message={}, opened_at=Now(), pace=calls, probes=0,
                    next_probe_at=Now() + PROBE_EVERY, closed_at=None,
                    calls=[], faults=[])  # fmt: skip
        memory.is_old()


def close(network: str, call: Call) -> None:
    """A probe was answered: go on, slowly. Only a post proves that an app may post.

    Without a probe it is an answer to a call of before.
    """
    rows = Circuit.objects.filter(network=network, probes__gt=0).open()
    if call != Call.OK:
        rows = rows.exclude(reason=OPERATOR)
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
WHERE circuit.reason <> excluded.reason AND NOT (
    circuit.closed_at > statement_timestamp() - %(hour)s
    AND circuit.message = excluded.message)
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
        "message": json.dumps(told(sentence)),
        "first": FIRST_LOOK,
        "hour": SAME_AGAIN,
    }
    with connection.cursor() as cursor:
        cursor.execute(PAUSE, values)
        began = cursor.fetchone() is not None
    memory.is_old()
    return began


def told(sentence: str) -> dict[str, object]:
    """Return a sentence as it is kept: translated when it is shown."""
    if isinstance(sentence, Sentence):
        return {"msgid": sentence.msgid, "values": sentence.values}
    return {"msgid": str(sentence), "values": {}}


def states() -> list[Circuit]:
    """Return every network that ever had trouble, for a page or a check of health."""
    return list(Circuit.objects.with_clock().order_by("network"))
