"""How often a network was called, counted for everybody who may call it."""

from django.db import models
from django.db.models import Q


class Budget(models.Model):
    """One window of one rate: a row of no tenant, because a network knows of none.

    ``key`` says whose calls these are. It names the network, the scope and the length,
    and then a tenant or, hashed, an app or an account. Written by ``sharing.budgets``.
    """

    key = models.CharField(max_length=160, primary_key=True)
    used = models.PositiveIntegerField()
    calls = models.PositiveIntegerField()  # where we stop, as declared
    told = models.PositiveIntegerField(null=True, blank=True)  # as the network says
    opened_at = models.DateTimeField()
    resets_at = models.DateTimeField()
    # Nothing before this moment, whatever is left: the network asked us to wait.
    closed_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(resets_at__gt=models.F("opened_at")),
                name="budget_resets_after_opening",
            ),
        ]
        indexes = [models.Index(fields=["resets_at"], name="budget_resets_at")]

    def __str__(self) -> str:
        return f"{self.key}: {self.used} of {self.calls}"
