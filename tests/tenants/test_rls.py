"""Fence 3: the database shows and takes only the rows of the transaction's tenant."""

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from tenants.models import Membership, Team, Tenant
from tenants.scoping import across_tenants, acting_for

pytestmark = pytest.mark.django_db

ALL = {"reason": "this test bypasses the closed queryset"}


def test_the_application_role_cannot_bypass_the_policies() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper, rolbypassrls, pg_get_userbyid(relowner) = current_user"
            " FROM pg_roles, pg_class WHERE rolname = current_user AND relname = 'tenants_team'"
        )
        assert cursor.fetchone() == (False, False, False)


def test_without_a_tenant_a_read_is_an_error_not_an_empty_page(acme: Tenant) -> None:
    with acting_for(acme):
        Team.objects.create(tenant=acme, name="Sales")

    with pytest.raises(DatabaseError), transaction.atomic():
        list(Team.objects.for_tenant(acme))


def test_one_tenant_sees_nothing_of_another_even_when_the_query_asks_for_all(
    acme: Tenant, globex: Tenant
) -> None:
    for tenant in (acme, globex):
        with acting_for(tenant):
            Team.objects.create(tenant=tenant, name="Sales")

    with acting_for(acme):
        seen = {team.tenant_id for team in Team.objects.across_tenants(**ALL)}

    assert seen == {acme.pk}


def test_a_row_for_another_tenant_is_not_taken(acme: Tenant, globex: Tenant) -> None:
    with pytest.raises(DatabaseError), acting_for(acme):
        Team.objects.create(tenant=globex, name="Sales")


def test_a_row_is_not_moved_to_another_tenant(acme: Tenant, globex: Tenant) -> None:
    with acting_for(acme):
        team = Team.objects.create(tenant=acme, name="Sales")

    with pytest.raises(DatabaseError), acting_for(acme):
        Team.objects.for_tenant(acme).filter(pk=team.pk).update(tenant=globex)


def test_a_glance_across_tenants_reads_but_does_not_write(
    acme: Tenant, globex: Tenant
) -> None:
    for tenant in (acme, globex):
        with acting_for(tenant):
            Team.objects.create(tenant=tenant, name="Sales")

    with across_tenants(reason="test"):
        assert Team.objects.across_tenants(**ALL).count() == 2
        assert Team.objects.across_tenants(**ALL).update(name="Mine") == 0


def test_the_tenant_is_given_back_after_an_inner_block(
    acme: Tenant, globex: Tenant
) -> None:
    with acting_for(acme):
        with acting_for(globex):
            Team.objects.create(tenant=globex, name="Sales")
        assert Team.objects.across_tenants(**ALL).count() == 0

        with pytest.raises(ZeroDivisionError), acting_for(globex):
            raise ZeroDivisionError
        Team.objects.create(tenant=acme, name="Sales")


def test_a_reference_into_another_tenant_is_refused(
    acme: Tenant, globex: Tenant, ana: Membership
) -> None:
    """Fence 4: the composite foreign key, which row-level security does not replace."""
    with acting_for(globex):
        theirs = Team.objects.create(tenant=globex, name="Sales")

    with pytest.raises(IntegrityError), acting_for(acme):
        Membership.objects.for_tenant(acme).filter(pk=ana.pk).update(team_id=theirs.pk)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
