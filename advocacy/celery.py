"""The Celery application: a doorbell for rows that wait in PostgreSQL."""

import os

from celery import Celery, signals
from django.db import close_old_connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "advocacy.settings")

app = Celery("advocacy")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.task_prerun.connect
def keep_connections(task: object, **_others: object) -> None:
    """Look after the thread's database connection as a web request does.

    Celery itself would open a new one for each task (``DB_REUSE_MAX`` stops it).
    """
    if not task.request.is_eager:  # type: ignore[attr-defined]
        close_old_connections()
