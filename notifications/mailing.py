"""Mail a member what they did not see on the pages: one calm mail, each notice at most once.

A notice is marked as mailed before its mail is handed over. Whoever is killed in between
loses the mail, never sends it twice; the notice itself still stands on the pages.
"""

import logging
import smtplib
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import get_connection
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now
from django.urls import reverse

from common.mail import send_mail
from notifications import stopping
from notifications.models import Notice
from tenants.models import Membership
from tenants.scoping import across_tenants, acting_for

log = logging.getLogger(__name__)

UNSEEN_FOR = timedelta(minutes=2)  # whoever is on the pages sees it there
BETWEEN_MAILS = timedelta(hours=1)
LATEST = timedelta(days=1)  # older news are no news; the pages keep them
BATCH = 200
SHOWN = 10

Person = tuple[UUID, UUID]


class Later(Exception):
    """The mail server is away, or nobody knows what became of the mail: stop for now."""


def mail_unseen() -> int:
    """Mail everybody what they have not seen; return how many mails went out.

    The connection is opened first: while the mail server is away, nothing is marked.
    """
    people = due()
    if not people:
        return 0
    server = get_connection()
    try:
        server.open()
    except OSError as error:  # smtplib's errors are among them
        log.warning("the mail server is away, notices are mailed later: %r", error)
        return 0
    try:
        return mail_all(people, server)
    finally:
        server.close()


def mail_all(people: list[Person], server: Any) -> int:
    sent = 0
    for tenant_id, member_id in people:
        try:
            sent += mail_one(tenant_id, member_id, server)
        except Later as reason:
            log.warning("%s; the next sweep goes on", reason)
            break
        except Exception:
            log.exception("the notices of member %s were not mailed", member_id)
    return sent


def due() -> list[Person]:
    """Return whom a mail is due to: they want it, and got none within the hour."""
    reason = "one sweep for the mails of all tenants"
    with across_tenants(reason=reason):
        rows = Notice.objects.across_tenants(reason=reason)
        lately = rows.filter(
            tenant=OuterRef("tenant"),
            membership=OuterRef("membership"),
            mailed_at__gt=Now() - BETWEEN_MAILS,
        )
        waiting = rows.filter(
            seen_at=None,
            mailed_at=None,
            created_at__gt=Now() - LATEST,
            created_at__lte=Now() - UNSEEN_FOR,
            membership__deactivated_at=None,
            membership__user__is_active=True,
            membership__user__wants_notices=True,
            tenant__is_active=True,
        )
        people = waiting.exclude(Exists(lately)).order_by("created_at", "pk")
        pairs = people.values_list("tenant_id", "membership_id")[: BATCH * SHOWN]
        return list(dict.fromkeys(pairs))[:BATCH]


def mail_one(tenant_id: UUID, member_id: UUID, server: Any) -> bool:
    """Claim what the member has not seen, and send it; false when somebody else did."""
    with acting_for(tenant_id):
        notices = claim(tenant_id, member_id)
        member = find_member(tenant_id, member_id) if notices else None
    if member is None:
        return False
    try:
        send(member, notices, server)
    except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused) as error:
        if is_for_now(error):
            with acting_for(tenant_id):
                let_go(tenant_id, notices)
            raise Later(f"the mail server asks to wait: {error!r}") from None
        log.warning("the mail server refuses %s for good: %r", member_id, error)
        return False
    except OSError as error:
        # It may have been taken. Twice would be worse than only on the pages.
        raise Later(f"nobody knows whether a mail was taken: {error!r}") from None
    return True


def claim(tenant_id: UUID, member_id: UUID) -> list[Notice]:
    """Mark as mailed all that the member has not seen, and return it."""
    mine = Notice.objects.for_tenant(tenant_id).filter(membership=member_id)
    if mine.filter(mailed_at__gt=Now() - BETWEEN_MAILS).exists():
        return []
    unseen = mine.filter(
        seen_at=None, mailed_at=None, created_at__gt=Now() - LATEST
    ).order_by("created_at", "pk")
    held = list(unseen.select_for_update(skip_locked=True))
    mine.filter(pk__in=[notice.pk for notice in held]).update(mailed_at=Now())
    return held


def let_go(tenant_id: UUID, notices: list[Notice]) -> None:
    """The server took nothing: these are due again."""
    mine = Notice.objects.for_tenant(tenant_id)
    mine.filter(pk__in=[notice.pk for notice in notices]).update(mailed_at=None)


def find_member(tenant_id: UUID, member_id: UUID) -> Membership | None:
    members = Membership.objects.for_tenant(tenant_id).active()
    return members.select_related("user", "tenant").filter(pk=member_id).first()


def is_for_now(error: smtplib.SMTPException) -> bool:
    """True when the server took nothing and may take it later (a code of 4xx)."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _said in error.recipients.values()]
        return bool(codes) and all(400 <= code < 500 for code in codes)
    code = getattr(error, "smtp_code", 0)
    return isinstance(code, int) and 400 <= code < 500


def send(member: Membership, notices: list[Notice], server: Any) -> None:
    stop_url = settings.PUBLIC_URL + stopping.address(member.user)
    shown, slug = notices[:SHOWN], member.tenant.slug
    send_mail(
        "notices",
        to=member.user.email,
        language=member.user.language or member.tenant.language,
        connection=server,
        # RFC 8058: mail programs offer to stop these mails with one press.
        headers={
            "List-Unsubscribe": f"<{stop_url}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
        },
        context={
            "user": member.user,
            "tenant": member.tenant,
            "notices": [
                {"notice": notice, "url": url_of(notice, slug)} for notice in shown
            ],
            "more": len(notices) - len(shown),
            "needs_hand": any(n.kind == Notice.Kind.TO_DO for n in notices),
            "home_url": settings.PUBLIC_URL + reverse("home"),
            "stop_url": stop_url,
        },
    )


def url_of(notice: Notice, slug: str) -> str:
    """Return the address that opens the notice; empty when there is nothing to open."""
    if not notice.address(slug):
        return ""
    page = reverse("notifications:open", args=[slug, notice.pk])
    return f"{settings.PUBLIC_URL}{page}"
