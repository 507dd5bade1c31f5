"""An invitation is mailed, opens once within seven days, and can be taken back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from accounts.models import User
from tenants import mailing
from tenants.invitations import (
    InvitationClosed,
    accept_invitation,
    find_invitation,
    invite,
    invite_all,
    resend,
    revoke,
)
from tenants.models import Invitation, Membership, Role, Tenant
from tenants.people import PeopleRefused, create_member, deactivate_member
from tenants.scoping import acting_for
from tests.conftest import COMMITTED, PASSWORD
from tests.tenants.test_people import at_once

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
NEW = {"name": "Bo", "password": PASSWORD}


def ask(by: Membership, email: str = "bo@acme.example", **changes: Any) -> Invitation:
    details = {"email": email, "roles": [Role.EMPLOYEE], "now": NOON} | changes
    with acting_for(by.tenant_id):
        return invite(by=by, **details)


def mailed_secret(invitation: Invitation, outbox: list[Any], now: Any = NOON) -> str:
    assert mailing.mail_invitation(
        str(invitation.tenant_id), str(invitation.pk), now=now
    )
    text = outbox[-1].body
    return text.split("/invitations/")[1].split("/")[0]


@pytest.mark.django_db
def test_the_mail_brings_a_new_person_in_with_role_and_team(
    ada: Membership, acme: Tenant, mailoutbox: list[Any]
) -> None:
    secret = mailed_secret(ask(ada, roles=["curator"]), mailoutbox)

    member = accept_invitation(secret=secret, user=None, now=NOON, **NEW)

    assert (member.user.email, member.roles) == ("bo@acme.example", ["curator"])
    assert member.user.check_password(PASSWORD)
    assert mailoutbox[0].to == ["bo@acme.example"]
    assert secret in mailoutbox[0].alternatives[0][0]


@pytest.mark.django_db
def test_the_mail_speaks_the_tenants_language(
    eve: Membership, mailoutbox: list[Any]
) -> None:
    mailed_secret(ask(eve, "bo@globex.example"), mailoutbox)

    assert 'lang="da"' in mailoutbox[0].alternatives[0][0]


@pytest.mark.django_db
def test_no_row_holds_the_links_secret(
    ada: Membership, acme: Tenant, mailoutbox: list[Any]
) -> None:
    secret = mailed_secret(ask(ada), mailoutbox)

    with acting_for(acme):
        [row] = Invitation.objects.for_tenant(acme).values()
    assert secret not in str(row)


@pytest.mark.django_db
def test_the_mail_is_sent_once_however_often_it_rings(
    ada: Membership, mailoutbox: list[Any]
) -> None:
    invitation = ask(ada)
    ids = str(invitation.tenant_id), str(invitation.pk)

    sent = [mailing.mail_invitation(*ids, now=NOON) for _ in range(3)]

    assert sent == [True, False, False]
    assert len(mailoutbox) == 1
    assert mailing.due_invitations(NOON + timedelta(hours=1)) == []


@pytest.mark.django_db
def test_a_mail_that_failed_is_due_again(
    ada: Membership, settings: Any, mailoutbox: list[Any]
) -> None:
    invitation = ask(ada)
    ids = str(invitation.tenant_id), str(invitation.pk)
    assert mailing.due_invitations(NOON) == [ids]

    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_PORT = 1  # nobody listens there
    with pytest.raises(ConnectionRefusedError):
        mailing.mail_invitation(*ids, now=NOON)

    assert mailing.due_invitations(NOON) == []
    assert mailing.due_invitations(NOON + mailing.PATIENCE) == [ids]


@pytest.mark.django_db
def test_a_used_link_opens_nothing(ada: Membership, mailoutbox: list[Any]) -> None:
    secret = mailed_secret(ask(ada), mailoutbox)
    accept_invitation(secret=secret, user=None, now=NOON, **NEW)

    with pytest.raises(InvitationClosed):
        accept_invitation(secret=secret, user=None, now=NOON, **NEW)


@pytest.mark.django_db
def test_the_link_works_for_seven_days(ada: Membership, mailoutbox: list[Any]) -> None:
    secret = mailed_secret(ask(ada), mailoutbox)
    week = NOON + timedelta(days=7)

    find_invitation(secret, week - timedelta(seconds=1))
    with pytest.raises(InvitationClosed):
        accept_invitation(secret=secret, user=None, now=week, **NEW)


@pytest.mark.django_db
def test_a_revoked_link_opens_nothing(
    ada: Membership, acme: Tenant, mailoutbox: list[Any]
) -> None:
    invitation = ask(ada)
    secret = mailed_secret(invitation, mailoutbox)
    with acting_for(acme):
        revoke(invitation=invitation, by=ada, now=NOON)

    with pytest.raises(InvitationClosed):
        accept_invitation(secret=secret, user=None, now=NOON, **NEW)


@pytest.mark.django_db
def test_sending_again_replaces_the_link(
    ada: Membership, acme: Tenant, mailoutbox: list[Any]
) -> None:
    invitation = ask(ada)
    first = mailed_secret(invitation, mailoutbox)
    later = NOON + timedelta(days=6)
    with acting_for(acme):
        resend(invitation=invitation, by=ada, now=later)
    second = mailed_secret(invitation, mailoutbox, later)

    with pytest.raises(InvitationClosed):
        find_invitation(first, later)
    assert find_invitation(second, later + timedelta(days=6)) == invitation


@pytest.mark.django_db
def test_inviting_again_renews_the_one_that_waits(
    ada: Membership, acme: Tenant
) -> None:
    first, second = ask(ada), ask(ada, "BO@acme.example", roles=["manager"])

    assert first.pk == second.pk
    assert second.roles == ["manager"]


@pytest.mark.django_db
def test_the_database_keeps_one_open_invitation_for_an_address(
    ada: Membership, acme: Tenant
) -> None:
    ask(ada)

    with pytest.raises(IntegrityError), acting_for(acme):
        Invitation.objects.create(
            tenant=acme,
            email="Bo@acme.example",
            roles=["employee"],
            token_hash="other",
            invited_at=NOON,
            expires_at=NOON,
        )


@pytest.mark.django_db
@pytest.mark.parametrize("role", [Role.EMPLOYEE, Role.CURATOR, Role.MANAGER])
def test_only_admins_invite(join: Any, acme: Tenant, role: str) -> None:
    with pytest.raises(PeopleRefused, match="Only an admin"):
        ask(join("other", acme, role))


@pytest.mark.django_db
def test_members_and_deactivated_members_are_not_invited(
    ada: Membership, ana: Membership, cora: Membership, acme: Tenant
) -> None:
    with acting_for(acme):
        deactivate_member(membership=cora, by=ada, now=NOON)

    with pytest.raises(PeopleRefused, match="is a member already"):
        ask(ada, ana.user.email.upper())
    with pytest.raises(PeopleRefused, match="was deactivated"):
        ask(ada, cora.user.email)


@pytest.mark.django_db
def test_of_several_addresses_all_are_invited_or_none(
    ada: Membership, ana: Membership, acme: Tenant
) -> None:
    emails = ["bo@acme.example", ana.user.email]

    with acting_for(acme):
        with pytest.raises(PeopleRefused, match="is a member already"):
            invite_all(by=ada, emails=emails, roles=["employee"], now=NOON)
        assert not Invitation.objects.for_tenant(acme).exists()


@pytest.mark.django_db
def test_a_known_person_joins_a_second_workplace(
    ada: Membership, eve: Membership, acme: Tenant, mailoutbox: list[Any]
) -> None:
    secret = mailed_secret(ask(ada, eve.user.email), mailoutbox)

    with pytest.raises(PeopleRefused, match="sign-in already"):
        accept_invitation(secret=secret, user=None, now=NOON, **NEW)
    member = accept_invitation(secret=secret, user=eve.user, now=NOON)

    assert (member.tenant, member.user) == (acme, eve.user)
    assert User.objects.filter(email=eve.user.email).count() == 1


@pytest.mark.django_db
def test_another_person_cannot_use_the_link(
    ada: Membership, eve: Membership, mailoutbox: list[Any]
) -> None:
    secret = mailed_secret(ask(ada), mailoutbox)

    with pytest.raises(PeopleRefused, match="another e-mail"):
        accept_invitation(secret=secret, user=eve.user, now=NOON)
    find_invitation(secret, NOON)


@pytest.mark.django_db
def test_who_became_a_member_meanwhile_keeps_what_they_have(
    ada: Membership, acme: Tenant, mailoutbox: list[Any]
) -> None:
    secret = mailed_secret(ask(ada, roles=["curator"]), mailoutbox)
    made = create_member(
        tenant=acme, email="bo@acme.example", name="Bo", roles=["manager"]
    )

    member = accept_invitation(secret=secret, user=made.user, now=NOON)

    assert (member.pk, member.roles) == (made.pk, ["curator", "manager"])


@COMMITTED
def test_of_accepting_twice_at_once_one_is_too_late(
    ada: Membership, acme: Tenant, mailoutbox: list[Any]
) -> None:
    secret = mailed_secret(ask(ada), mailoutbox)

    outcomes = at_once(lambda: accept(secret), lambda: accept(secret))

    assert sorted(outcomes) == ["closed", "in"]


@COMMITTED
def test_a_revoked_invitation_is_never_accepted(
    ada: Membership, acme: Tenant, mailoutbox: list[Any]
) -> None:
    invitation = ask(ada)
    secret = mailed_secret(invitation, mailoutbox)

    outcomes = at_once(lambda: accept(secret), lambda: take_back(invitation, ada))

    assert sorted(outcomes) in (["in", "refused"], ["closed", "revoked"])


def accept(secret: str) -> str:
    try:
        accept_invitation(secret=secret, user=None, now=NOON, **NEW)
    except InvitationClosed:
        return "closed"
    return "in"


def take_back(invitation: Invitation, by: Membership) -> str:
    try:
        with acting_for(by.tenant_id):
            revoke(invitation=invitation, by=by, now=NOON)
    except PeopleRefused:
        return "refused"
    return "revoked"
