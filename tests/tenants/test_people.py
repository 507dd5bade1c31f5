"""Who may be what: roles, teams, leaving and coming back."""

from collections.abc import Callable
from datetime import UTC, datetime
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from tenants.invitations import invite
from tenants.models import ApiToken, AuditEntry, Invitation, Membership, Role, Tenant
from tenants.people import (
    PeopleRefused,
    change_member,
    change_roles,
    create_member,
    create_team,
    deactivate_member,
    move_to_team,
    reactivate_member,
    rename_team,
)
from tenants.scoping import acting_for
from tenants.tokens import create_api_token, find_api_token
from tests.conftest import COMMITTED

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
EVERYTHING: dict[str, Callable[[Membership, Membership], Any]] = {
    "change roles": lambda who, by: change_roles(
        membership=who, roles=["curator"], by=by
    ),
    "move": lambda who, by: move_to_team(membership=who, team=None, by=by),
    "deactivate": lambda who, by: deactivate_member(membership=who, by=by, now=NOON),
    "reactivate": lambda who, by: reactivate_member(membership=who, by=by),
}


def actions(tenant: Tenant) -> list[str]:
    rows = AuditEntry.objects.for_tenant(tenant).order_by("at", "pk")
    return [row.action for row in rows]


@pytest.mark.django_db
@pytest.mark.parametrize("role", [Role.EMPLOYEE, Role.CURATOR, Role.MANAGER])
@pytest.mark.parametrize("action", EVERYTHING)
def test_only_admins_change_people(
    join: Any, ana: Membership, acme: Tenant, action: str, role: str
) -> None:
    other = join("other", acme, role)

    with acting_for(acme), pytest.raises(PeopleRefused):
        EVERYTHING[action](ana, other)

    with acting_for(acme):
        ana.refresh_from_db()
        assert (ana.roles, ana.deactivated_at) == ([Role.EMPLOYEE], None)


@pytest.mark.django_db
def test_a_member_cannot_raise_their_own_role(cora: Membership, acme: Tenant) -> None:
    with acting_for(acme), pytest.raises(PeopleRefused):
        change_roles(membership=cora, roles=[Role.ADMIN], by=cora)


@pytest.mark.django_db
def test_roles_and_team_change_together_and_are_audited(
    ana: Membership, ada: Membership, acme: Tenant
) -> None:
    with acting_for(acme):
        team = create_team(tenant=acme, name="Sales", by=ada)
        change_member(membership=ana, roles=["manager", "curator"], team=team, by=ada)
        ana.refresh_from_db()

        assert (ana.roles, ana.team) == (["curator", "manager"], team)
        assert actions(acme) == [
            "team.created",
            "member.roles_changed",
            "member.moved",
        ]


@pytest.mark.django_db
@pytest.mark.parametrize("roles", [[], ["king"], ["admin", "king"]])
def test_unknown_roles_are_refused(
    ana: Membership, ada: Membership, acme: Tenant, roles: list[str]
) -> None:
    with acting_for(acme), pytest.raises(PeopleRefused):
        change_roles(membership=ana, roles=roles, by=ada)


@pytest.mark.django_db
def test_the_last_admin_stays_admin(ada: Membership, acme: Tenant) -> None:
    with acting_for(acme):
        with pytest.raises(PeopleRefused, match="last admin"):
            change_roles(membership=ada, roles=[Role.MANAGER], by=ada)
        with pytest.raises(PeopleRefused, match="last admin"):
            deactivate_member(membership=ada, by=ada, now=NOON)

        ada.refresh_from_db()
        assert (ada.roles, ada.is_active) == ([Role.ADMIN], True)


@pytest.mark.django_db
def test_a_deactivated_admin_does_not_count_as_one(
    ada: Membership, join: Any, acme: Tenant
) -> None:
    second = join("second", acme, Role.ADMIN)

    with acting_for(acme):
        deactivate_member(membership=second, by=ada, now=NOON)
        with pytest.raises(PeopleRefused, match="last admin"):
            change_roles(membership=ada, roles=[Role.MANAGER], by=ada)
        with pytest.raises(PeopleRefused, match="Only an admin"):
            reactivate_member(membership=second, by=second)


@pytest.mark.django_db
def test_leaving_ends_sessions_tokens_and_invitations(
    ana: Membership, ada: Membership, acme: Tenant
) -> None:
    with acting_for(acme):
        secret = create_api_token(membership=ana, name="Script")
        deactivate_member(membership=ana, by=ada, now=NOON)

        assert Membership.objects.for_tenant(acme).get(pk=ana.pk).deactivated_at == NOON
        assert ApiToken.objects.for_tenant(acme).get().revoked_at == NOON
        assert actions(acme)[-1] == "member.deactivated"
    assert find_api_token(secret) is None
    assert User.objects.get(pk=ana.user_id).session_epoch == 1


