"""Tenants, their members and their teams: every change of who may do what.

Call these inside ``acting_for(tenant)``; the two that begin a life open it themselves.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.models import User
from tenants import audit
from tenants.models import ApiToken, Invitation, Membership, Role, Team, Tenant
from tenants.models.membership import MembershipQuerySet
from tenants.scoping import across_tenants, acting_for


class PeopleRefused(Exception):
    """A change that must not be; ``sentences`` say why, to a person."""

    def __init__(self, *sentences: str) -> None:
        super().__init__(*sentences)
        self.sentences = list(sentences)


def create_tenant(*, slug: str, name: str, language: str = "en") -> Tenant:
    """Return the tenant of that address, made now unless it was there already."""
    there = Tenant.objects.filter(slug=slug).first()
    if there is not None:
        return there
    tenant = Tenant(slug=slug, name=name, language=language)
    tenant.full_clean()
    tenant.save(force_insert=True)
    return tenant


def create_member(
    *,
    tenant: Tenant,
    email: str,
    name: str,
    roles: Iterable[str] = (Role.EMPLOYEE,),
    team: str | None = None,
    password: str | None = None,
    staff: bool = False,
) -> Membership:
    """Make the person a member; again, add what is new and take nothing away.

    ``staff`` run the installation: they see the gallery of components, and no tenant more.
    """
    roles = known_roles(roles)
    with acting_for(tenant):
        lock_people(tenant)
        user = find_or_create_user(email=email, name=name, password=password)
        if staff and not user.is_staff:
            user.is_staff = True
            user.save(update_fields=["is_staff"])
        membership, made = Membership.objects.for_tenant(tenant).get_or_create(
            tenant=tenant, user=user, defaults={"roles": roles}
        )
        membership.tenant, membership.user = tenant, user
        membership.roles = known_roles([*membership.roles, *roles])
        if team:
            membership.team = find_or_create_team(tenant, team)
        membership.save(update_fields=["roles", "team"])
        if made:
            audit.record("member.created", membership, roles=membership.roles)
    return membership


def find_or_create_user(*, email: str, name: str, password: str | None) -> User:
    """Return the person with that e-mail; a given password becomes theirs."""
    user = User.objects.filter(email__iexact=email.strip()).first()
    if user is None:
        return create_user(email=email, name=name, password=password)
    if password and not user.check_password(password):
        user.set_password(password)
        user.save(update_fields=["password"])
    return user


def create_user(*, email: str, name: str, password: str | None) -> User:
    """Make a person; without a password they sign in by e-mail link."""
    user = User(email=email.strip().lower(), name=name.strip())
    user.set_password(password or None)
    user.clean_fields()
    user.save(force_insert=True)
    return user


def known_roles(roles: Iterable[str]) -> list[str]:
    """Return the roles once each, in their order; refuse none and unknown ones."""
    wanted = set(roles)
    if not wanted or not wanted <= set(Role.values):
        raise PeopleRefused(_("Choose one or more of the roles."))
    return [role for role in Role.values if role in wanted]


# -- Roles --------------------------------------------------------------------------


@transaction.atomic
def change_member(
    *, membership: Membership, roles: Iterable[str], team: Team | None, by: Membership
) -> None:
    """Give the member exactly these roles and this team, or change nothing."""
    change_roles(membership=membership, roles=roles, by=by)
    move_to_team(membership=membership, team=team, by=by)


@transaction.atomic
def change_roles(
    *, membership: Membership, roles: Iterable[str], by: Membership
) -> None:
    """Give the member exactly these roles; a tenant always keeps an admin."""
    roles = known_roles(roles)
    before = hold(membership, by=by)
    if Role.ADMIN in before and Role.ADMIN not in roles:
        require_another_admin(membership)
    membership.roles = roles
    membership.save(update_fields=["roles"])
    if not membership.is_admin:
        take_back_invitations(membership)
    if before != roles:
        audit.record(
            "member.roles_changed", membership, by=by, before=before, after=roles
        )


def lock_people(tenant: Tenant | UUID) -> None:
    """Let changes of a tenant's people happen one after the other.

    Two admins who demote each other would otherwise both find the other still there.
    """
    pk = tenant.pk if isinstance(tenant, Tenant) else tenant
    list(Tenant.objects.select_for_update(no_key=True).filter(pk=pk).values("pk"))


def hold(membership: Membership, *, by: Membership) -> list[str]:
    """Lock, look again, and return the member's roles; ``by`` must still be an admin."""
    lock_people(membership.tenant_id)
    require_admin(by)
    membership.refresh_from_db(fields=["roles", "team", "deactivated_at"])
    return membership.roles


def require_admin(by: Membership) -> None:
    """Refuse when the acting member is no admin (any more)."""
    if not admins(by.tenant_id).filter(pk=by.pk).exists():
        raise PeopleRefused(_("Only an admin may change this."))


