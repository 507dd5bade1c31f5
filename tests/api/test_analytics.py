from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from analytics import retention
from analytics.models import DailyRollup, SharerRollup
from content_library.models import Item
from tenants.models import Team, Tenant
from tenants.scoping import acting_for
from tests.api.conftest import Program, errors_of, problem_of

pytestmark = pytest.mark.django_db

NOTHING = {"raw": 0, "machine": 0, "human": 0, "confirmed": None}


def add_clicks(item: Item, network: str = "linkedin", **values: Any) -> None:
    numbers = {"shares": 2, "clicks_raw": 9, "clicks_machine": 3, "clicks_human": 5}
    with acting_for(item.tenant_id):
        DailyRollup.objects.create(
            tenant_id=item.tenant_id,
            day=retention.local_day(item.tenant, timezone.now()),
            item_id=item.pk,
            network=network,
            **numbers | values,
        )


def make_team(tenant: Tenant, name: str, members: int, sharers: int) -> UUID:
    with acting_for(tenant):
        team = Team.objects.create(tenant=tenant, name=name)
        count_people(tenant, team.pk, members, sharers)
        return team.pk


def count_people(tenant: Tenant, team: UUID | None, members: int, sharers: int) -> None:
    with acting_for(tenant):
        SharerRollup.objects.create(
            tenant=tenant,
            day=retention.local_day(tenant, timezone.now()),
            team_id=team,
            members=members,
            sharers=sharers,
        )


def test_an_items_clicks_come_in_four_tiers(
    ana_api: Program, item: Item, their_item: Item
) -> None:
    add_clicks(item)
    add_clicks(item, "x", clicks_raw=1, clicks_machine=0, clicks_human=1)
    add_clicks(their_item, clicks_raw=1000)

    expected = {"raw": 10, "machine": 3, "human": 6, "confirmed": None}
    assert ana_api.get(f"items/{item.pk}/").json()["clicks"] == expected
    assert ana_api.get("items/").json()["results"][0]["clicks"] == expected
    assert ana_api.get(f"items/{item.pk}/clicks/").json() == expected


def test_an_item_nobody_clicked_has_zeros_and_what_is_not_measured_is_null(
    ana_api: Program, item: Item
) -> None:
    assert ana_api.get(f"items/{item.pk}/clicks/").json() == NOTHING


def test_confirmed_clicks_are_told_once_they_are_measured(
    ana_api: Program, item: Item
) -> None:
    add_clicks(item, clicks_confirmed=2)

    assert ana_api.get(f"items/{item.pk}/clicks/").json()["confirmed"] == 2


def test_the_overview_tells_of_teams_and_hides_small_ones(
    mo_api: Program, acme: Tenant, item: Item, their_item: Item
) -> None:
    sales, tiny = make_team(acme, "Sales", 12, 4), make_team(acme, "CANARY", 2, 2)
    support = make_team(acme, "Support", 6, 1)
    count_people(acme, None, 20, 7)
    add_clicks(item, team_id=sales)
    add_clicks(their_item, clicks_raw=1000)

    answer = mo_api.get("analytics/overview/")

    body = answer.json()
    assert (body["shares"], body["items_shared"], body["step"]) == (2, 1, 1)
    assert body["clicks"] == {"raw": 9, "machine": 3, "human": 5, "confirmed": None}
    assert body["people"] == {"members": 20, "sharers": 7}
    assert body["by_network"][0]["network"] == "linkedin"
    assert len(body["by_day"]) == 28
    shown = {row["team"]["id"] for row in body["by_team"]}
    assert shown <= {str(sales), str(support)}
    assert body["hidden_teams"] == 3 - len(shown)
    assert "CANARY" not in answer.content.decode()
    assert {entry["key"] for entry in body["definitions"]} >= {"shares", "human"}
    assert set(errors_of(mo_api.get(f"analytics/overview/?team={tiny}"))) == {"team"}


def test_the_overview_is_of_one_team_when_asked(
    mo_api: Program, acme: Tenant, item: Item
) -> None:
    sales = make_team(acme, "Sales", 12, 4)
    count_people(acme, None, 20, 7)
    add_clicks(item, team_id=sales)
    add_clicks(item, "x")

    body = mo_api.get(f"analytics/overview/?team={sales}&days=90").json()

    assert body["team"] == {"id": str(sales), "name": "Sales"}
    assert body["people"] == {"members": 12, "sharers": 4}
    assert (body["shares"], len(body["by_day"])) == (2, 90)


@pytest.mark.parametrize(
    "query", ["days=0", "days=5", "days=many", "days=%00", "team=5", "team=%00"]
)
def test_a_wrong_question_is_an_error_at_its_name(mo_api: Program, query: str) -> None:
    found = errors_of(mo_api.get(f"analytics/overview/?{query}"))

    assert set(found) == {query.partition("=")[0]}


def test_another_tenants_team_is_no_team(
    mo_api: Program, globex: Tenant, acme: Tenant
) -> None:
    theirs = make_team(globex, "Sales", 20, 5)
    count_people(globex, None, 40, 9)
    nothing = "01900000-0000-7000-8000-000000000000"

    words = [
        errors_of(mo_api.get(f"analytics/overview/?team={team}"))
        for team in (theirs, nothing)
    ]

    assert words[0] == words[1]


@pytest.mark.parametrize("who", ["ana_api", "cora_api"])
def test_the_overview_is_for_managers(request: Any, who: str) -> None:
    program = request.getfixturevalue(who)

    problem_of(program.get("analytics/overview/"), 403)


def test_an_empty_tenant_has_an_empty_overview(mo_api: Program) -> None:
    body = mo_api.get("analytics/overview/").json()

    assert body["clicks"] == NOTHING
    assert body["median_clicks_per_share"] is body["people"] is body["team"] is None