@pytest.mark.django_db
def test_leaving_takes_back_an_invitation_that_waits(
    ana: Membership, ada: Membership, acme: Tenant
) -> None:
    with acting_for(acme):
        waiting = Invitation.objects.create(
            tenant=acme,
            email=ana.user.email,
            roles=["employee"],
            token_hash="x",
            invited_at=NOON,
            expires_at=NOON,
        )
        deactivate_member(membership=ana, by=ada, now=NOON)
        waiting.refresh_from_db()

        assert waiting.revoked_at == NOON


@pytest.mark.django_db
@pytest.mark.parametrize(
    "end",
    [
        lambda who, by: deactivate_member(membership=who, by=by, now=NOON),
        lambda who, by: change_roles(membership=who, roles=["curator"], by=by),
    ],
)
def test_who_is_admin_no_more_left_no_door_open_for_themselves(
    ada: Membership,
    join: Any,
    acme: Tenant,
    end: Callable[[Membership, Membership], Any],
) -> None:
    rogue = join("rogue", acme, Role.ADMIN)
    with acting_for(acme):
        for name, role in (("self", Role.ADMIN), ("newcomer", Role.EMPLOYEE)):
            email = f"{name}@elsewhere.example"
            invite(by=rogue, email=email, roles=[role], now=timezone.now())
        invite(by=ada, email="new@acme.example", roles=[Role.ADMIN], now=timezone.now())

        end(rogue, ada)

        waiting = Invitation.objects.for_tenant(acme).filter(revoked_at=None)
        assert {row.email for row in waiting} == {
            "newcomer@elsewhere.example",
            "new@acme.example",
        }


@pytest.mark.django_db
def test_leaving_one_of_two_workplaces_keeps_the_session(
    ana: Membership, ada: Membership, acme: Tenant, globex: Tenant
) -> None:
    create_member(tenant=globex, email=ana.user.email, name="Ana")

    with acting_for(acme):
        deactivate_member(membership=ana, by=ada, now=NOON)

    assert User.objects.get(pk=ana.user_id).session_epoch == 0


@pytest.mark.django_db
def test_coming_back_brings_no_token_back(
    ana: Membership, ada: Membership, acme: Tenant
) -> None:
    with acting_for(acme):
        secret = create_api_token(membership=ana, name="Script")
        deactivate_member(membership=ana, by=ada, now=NOON)
        reactivate_member(membership=ana, by=ada)

        assert Membership.objects.for_tenant(acme).active().filter(pk=ana.pk).exists()
    assert find_api_token(secret) is None


@pytest.mark.django_db
def test_two_teams_cannot_share_a_name(ada: Membership, acme: Tenant) -> None:
    with acting_for(acme):
        create_team(tenant=acme, name="Sales", by=ada)
        lab = create_team(tenant=acme, name="Lab", by=ada)

        with pytest.raises(PeopleRefused):
            create_team(tenant=acme, name="sales", by=ada)
        with pytest.raises(PeopleRefused):
            rename_team(team=lab, name="SALES", by=ada)
        rename_team(team=lab, name="lab", by=ada)
        assert lab.name == "lab"


@COMMITTED
def test_two_admins_who_demote_each_other_leave_one(
    ada: Membership, join: Any, acme: Tenant
) -> None:
    second = join("second", acme, Role.ADMIN)

    outcomes = at_once(
        lambda: demote(ada, by=second, tenant=acme),
        lambda: demote(second, by=ada, tenant=acme),
    )

    with acting_for(acme):
        admins = Membership.objects.for_tenant(acme).filter(roles__contains=["admin"])
        assert admins.count() == 1
    assert sorted(outcomes) == ["done", "refused"]


def demote(who: Membership, *, by: Membership, tenant: Tenant) -> str:
    try:
        with acting_for(tenant):
            change_roles(membership=who, roles=[Role.EMPLOYEE], by=by)
    except PeopleRefused:
        return "refused"
    return "done"


def at_once(*calls: Callable[[], str]) -> list[str]:
    barrier, outcomes = Barrier(len(calls)), []

    def run(call: Callable[[], str]) -> None:
        barrier.wait()
        try:
            outcomes.append(call())
        finally:
            connection.close()

    threads = [Thread(target=run, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes
