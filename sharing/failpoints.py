"""Named places where a test or ``./dev chaos`` may break the machine on purpose.

``FAILPOINTS="after_claim=exit@0.02,after_send=pause:5"`` arms two of them: a name, what
happens, and how likely. Settings refuse it outside tests and demos; unarmed, a place
costs one look at an empty dictionary.

    exit        the process ends at once, as ``kill -9`` would end it
    raise       an exception that nobody expects
    pause:5     nothing for five seconds
"""

import os
import random
import time
from collections.abc import Callable
from functools import partial

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

NAMES = (
    "after_claim",
    "in_preparation",
    "before_sending",
    "after_sending_commit",
    "after_send",
    "before_record_commit",
    "after_record",
    "in_probe",
    "in_renewal",
    "before_ring",
)
KILLED = 137
DICE = random.SystemRandom()


class Broken(RuntimeError):
    """What an armed failpoint raises."""


def at(name: str) -> None:
    """Do what is armed at this place; nothing, as a rule."""
    if armed and (action := armed.get(name)):
        action()


def read(orders: str) -> dict[str, Callable[[], None]]:
    """Turn ``name=action[:seconds][@likelihood]``, parted by commas, into actions."""
    return dict(one(order.strip()) for order in orders.split(",") if order.strip())


def one(order: str) -> tuple[str, Callable[[], None]]:
    name, _, what = order.partition("=")
    action, _, likelihood = what.partition("@")
    action, _, seconds = action.partition(":")
    if name not in NAMES or action not in ACTIONS:
        raise ImproperlyConfigured(f"FAILPOINTS does not know {order!r}")
    return name, partial(
        perhaps, ACTIONS[action], float(seconds or 1), float(likelihood or 1)
    )


def perhaps(action: Callable[[float], None], seconds: float, likelihood: float) -> None:
    if likelihood >= 1 or DICE.random() < likelihood:
        action(seconds)


def leave(_seconds: float) -> None:
    os._exit(KILLED)


def break_down(_seconds: float) -> None:
    raise Broken


ACTIONS: dict[str, Callable[[float], None]] = {
    "exit": leave,
    "raise": break_down,
    "pause": time.sleep,
}
armed = read(settings.FAILPOINTS)
