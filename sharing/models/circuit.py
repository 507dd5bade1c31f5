"""Whether a network is answering, as all processes together have seen it."""

from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class CircuitQuerySet(models.QuerySet["Circuit"]):
    def open(self) -> Self:
        return self.filter(opened_at__isnull=False)

    def troubled(self, *, since: models.Expression) -> Self:
        """Open ones, and those that closed after ``since``."""
        return self.filter(Q(opened_at__isnull=False) | Q(closed_at__gt=since))

    def with_clock(self) -> Self:
        """Let each row say what the database's clock was when it was read."""
        return self.annotate(**{"read_at": Now()})


class Circuit(models.Model):
    """One network, a row of no tenant. None, or one without ``opened_at``, is well.

    ``calls`` and ``faults`` count by spans of ten seconds, the newest first; ``span`` is
    the number of the newest. Written by ``sharing.circuit``.
    """

    class Reason(models.TextChoices):
        CIRCUIT_OPEN = "circuit_open", _("the network is not answering at the moment")
        OPERATOR = "operator", _("whoever runs this installation has to act")

    network = models.CharField(max_length=32, primary_key=True)
    span = models.BigIntegerField(default=0)
    calls = ArrayField(models.PositiveIntegerField(), default=list)
    faults = ArrayField(models.PositiveIntegerField(), default=list)
    reason = models.CharField(max_length=12, choices=Reason, blank=True)
    # {"msgid", "values"}: what the network said at the newest pause
    message = models.JSONField(default=dict)
    opened_at = models.DateTimeField(null=True, blank=True)
    next_probe_at = models.DateTimeField(null=True, blank=True)
    probes = models.PositiveIntegerField(default=0)  # since it opened
    pace = models.PositiveIntegerField(default=0)  # calls a minute before it opened
    closed_at = models.DateTimeField(null=True, blank=True)  # it closed again

    # The database's clock when the row was read (an annotation of its query).
    read_at: datetime

    objects = CircuitQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(opened_at=None, next_probe_at=None, reason="")
                | (
                    Q(opened_at__isnull=False, next_probe_at__isnull=False)
                    & ~Q(reason="")
                ),
                name="circuit_open_has_reason_and_probe",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.network} {self.reason or 'closed'}"

    @property
    def explanation(self) -> str:
        """What the network said, in the reader's language; empty when it said nothing."""
        if not (self.reason and self.message):
            return ""
        sentence = self.message["msgid"]  # no literal: nothing to collect here
        return gettext(sentence) % self.message.get("values", {})
