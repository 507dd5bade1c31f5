"""A subject that items are about."""

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from tenants.scoping import TenantModel


class Topic(TenantModel):
    name = models.CharField(_("name"), max_length=60)

    class Meta:
        constraints = [
            models.UniqueConstraint("tenant", Lower("name"), name="topic_name_unique"),
        ]

    def __str__(self) -> str:
        return self.name
