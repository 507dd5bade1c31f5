"""One statement, one message, one transaction, one tenant."""

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from tenants.models import Membership, Team, Tenant
from tenants.scoping import acting_for, one_statement
from tests.conftest import COMMITTED

pytestmark = COMMITTED

NAMES = "SELECT name FROM tenants_team ORDER BY name"
RENAME = "UPDATE tenants_team SET name = %s RETURNING name"


@pytest.fixture(autouse=True)
def _teams(acme: Tenant, globex: Tenant) -> None:
    for tenant in (acme, globex):
        with acting_for(tenant):
            Team.objects.for_tenant(tenant).delete()
            Team.objects.create(tenant=tenant, name=f"Team of {tenant.slug}")


def test_it_sees_and_writes_only_its_tenants_rows(acme: Tenant, globex: Tenant) -> None:
    assert one_statement(acme.pk, NAMES, []) == [("Team of acme",)]
    assert one_statement(acme.pk, RENAME, ["Renamed"]) == [("Renamed",)]
    assert one_statement(globex.pk, NAMES, []) == [("Team of globex",)]


def test_it_is_committed_when_it_returns(acme: Tenant, ana: Membership) -> None:
    one_statement(acme.pk, RENAME, ["Renamed"])
    connection.close()

    assert one_statement(acme.pk, NAMES, []) == [("Renamed",)]


def test_it_leaves_no_tenant_behind(acme: Tenant) -> None:
    one_statement(acme.pk, NAMES, [])

    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute(NAMES)


def test_one_that_fails_writes_nothing_and_harms_nothing(acme: Tenant) -> None:
    with pytest.raises(IntegrityError):
        one_statement(acme.pk, "UPDATE tenants_team SET name = NULL RETURNING id", [])

    assert one_statement(acme.pk, NAMES, []) == [("Team of acme",)]


def test_inside_a_transaction_it_is_a_part_of_it(acme: Tenant) -> None:
    with acting_for(acme):
        one_statement(acme.pk, RENAME, ["Renamed"])
        transaction.set_rollback(True)

    assert one_statement(acme.pk, NAMES, []) == [("Team of acme",)]


def test_inside_another_tenants_transaction_each_keeps_to_its_own(
    acme: Tenant, globex: Tenant
) -> None:
    with acting_for(globex):
        assert one_statement(acme.pk, NAMES, []) == [("Team of acme",)]
        assert one_statement(globex.pk, NAMES, []) == [("Team of globex",)]
