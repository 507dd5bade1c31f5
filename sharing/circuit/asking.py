"""May I call? Decided by what this process remembers, and by one row when it is open."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F
from django.db.models.functions import Now

from sharing.budgets import Window
from sharing.circuit.remembering import PROBE_EVERY, RAMP, STEP, memory
from sharing.connectors.rates import Scope
from sharing.models import Circuit

LOOK_EVERY = timedelta(minutes=15)  # while it waits for whoever runs this
LEAST_PACE = 100  # calls in a step that a ramp leads up to, whatever was before
JITTER = random.SystemRandom()


@dataclass(frozen=True)
class Wait:
    """Do not call before ``until``, by the database's clock."""

    reason: str  # circuit_open or operator
    until: datetime


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


def gate_to_ask(network: str) -> Wait | None:
    """The same for a question, which posts nothing.

    It may be the probe of a network that was silent. It proves nothing about an app
    that may not post: there it goes along when a probe is due, and takes none away.
    """
    circuit = memory.look().get(network)
    if circuit is None or circuit.next_probe_at is None:
        return None
    is_due = circuit.next_probe_at <= memory.now(circuit)
    if is_due and (circuit.reason == Circuit.Reason.OPERATOR or take_probe(circuit)):
        return None
    return Wait(circuit.reason, circuit.next_probe_at)


def take_probe(circuit: Circuit) -> bool:
    """Take the probe that is due; false when another one was quicker."""
    pause = LOOK_EVERY if circuit.reason == Circuit.Reason.OPERATOR else PROBE_EVERY
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
    half = (memory.now(circuit) - circuit.opened_at) / 2
    return probe_at + JITTER.uniform(0, 1) * min(max(half, STEP), RAMP)


def not_called(network: str) -> None:
    """The gate let this one pass, and nothing was sent: let the next one be the probe."""
    if memory.has_seen_open(network):
        Circuit.objects.filter(network=network).open().update(next_probe_at=Now())
        memory.is_old()


def ramp(network: str) -> tuple[Window, ...]:
    """Return one more window to reserve from, for a while after a circuit closed.

    Each step (a minute) lets pass a tenth more of what passed before it opened.
    """
    circuit = memory.look().get(network)
    if circuit is None or circuit.closed_at is None:
        return ()
    step = max(0, (memory.now(circuit) - circuit.closed_at) // STEP)
    if step >= RAMP // STEP:
        return ()
    calls = max(circuit.pace, LEAST_PACE) * (step + 1) // 10
    seconds = round(STEP.total_seconds())
    return (Window(f"{network}:ramp", Scope.APP, calls, calls, seconds),)
