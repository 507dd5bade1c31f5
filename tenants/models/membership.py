"""Who belongs to a tenant, as what, in which team."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from tenants.scoping import TenantForeignKey, TenantModel, TenantQuerySet


class Role(models.TextChoices):
    """What a member may do; every member may share."""

    EMPLOYEE = "employee", _("Employee")
    CURATOR = "curator", _("Curator")
    MANAGER = "manager", _("Manager")
    ADMIN = "admin", _("Admin")


def role_labels(roles: list[str]) -> list[str]:
    """Name the roles beyond sharing, which every member may."""
    return [str(Role(role).label) for role in roles if role != Role.EMPLOYEE]


class Team(TenantModel):
    """A group of members whose numbers are shown together."""

    name = models.CharField(_("name"), max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint("tenant", Lower("name"), name="team_name_unique"),
        ]

    def __str__(self) -> str:
        return self.name


class MembershipQuerySet(TenantQuerySet["Membership"]):
    def active(self) -> Self:
        return self.filter(deactivated_at=None, user__is_active=True)


class Membership(TenantModel):
    """One person in one tenant, with one or more roles."""

    user = models.ForeignKey(
        "accounts.User", models.CASCADE, related_name="memberships"
    )
    roles = ArrayField(models.CharField(max_length=12), default=list)
    team = TenantForeignKey(
        Team, models.SET_NULL, null=True, blank=True, related_name="members"
    )
    joined_at = models.DateTimeField(auto_now_add=True)
    welcomed_at = models.DateTimeField(null=True, blank=True)
    deactivated_at = models.DateTimeField(null=True, blank=True)

    objects = MembershipQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        constraints = [
            models.UniqueConstraint("tenant", "user", name="membership_person_once"),
            models.CheckConstraint(
                condition=models.Q(roles__contained_by=Role.values)
                & models.Q(roles__len__gte=1),
                name="membership_has_known_roles",
            ),
        ]

    def __str__(self) -> str:
        return str(self.user)

    @property
    def is_active(self) -> bool:
        return self.deactivated_at is None

    @property
    def role_labels(self) -> list[str]:
        return role_labels(self.roles)

    def has_role(self, *wanted: str) -> bool:
        """An admin has every role; every member is an employee."""
        held = {*self.roles, Role.EMPLOYEE}
        return Role.ADMIN in held or bool(held & set(wanted))

    @property
    def is_curator(self) -> bool:
        return self.has_role(Role.CURATOR)

    @property
    def is_manager(self) -> bool:
        return self.has_role(Role.MANAGER)

    @property
    def is_admin(self) -> bool:
        return self.has_role(Role.ADMIN)
