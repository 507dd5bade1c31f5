"""Keys to the REST API: made, found by their hash, revoked."""

from datetime import datetime, timedelta

from django.db import transaction

from common.secret_links import digest, new_secret
from tenants import audit
from tenants.models import ApiToken, Membership
from tenants.scoping import across_tenants

PREFIX = "adv_"


@transaction.atomic
def create_api_token(*, membership: Membership, name: str) -> str:
    """Make a key for the member and return it: the only time it can be read."""
    secret = PREFIX + new_secret()
    token = ApiToken.objects.create(
        tenant_id=membership.tenant_id,
        membership=membership,
        name=name,
        prefix=secret[:10],
        token_hash=digest(secret),
    )
    audit.record("api_token.created", token, by=membership, name=name)
    return secret


@transaction.atomic
def revoke_api_token(token: ApiToken, *, by: Membership, now: datetime) -> None:
    """Make the key useless at once."""
    if token.revoked_at is None:
        token.revoked_at = now
        token.save(update_fields=["revoked_at"])
        audit.record("api_token.revoked", token, by=by)


def find_api_token(secret: str) -> ApiToken | None:
    """Return the live token of an active member in an open tenant, or None."""
    if not secret.startswith(PREFIX) or len(secret) > 100:
        return None
    with across_tenants(reason="a bearer token names its tenant"):
        tokens = ApiToken.objects.across_tenants(
            reason="a bearer token names its tenant"
        )
        return (
            tokens.filter(
                token_hash=digest(secret),
                revoked_at=None,
                membership__deactivated_at=None,
                membership__user__is_active=True,
                tenant__is_active=True,
            )
            .select_related("tenant", "membership__user", "membership__team")
            .first()
        )


def note_use(token: ApiToken, now: datetime) -> None:
    """Remember that the token is in use, at most once an hour."""
    if token.last_used_at is None or now - token.last_used_at > timedelta(hours=1):
        ApiToken.objects.for_tenant(token.tenant_id).filter(pk=token.pk).update(
            last_used_at=now
        )
