"""A wait that would end in the tenant's quiet hours goes on until they are over."""

from datetime import datetime

from sharing.models import Publication, SharingRules
from sharing.scheduling import after_quiet


def loud_at(publication: Publication, at: datetime) -> datetime:
    """Return the moment itself, or when the quiet hours around it end."""
    rows = SharingRules.objects.for_tenant(publication.tenant_id)
    rules = rows.select_related("tenant").first()
    return after_quiet(rules, at, rules.tenant.time_zone) if rules else at
