"""What the commands here share: finding rows, and saying no in one line."""

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from tenants.models import Tenant


def find_tenant(slug: str) -> Tenant:
    try:
        return Tenant.objects.get(slug=slug)
    except Tenant.DoesNotExist:
        raise CommandError(f"There is no tenant {slug!r}.") from None


def sentences(error: ValidationError) -> str:
    """Return the fields and what is wrong with them, on one line."""
    if not hasattr(error, "error_dict"):
        return " ".join(error.messages)
    return " ".join(
        f"{field}: {' '.join(messages)}"
        for field, messages in error.message_dict.items()
    )