def require_another_admin(membership: Membership) -> None:
    if not admins(membership.tenant_id).exclude(pk=membership.pk).exists():
        raise PeopleRefused(
            _("This is the last admin. Make somebody else an admin first.")
        )


def admins(tenant_id: UUID) -> MembershipQuerySet:
    rows = Membership.objects.for_tenant(tenant_id)
    return rows.active().filter(roles__contains=[Role.ADMIN])


# -- Teams ----------------------------------------------------------------------------


@transaction.atomic
def create_team(*, tenant: Tenant, name: str, by: Membership) -> Team:
    """Make a team; its name is the tenant's only one, whatever the capitals."""
    require_free_name(tenant.pk, name)
    team = Team.objects.create(tenant=tenant, name=name)
    audit.record("team.created", team, by=by, name=name)
    return team


@transaction.atomic
def rename_team(*, team: Team, name: str, by: Membership) -> None:
    require_free_name(team.tenant_id, name, besides=team)
    before, team.name = team.name, name
    team.save(update_fields=["name"])
    audit.record("team.renamed", team, by=by, before=before, after=name)


def require_free_name(tenant_id: UUID, name: str, besides: Team | None = None) -> None:
    lock_people(tenant_id)
    teams = Team.objects.for_tenant(tenant_id).filter(name__iexact=name)
    if besides is not None:
        teams = teams.exclude(pk=besides.pk)
    if teams.exists():
        raise PeopleRefused(_("There is a team of that name already."))


def find_or_create_team(tenant: Tenant, name: str) -> Team:
    teams = Team.objects.for_tenant(tenant)
    team = teams.filter(name__iexact=name.strip()).first()
    if team is None:
        team = Team(tenant=tenant, name=name.strip())
        team.clean_fields()
        team.save(force_insert=True)
    return team


@transaction.atomic
def move_to_team(*, membership: Membership, team: Team | None, by: Membership) -> None:
    """Put the member into a team; what they shared before stays with the old one."""
    hold(membership, by=by)
    if membership.team_id == (team.pk if team else None):
        return
    membership.team = team
    membership.save(update_fields=["team"])
    audit.record("member.moved", membership, by=by, team=str(team.pk) if team else None)


# -- Leaving and coming back --------------------------------------------------------------


@transaction.atomic
def deactivate_member(*, membership: Membership, by: Membership, now: datetime) -> None:
    """Close every door to the member at once.

    The door asks for an active membership at each request, sharing stops what is
    queued by the same field; here API tokens, open invitations and, for a person
    who has no other workplace, sessions end.
    """
    roles = hold(membership, by=by)
    if membership.deactivated_at is not None:
        return
    if Role.ADMIN in roles:
        require_another_admin(membership)
    membership.deactivated_at = now
    membership.save(update_fields=["deactivated_at"])
    live = ApiToken.objects.for_tenant(membership.tenant_id).filter(revoked_at=None)
    tokens = live.filter(membership=membership).update(revoked_at=now)
    Invitation.objects.for_tenant(membership.tenant_id).filter(
        email__iexact=membership.user.email, accepted_at=None, revoked_at=None
    ).update(revoked_at=now)
    take_back_invitations(membership)
    end_sessions_unless_needed(membership)
    audit.record("member.deactivated", membership, by=by, api_tokens=tokens)


def take_back_invitations(membership: Membership) -> None:
    """Close what the member, no admin any more, has opened for somebody to become more
    than an employee: nobody lets themselves in again by another address.
    """
    Invitation.objects.for_tenant(membership.tenant_id).filter(
        invited_by=membership, accepted_at=None, revoked_at=None
    ).exclude(roles=[Role.EMPLOYEE]).update(revoked_at=Now())


def end_sessions_unless_needed(membership: Membership) -> None:
    """Make every session of the person worthless, unless another workplace is left.

    The person's row is held, so that two tenants who let go at once see each other.
    """
    user = User.objects.select_for_update(no_key=True).get(pk=membership.user_id)
    reason = "sessions end when no workplace is left"
    with across_tenants(reason=reason):
        others = Membership.objects.across_tenants(reason=reason).active()
        others = others.filter(user=user, tenant__is_active=True)
        if others.exclude(pk=membership.pk).exists():
            return
    user.session_epoch += 1
    user.save(update_fields=["session_epoch"])


@transaction.atomic
def reactivate_member(*, membership: Membership, by: Membership) -> None:
    """Let the member in again; API tokens stay revoked."""
    hold(membership, by=by)
    if membership.deactivated_at is None:
        return
    membership.deactivated_at = None
    membership.save(update_fields=["deactivated_at"])
    audit.record("member.reactivated", membership, by=by)


# -- The tenant itself ----------------------------------------------------------------------


@transaction.atomic
def change_settings(*, tenant: Tenant, by: Membership, fields: list[str]) -> None:
    """Save what an admin changed of the tenant."""
    require_admin(by)
    if fields:
        tenant.save(update_fields=fields)
        audit.record("tenant.changed", tenant, by=by, fields=fields)
