"""One gate for all publishing, closed after a restore until the rows are put in doubt."""

from django.db import models
from django.db.models import Q


class PublishingGate(models.Model):
    """At most one row, of no tenant. None, or an open one, lets everything through.

    ``epoch`` counts the quarantines: what was written before the newest one may tell
    of a time that the networks have already passed.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    is_open = models.BooleanField(default=True)
    epoch = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="publishing_gate_is_one"),
        ]

    def __str__(self) -> str:
        return f"epoch {self.epoch}, {'open' if self.is_open else 'closed'}"
