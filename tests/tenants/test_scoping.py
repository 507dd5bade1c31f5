"""Fence 1: a query that names no tenant never reaches the database."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import Count, F, Q

from tenants.models import Membership, Team, Tenant
from tenants.scoping import UnscopedQuery, acting_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def teams(acme: Tenant, globex: Tenant) -> list[Team]:
    made = []
    for tenant in (acme, globex):
        with acting_for(tenant):
            made.append(Team.objects.create(tenant=tenant, name="Sales"))
    return made


OPERATIONS: dict[str, Callable[[Any], Any]] = {
    "list": lambda o: list(o.all()),
    "get": lambda o: o.get(name="Sales"),
    "first": lambda o: o.first(),
    "last": lambda o: o.order_by("pk").last(),
    "exists": lambda o: o.exists(),
    "exclude exists": lambda o: o.exclude(name="x").exists(),
    "distinct exists": lambda o: o.distinct().exists(),
    "count": lambda o: o.count(),
    "length": lambda o: len(o.all()),
    "truth": lambda o: bool(o.all()),
    "aggregate": lambda o: o.aggregate(n=Count("pk")),
    "values": lambda o: list(o.values("id")),
    "values list": lambda o: list(o.values_list("id", flat=True)),
    "iterator": lambda o: list(o.iterator()),
    "in bulk": lambda o: o.in_bulk(),
    "update": lambda o: o.update(name="x"),
    "delete": lambda o: o.all().delete(),
    "raw delete": lambda o: o.all()._raw_delete("default"),
    "filter": lambda o: list(o.filter(name="Sales")),
    "q": lambda o: list(o.filter(Q(name="Sales"))),
    "item": lambda o: o.all()[0],
    "slice": lambda o: list(o.all()[:1]),
    "latest": lambda o: o.latest("pk"),
    "earliest": lambda o: o.earliest("pk"),
    "union": lambda o: list(o.all().union(o.all())),
    "explain": lambda o: o.explain(),
    "select for update": lambda o: list(o.select_for_update()),
    "get or create": lambda o: o.get_or_create(name="y"),
    "select related": lambda o: list(o.select_related("tenant")),
    "annotate": lambda o: list(o.annotate(n=F("pk"))),
    "exclude tenant": lambda o: list(o.exclude(tenant=None)),
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_query_without_a_tenant_is_refused(
    teams: list[Team], acme: Tenant, operation: str
) -> None:
    with acting_for(acme), pytest.raises(UnscopedQuery):
        OPERATIONS[operation](Team.objects)


def test_a_scoped_query_stays_scoped_through_its_refinements(
    teams: list[Team], acme: Tenant
) -> None:
    with acting_for(acme):
        mine = Team.objects.for_tenant(acme)

        assert mine.count() == 1
        assert mine.exclude(name="x").exists()
        assert [team.tenant_id for team in mine.order_by("name")] == [acme.pk]
        assert mine.union(Team.objects.for_tenant(acme)).count() == 1


def test_a_union_with_an_unscoped_side_is_refused(
    teams: list[Team], acme: Tenant
) -> None:
    with acting_for(acme), pytest.raises(UnscopedQuery):
        list(Team.objects.for_tenant(acme).union(Team.objects.all()))


def test_rows_reached_through_a_row_need_no_second_scope(
    ana: Membership, acme: Tenant
) -> None:
    with acting_for(acme):
        team = Team.objects.create(tenant=acme, name="Sales")
        ana.team = team
        ana.save()

        assert [member.pk for member in team.members.all()] == [ana.pk]


def test_crossing_tenants_needs_a_reason() -> None:
    with pytest.raises(ValueError, match="say why"):
        Team.objects.across_tenants(reason="")
