"""What runs later for a tenant. Each task calls one function."""

from celery import shared_task
from django.utils import timezone

from tenants import mailing


@shared_task(name="tenants.mail_invitation")
def mail_invitation(tenant_id: str, invitation_id: str) -> None:
    mailing.mail_invitation(tenant_id, invitation_id, now=timezone.now())


@shared_task(name="tenants.mail_due_invitations")
def mail_due_invitations() -> None:
    """Ring again for mails that failed or whose first ring was lost."""
    for tenant_id, invitation_id in mailing.due_invitations(timezone.now()):
        mail_invitation.delay(tenant_id, invitation_id)
