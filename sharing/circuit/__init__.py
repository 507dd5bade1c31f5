"""Leave a network alone that does not answer, or that waits for whoever runs this.

    closed ── half of twenty calls in a minute are the network's faults ──► open
    open ── one probe every 30 seconds is answered ──► closed, and ten minutes of ramp
    closed ── the app itself is refused ──► paused: a probe after 5 minutes, then 15

All processes share one row a network, and the database's clock decides. While all is
well nothing is written, and one look a second in each process is all that is read.
"""

from sharing.circuit.asking import Wait, gate, gate_to_ask, not_called, ramp
from sharing.circuit.calls import Call, classify
from sharing.circuit.naming import app_of
from sharing.circuit.noting import note, pause, states
from sharing.circuit.remembering import memory

__all__ = [
    "Call",
    "Wait",
    "app_of",
    "classify",
    "gate",
    "gate_to_ask",
    "memory",
    "not_called",
    "note",
    "pause",
    "ramp",
    "states",
]
