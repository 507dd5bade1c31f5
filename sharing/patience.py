"""Outlast a database that went away for a moment."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection

log = logging.getLogger(__name__)

Result = TypeVar("Result")
PAUSES = (0.2, 0.5, 1, 2, 4)  # seconds


def persistently(step: Callable[[], Result]) -> Result:
    """Run a step again when the connection to the database broke under it.

    The step opens its own transaction, and must be harmless when an earlier COMMIT
    went through unheard.
    """
    for pause in PAUSES:
        try:
            return step()
        except (OperationalError, InterfaceError) as error:
            if connection.in_atomic_block:
                raise
            log.warning("the database is away, trying again: %s", error)
            connection.close()
            time.sleep(pause)
    return step()
