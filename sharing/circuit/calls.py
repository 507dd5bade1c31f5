"""What the outcome of a call tells of the network."""

from enum import StrEnum

from sharing.connectors import errors
from sharing.connectors.types import Pending, Posted


class Call(StrEnum):
    """What one call tells of the network."""

    OK = "ok"
    USER = "user"  # it answered, and the trouble is the member's
    FAULT = "fault"  # it failed or kept silent
    OPERATOR = "operator"  # it refuses the app


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
