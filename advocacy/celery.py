"""The Celery application: a doorbell for rows that wait in PostgreSQL."""

import os
import threading
import time

from celery import Celery, signals
from django.db import close_old_connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "advocacy.settings")

LOOKED_AFTER = 1.0  # seconds


class Checked(threading.local):
    """When this thread's connection was looked after."""

    at = 0.0


checked = Checked()
app = Celery("advocacy")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.task_prerun.connect
def keep_connections(task: object, **_others: object) -> None:
    """Look after the thread's database connection as a web request does.

    Celery itself would open a new one for each task (``DB_REUSE_MAX`` stops it). Once a
    second is enough, and after each task that failed: that may be why.
    """
    if time.monotonic() > checked.at + LOOKED_AFTER and not is_eager(task):
        checked.at = time.monotonic()
        close_old_connections()


@signals.task_failure.connect
def drop_broken_connections(sender: object, **_others: object) -> None:
    if not is_eager(sender):
        close_old_connections()


def is_eager(task: object) -> bool:
    return bool(task.request.is_eager)  # type: ignore[attr-defined]
