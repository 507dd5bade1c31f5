"""The project: settings, addresses and processes. It knows no business."""

from advocacy.celery import app as celery_app

__all__ = ["celery_app"]
