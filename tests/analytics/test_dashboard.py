import csv
from datetime import timedelta
from io import StringIO

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from analytics import rollups
from analytics.dashboard import TeamNotShown, overview
from analytics.export import export, safe
from analytics.models import DailyRollup, LinkRollup
from tenants.models import Membership, Team, Tenant
from tenants.scoping import acting_for
from tests.analytics.conftest import make_item, make_publication
from tests.conftest import Join

pytestmark = pytest.mark.django_db

DASHBOARD = reverse("analytics:dashboard", args=["acme"])


def make_team(tenant: Tenant, join: Join, name: str, size: int) -> list[Membership]:
    with acting_for(tenant):
        team = Team.objects.create(tenant=tenant, name=name)
    return [
        join(f"{name}{number}".lower(), tenant, team=team) for number in range(size)
    ]


def add_clicks(tenant: Tenant, human: int) -> None:
    """Give each published link so many human-likely clicks on its day."""
    with acting_for(tenant):
        for rollup in (LinkRollup, DailyRollup):
            for row in rollup.objects.for_tenant(tenant).filter(shares__gt=0):
                row.clicks_raw = (human + 2) * row.shares
                row.clicks_machine = row.shares
                row.clicks_human = human * row.shares
                row.save()


@pytest.fixture
def programme(join: Join, acme: Tenant, mo: Membership, eve: Membership) -> list[Team]:
    """Sales shares a lot, Lab a little; Two is too small to be seen."""
    now = timezone.now()
    item, quiet = make_item(acme, "Cables"), make_item(acme, "Turbines")
    sales = make_team(acme, join, "Sales", 6)
    lab = make_team(acme, join, "Lab", 7)
    two = make_team(acme, join, "Two", 2)
    for member in sales + two:
        make_publication(member, item, now - timedelta(days=1))
    for member in lab[:2]:
        make_publication(member, quiet, now - timedelta(days=40))
    rollups.catch_up(acme, now)
    add_clicks(acme, 3)
    return [team[0].team for team in (sales, lab, two)]  # type: ignore[misc]


def test_the_numbers_are_those_of_the_period(
    acme: Tenant, programme: list[Team]
) -> None:
    with acting_for(acme):
        month, quarter = overview(acme, 28), overview(acme, 90)

    assert (month.total.shares, month.total.clicks.human) == (8, 24)
    assert (quarter.total.shares, quarter.total.clicks.human) == (10, 30)
    assert month.total.clicks.raw == 40
    assert month.total.clicks.confirmed is None
    assert (month.items_shared, quarter.items_shared) == (1, 2)
    assert month.median_clicks_per_share == 3
    assert len(month.by_day) == 28
    assert sum(day.sums.clicks.human for day in month.by_day) == 24


def test_a_small_team_is_neither_listed_nor_chosen(
    acme: Tenant, programme: list[Team], client: Client, mo: Membership
) -> None:
    _sales, _lab, two = programme
    client.force_login(mo.user)
    with acting_for(acme):
        read = overview(acme, 28)
        with pytest.raises(TeamNotShown):
            overview(acme, 28, two.pk)

    # Mo has no team: with Two they are three, so a larger team hides with them.
    assert [group.name for group in read.groups.shown] == ["Lab"]
    assert read.groups.hidden == 2
    page = client.get(DASHBOARD).content.decode()
    assert "Two" not in page
    assert "2 teams are not shown" in page
    assert client.get(DASHBOARD, {"team": str(two.pk)}).status_code == 404


def test_a_chosen_team_narrows_all_but_the_table_of_teams(
    acme: Tenant, programme: list[Team]
) -> None:
    lab = programme[1]
    with acting_for(acme):
        read = overview(acme, 90, lab.pk)

    assert (read.total.shares, read.total.clicks.human) == (2, 6)
    assert read.people
    assert read.people.members == 7
    assert [row.group.name for row in read.by_team] == ["Lab"]


def test_no_name_of_a_person_stands_on_the_page_or_in_the_export(
    acme: Tenant, programme: list[Team], client: Client, mo: Membership
) -> None:
    client.force_login(mo.user)
    export_url = reverse("analytics:dashboard_csv", args=["acme"])

    for url in (DASHBOARD, export_url):
        text = client.get(url, {"days": "365"}).content.decode()
        assert "Sales0" not in text
        assert "@acme.example" not in text.replace(mo.user.email, "")


