"""Invitations by e-mail: made, mailed, taken back, accepted once within seven days.

The link's secret is made when the mail is (``mailing.py``); here is only its hash.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from common.secret_links import digest, new_secret
from tenants import audit, tasks
from tenants.models import Invitation, Membership, Team
from tenants.people import (
    PeopleRefused,
    create_user,
    known_roles,
    lock_people,
    require_admin,
)
from tenants.scoping import TenantQuerySet, across_tenants, acting_for

LIFE = timedelta(days=7)


class InvitationClosed(Exception):
    """Unknown, used, taken back or too old: the link opens nothing (any more)."""


# -- Asking somebody in ---------------------------------------------------------------


@transaction.atomic
def invite(
    *,
    by: Membership,
    email: str,
    roles: Iterable[str],
    now: datetime,
    team: Team | None = None,
    name: str = "",
) -> Invitation:
    """Ask somebody in, with at most the roles of the asking admin.

    There is one open invitation for an e-mail: asking again renews it.
    """
    lock_people(by.tenant_id)
    require_admin(by)
    roles = known_roles(roles)
    if not all(by.has_role(role) for role in roles):
        raise PeopleRefused(_("You cannot give a role that you do not have."))
    email = email.strip().lower()
    refuse_members(by, email)
    invitation = waiting(by).filter(email__iexact=email).first() or Invitation(
        tenant_id=by.tenant_id, email=email
    )
    invitation.name, invitation.roles, invitation.team = name, roles, team
    renew(invitation, by=by, now=now)
    audit.record("invitation.sent", invitation, by=by, email=email, roles=roles)
    return invitation


@transaction.atomic
def invite_all(
    *,
    by: Membership,
    emails: Iterable[str],
    roles: Iterable[str],
    now: datetime,
    team: Team | None = None,
) -> None:
    """Ask several people in, or none: a refusal names each address that stands in the way."""
    refused: list[str] = []
    for email in emails:
        try:
            invite(by=by, email=email, roles=roles, team=team, now=now)
        except PeopleRefused as refusal:
            refused += refusal.sentences
    if refused:
        raise PeopleRefused(*refused)


def waiting(by: Membership) -> TenantQuerySet[Invitation]:
    rows = Invitation.objects.for_tenant(by.tenant_id)
    return rows.filter(accepted_at=None, revoked_at=None)


def refuse_members(by: Membership, email: str) -> None:
    people = Membership.objects.for_tenant(by.tenant_id)
    there = people.filter(user__email__iexact=email).first()
    if there is None:
        return
    if there.is_active:
        raise PeopleRefused(_("%(email)s is a member already.") % {"email": email})
    raise PeopleRefused(
        _("%(email)s was deactivated. Reactivate them in the list.") % {"email": email}
    )


def renew(invitation: Invitation, *, by: Membership, now: datetime) -> None:
    """Start the seven days again; the next mail's link replaces every earlier one."""
    invitation.token_hash = digest(new_secret())
    invitation.invited_by = by
    invitation.invited_at = invitation.mail_due_at = now
    invitation.expires_at = now + LIFE
    invitation.save()
    ring = partial(
        tasks.mail_invitation.delay, str(invitation.tenant_id), str(invitation.pk)
    )
    transaction.on_commit(ring, robust=True)


@transaction.atomic
def resend(*, invitation: Invitation, by: Membership, now: datetime) -> None:
    """Mail a new link; the old one stops working."""
    invitation = hold(invitation, by=by)
    renew(invitation, by=by, now=now)
    audit.record("invitation.resent", invitation, by=by)


@transaction.atomic
def revoke(*, invitation: Invitation, by: Membership, now: datetime) -> None:
    """Take the invitation back; its link opens nothing from now on."""
    invitation = hold(invitation, by=by)
    invitation.revoked_at = now
    invitation.save(update_fields=["revoked_at"])
    audit.record("invitation.revoked", invitation, by=by)


def hold(invitation: Invitation, *, by: Membership) -> Invitation:
    """Lock the invitation and look again whether it waits; ``by`` must be an admin."""
    lock_people(invitation.tenant_id)
    require_admin(by)
    held = waiting(by).select_for_update(of=["self"]).filter(pk=invitation.pk).first()
    if held is None:
        raise PeopleRefused(_("This invitation was accepted or taken back meanwhile."))
    return held


# -- Coming in ------------------------------------------------------------------------------


def find_invitation(secret: str, now: datetime) -> Invitation:
    """Return the open invitation behind a link, or raise ``InvitationClosed``."""
    reason = "an invitation's secret names its tenant"
    with across_tenants(reason=reason):
        rows = Invitation.objects.across_tenants(reason=reason)
        rows = rows.select_related("tenant", "invited_by__user")
        invitation = rows.filter(
            token_hash=digest(secret), tenant__is_active=True
        ).first()
    if invitation is None or not invitation.is_open(now):
        raise InvitationClosed
    return invitation


def accept_invitation(
    *, secret: str, user: User | None, now: datetime, name: str = "", password: str = ""
) -> Membership:
    """Make the invited person a member, once.

    ``user`` is the person who proved to be it; None makes a new one of that e-mail.
    """
    invitation = find_invitation(secret, now)
    tenant = invitation.tenant
    with acting_for(tenant):
        rows = Invitation.objects.for_tenant(tenant).select_for_update(of=["self"])
        held = rows.filter(pk=invitation.pk, token_hash=digest(secret)).first()
        if held is None or not held.is_open(now):
            raise InvitationClosed
        person = user or newcomer(held.email, name, password)
        if person.email.lower() != held.email.lower():
            raise PeopleRefused(_("This invitation is for another e-mail address."))
        membership = join(held, person)
        membership.tenant = tenant
        held.accepted_at = now
        held.save(update_fields=["accepted_at"])
        audit.record("invitation.accepted", held, by=membership)
    return membership


def newcomer(email: str, name: str, password: str) -> User:
    """Make the person, unless somebody of that e-mail exists: they prove it is them."""
    try:
        with transaction.atomic():
            return create_user(email=email, name=name, password=password)
    except IntegrityError:
        raise PeopleRefused(
            _("You have a sign-in already. Reload this page and use its password.")
        ) from None


def join(invitation: Invitation, person: User) -> Membership:
    """Make the membership, or add to the one that was made meanwhile."""
    rows = Membership.objects.for_tenant(invitation.tenant_id)
    membership = rows.filter(user=person).first() or Membership(
        tenant_id=invitation.tenant_id, user=person
    )
    membership.roles = known_roles([*membership.roles, *invitation.roles])
    membership.team = invitation.team or membership.team
    membership.deactivated_at = None
    membership.save()
    return membership
