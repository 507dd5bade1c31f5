"""The mails of a tenant. The row says what is due; Celery is its doorbell.

A link's secret is made here, on the way into the mail: no row, log or broker holds it.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse

from common.mail import send_mail
from common.secret_links import digest, new_secret
from tenants.models import Invitation
from tenants.scoping import across_tenants, acting_for

PATIENCE = timedelta(minutes=5)


def mail_invitation(tenant_id: str, invitation_id: str, *, now: datetime) -> bool:
    """Send the mail if it is due; whoever claims it first sends it.

    A failed or lost attempt is due again after ``PATIENCE``, with a new link.
    """
    secret = new_secret()
    with acting_for(tenant_id):
        invitation = claim(tenant_id, invitation_id, digest(secret), now)
    if invitation is None:
        return False
    send_mail(
        "invitation",
        to=invitation.email,
        language=invitation.tenant.language,
        context={
            "invitation": invitation,
            "tenant": invitation.tenant,
            "inviter": invitation.invited_by and invitation.invited_by.user,
            "url": settings.PUBLIC_URL + reverse("invitation", args=[secret]),
        },
    )
    with acting_for(tenant_id):
        mine = Invitation.objects.for_tenant(invitation.tenant_id).filter(
            pk=invitation_id, token_hash=digest(secret)
        )
        mine.update(mail_due_at=None)
    return True


def claim(
    tenant_id: str, invitation_id: str, token_hash: str, now: datetime
) -> Invitation | None:
    """Return the invitation with its new link, or None when no mail is due."""
    rows = Invitation.objects.filter(tenant_id=tenant_id, pk=invitation_id)
    due = rows.filter(
        accepted_at=None, revoked_at=None, expires_at__gt=now, mail_due_at__lte=now
    )
    if not due.update(token_hash=token_hash, mail_due_at=now + PATIENCE):
        return None
    return rows.select_related("tenant", "invited_by__user").get()


def due_invitations(now: datetime) -> list[tuple[str, str]]:
    """Return tenant and invitation of each mail whose doorbell was lost."""
    reason = "a sweep for mails of all tenants"
    with across_tenants(reason=reason):
        rows = Invitation.objects.across_tenants(reason=reason).filter(
            accepted_at=None,
            revoked_at=None,
            expires_at__gt=now,
            mail_due_at__lte=now,
            tenant__is_active=True,
        )
        pairs = rows.order_by("mail_due_at").values_list("tenant_id", "pk")[:200]
        return [(str(tenant), str(invitation)) for tenant, invitation in pairs]
