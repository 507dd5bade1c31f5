"""What is composed once answers as the queryset would, for every caller's own values."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.db.models import Q, QuerySet, Value
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from common.composed import composed
from sharing.models import Draft
from tenants.models import Membership, Team, Tenant
from tenants.scoping import UnscopedQuery, acting_for
from tests.sharing.conftest import make_item

pytestmark = pytest.mark.django_db


@pytest.fixture
def teams(acme: Tenant, globex: Tenant) -> dict[str, Team]:
    made = {}
    for tenant in (acme, globex):
        for name in ("Sales", "Supply"):
            with acting_for(tenant):
                team = Team.objects.create(tenant=tenant, name=name)
            made[f"{tenant.slug} {name}"] = team
    return made


def test_each_call_gets_the_rows_of_its_own_values(
    teams: dict[str, Team], acme: Tenant, globex: Tenant
) -> None:
    @composed
    def named(tenant_id: UUID, name: str) -> QuerySet[Team]:
        return Team.objects.for_tenant(tenant_id).filter(name=name)

    for tenant in (acme, globex, acme):
        for name in ("Sales", "Supply"):
            with acting_for(tenant):
                assert named(tenant.pk, name) == [teams[f"{tenant.slug} {name}"]]
    with acting_for(acme):
        assert named(acme.pk, "'; DROP TABLE tenants_team; --%s") == []
        assert named(globex.pk, "Sales") == []  # the database's own fence


def test_the_queryset_is_asked_for_once(acme: Tenant) -> None:
    asked = []

    @composed
    def all_of(tenant_id: UUID) -> QuerySet[Team]:
        asked.append(tenant_id)
        return Team.objects.for_tenant(tenant_id)

    with acting_for(acme), CaptureQueriesContext(connection) as queries:
        all_of(acme.pk)
        all_of(acme.pk)

    assert len(asked) == 1
    assert acme.pk not in asked
    assert len(queries) == 2


def test_a_query_that_names_no_tenant_is_refused(acme: Tenant) -> None:
    @composed
    def named(name: str) -> QuerySet[Team]:
        return Team.objects.filter(name=name)

    with acting_for(acme):
        for _ in range(2):
            with pytest.raises(UnscopedQuery):
                named("Sales")


def test_related_rows_and_annotations_come_along(
    ana: Membership, teams: dict[str, Team], acme: Tenant
) -> None:
    @composed
    def people(tenant_id: UUID, user_id: UUID) -> QuerySet[Membership]:
        rows = Membership.objects.for_tenant(tenant_id).filter(user=user_id)
        return rows.select_related("user", "team").annotate(seven=Value(7))

    with acting_for(acme):
        (alone,) = people(acme.pk, ana.user_id)
        Membership.objects.for_tenant(acme).update(team=teams["acme Sales"])
        with CaptureQueriesContext(connection) as queries:
            (found,) = people(acme.pk, ana.user_id)
            assert found.user == ana.user
            assert found.team == teams["acme Sales"]

    assert alone.team is None
    assert (found, found.seven, found.roles) == (ana, 7, ana.roles)
    assert not found._state.adding
    assert len(queries) == 1


def test_columns_are_read_as_the_model_reads_them(
    ana: Membership, acme: Tenant
) -> None:
    @composed
    def drafts(tenant_id: UUID, since: datetime) -> QuerySet[Draft]:
        return Draft.objects.for_tenant(tenant_id).filter(saved_at__gte=since)

    item, now = make_item(acme), timezone.now()
    with acting_for(acme):
        Draft.objects.create(tenant=acme, membership=ana, item=item, texts={"": "æ%s"})
        (draft,) = drafts(acme.pk, now - timedelta(minutes=1))
        later = drafts(acme.pk, now + timedelta(minutes=1))

    assert draft.texts == {"": "æ%s"}
    assert later == []


def test_a_value_may_stand_in_several_places(acme: Tenant) -> None:
    @composed
    def either(tenant_id: UUID, one: str) -> QuerySet[Team]:
        return Team.objects.for_tenant(tenant_id).filter(Q(name=one) | Q(name=one))

    with acting_for(acme):
        team = Team.objects.create(tenant=acme, name="Sales")
        assert either(acme.pk, "Sales") == [team]
        assert either(acme.pk, "Supply") == []


@pytest.mark.parametrize("value", [None, 7, True, ["a"]])
def test_what_changes_the_statement_itself_is_refused(value: Any) -> None:
    @composed
    def teams(name: Any) -> QuerySet[Team]:
        return Team.objects.for_tenant(uuid4()).filter(name=name)

    with pytest.raises(TypeError):
        teams(value)


def test_a_value_that_the_statement_does_not_hold_as_it_is_is_refused() -> None:
    @composed
    def teams(tenant_id: UUID, part: str) -> QuerySet[Team]:
        return Team.objects.for_tenant(tenant_id).filter(name__contains=part)

    with pytest.raises(TypeError):
        teams(uuid4(), "Sales")


def test_none_is_refused_also_after_the_first_call(acme: Tenant) -> None:
    @composed
    def joined(tenant_id: UUID, since: datetime) -> QuerySet[Membership]:
        return Membership.objects.for_tenant(tenant_id).filter(joined_at__gte=since)

    with acting_for(acme):
        joined(acme.pk, datetime.now(UTC))
        with pytest.raises(TypeError):
            joined(acme.pk, None)


def test_only_plain_rows_are_composed() -> None:
    @composed
    def names(tenant_id: UUID) -> Any:
        return Team.objects.for_tenant(tenant_id).values("name")

    @composed
    def with_members(tenant_id: UUID) -> Any:
        return Team.objects.for_tenant(tenant_id).prefetch_related("members")

    for wrong in (names, with_members):
        with pytest.raises(TypeError):
            wrong(uuid4())