@pytest.mark.parametrize("size", [1, 12])
def test_the_page_asks_few_queries_at_any_size(
    acme: Tenant,
    programme: list[Team],
    client: Client,
    mo: Membership,
    join: Join,
    size: int,
) -> None:
    for number in range(size):
        member = join(f"extra{number}", acme)
        make_publication(member, make_item(acme, f"Item {number}"), timezone.now())
    rollups.catch_up(acme, timezone.now())
    client.force_login(mo.user)
    client.get(DASHBOARD)

    with CaptureQueriesContext(connection) as queries:
        answer = client.get(DASHBOARD, {"days": "90"})

    assert answer.status_code == 200
    asked = [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]
    assert len(asked) <= 10
    assert not any("analytics_click " in sql for sql in asked)


def test_a_tenant_without_numbers_gets_a_hint_instead_of_zeros(
    client: Client, mo: Membership
) -> None:
    client.force_login(mo.user)

    page = client.get(DASHBOARD).content.decode()

    assert "Nothing to see in this period yet" in page
    assert "Not enough data yet" in page


def test_only_managers_see_it(client: Client, ana: Membership, eve: Membership) -> None:
    client.force_login(ana.user)
    assert client.get(DASHBOARD).status_code == 403
    client.force_login(eve.user)
    assert client.get(DASHBOARD).status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        {"days": "27"},
        {"days": "x"},
        {"days": "28\x00"},
        {"team": "x"},
        {"team": "00000000-0000-0000-0000-000000000000"},
        {"team": "\x00"},
        {"days": "9" * 5000},
    ],
)
def test_an_odd_filter_is_not_found(
    client: Client, mo: Membership, query: dict[str, str]
) -> None:
    client.force_login(mo.user)

    assert client.get(DASHBOARD, query).status_code == 404


def test_another_tenants_team_is_not_found(
    client: Client, mo: Membership, join: Join, globex: Tenant
) -> None:
    theirs = make_team(globex, join, "Theirs", 6)[0].team
    rollups.catch_up(globex, timezone.now())
    client.force_login(mo.user)

    assert theirs
    assert client.get(DASHBOARD, {"team": str(theirs.pk)}).status_code == 404


def test_a_fragment_is_only_the_numbers(
    client: Client, mo: Membership, programme: list[Team]
) -> None:
    client.force_login(mo.user)

    answer = client.get(DASHBOARD, headers={"HX-Request": "true"})

    assert answer.content.decode().lstrip().startswith('<div class="dashboard"')
    assert "HX-Request" in answer["Vary"]


def test_an_item_is_praised_only_after_eight_shares(
    acme: Tenant, programme: list[Team], ana: Membership
) -> None:
    now = timezone.now()
    with acting_for(acme):
        assert [item.title for item in overview(acme, 28).lists.items] == ["Cables"]

    new, old = make_item(acme, "New"), make_item(acme, "Old")
    with acting_for(acme):
        type(old).objects.for_tenant(acme).filter(pk=old.pk).update(
            approved_at=now - timedelta(days=20), ends_at=now + timedelta(days=3)
        )
        lists = overview(acme, 28).lists
    assert [item.title for item in lists.neglected] == ["Old"]
    assert [item.title for item in lists.expiring] == ["Old"]
    assert new.title not in [item.title for item in lists.neglected]


def test_the_export_cannot_start_a_formula(acme: Tenant, programme: list[Team]) -> None:
    with acting_for(acme):
        type(make_item(acme)).objects.for_tenant(acme).filter(title="Cables").update(
            title='=HYPERLINK("https://evil.example")'
        )
        rows = list(csv.DictReader(StringIO(export(overview(acme, 28)))))

    assert any(row["name"].startswith("'=HYPERLINK") for row in rows)
    confirmed = next(row for row in rows if row["measure"] == "confirmed")
    assert (confirmed["value"], confirmed["origin"]) == ("", "not measured")


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1"]
)
def test_a_cell_that_begins_a_formula_is_quoted(cell: str) -> None:
    assert safe(cell).startswith("'")


def test_the_definitions_are_one_click_away(client: Client, mo: Membership) -> None:
    client.force_login(mo.user)
    url = reverse("analytics:definitions", args=["acme"])

    assert url in client.get(DASHBOARD).content.decode()
    page = client.get(url).content.decode()
    assert "Human-likely clicks" in page
    assert "measured by us" in page


def test_a_period_of_a_year_is_drawn_by_week(
    acme: Tenant, programme: list[Team]
) -> None:
    with acting_for(acme):
        read = overview(acme, 365)

    assert len(read.by_day) == 53
    assert sum(day.sums.clicks.human for day in read.by_day) == 30
