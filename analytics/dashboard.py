"""The manager's three questions: what works, what does not, what is the response.

Reads rollups only, in three queries whatever the size. Groups of people below the
tenant's smallest group are hidden, and so is what would betray them by subtraction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from analytics import retention
from analytics.anonymity import groups_to_show
from analytics.models import SharerRollup
from analytics.rankings import Lists, read_lists
from analytics.sums import Day, Network, Sums, in_steps, read_sums, step_of
from tenants.models import Team, Tenant

PERIODS = (28, 90, 365)


class TeamNotShown(LookupError):
    """There is no such team here, or it is too small to be shown."""


@dataclass(frozen=True)
class Group:
    """A team (or the whole tenant) and its latest count of people."""

    id: UUID | None
    name: str
    members: int
    sharers: int


@dataclass(frozen=True)
class Groups:
    """The whole tenant, the teams that may be shown, and how many may not."""

    whole: Group | None
    shown: Sequence[Group]
    hidden: int

    def find(self, team: UUID) -> Group:
        for group in self.shown:
            if group.id == team:
                return group
        raise TeamNotShown(team)


@dataclass(frozen=True)
class TeamRow:
    group: Group
    sums: Sums


@dataclass(frozen=True)
class Overview:
    """All numbers of the page, for one period and, if chosen, one team."""

    first: date
    last: date
    days: int
    team: Group | None
    groups: Groups
    people: Group | None
    total: Sums
    items_shared: int
    quartiles: tuple[float, float, float] | None
    by_day: Sequence[Day]
    step: int
    by_network: Sequence[Network]
    by_team: Sequence[TeamRow]
    lists: Lists

    @property
    def median_clicks_per_share(self) -> float | None:
        return self.quartiles[1] if self.quartiles else None

    @property
    def is_empty(self) -> bool:
        return not (self.total.shares or self.total.clicks.raw)

    @property
    def has_comparison(self) -> bool:
        return self.lists.compared > 0


def overview(
    tenant: Tenant, days: int, team: UUID | None = None, now: datetime | None = None
) -> Overview:
    """Read the numbers of the last ``days``; raise ``TeamNotShown``."""
    now = now or timezone.now()
    last = retention.local_day(tenant, now)
    first = last - timedelta(days=days - 1)
    groups = read_groups(tenant)
    chosen = groups.find(team) if team else None
    scope = {"tenant": tenant.pk, "first": first, "last": last, "team": team}
    sums = read_sums(scope)
    return Overview(
        first=first,
        last=last,
        days=days,
        team=chosen,
        groups=groups,
        people=people_of(chosen or groups.whole, tenant.smallest_group),
        total=sums.total,
        items_shared=sums.items_shared,
        quartiles=sums.quartiles,
        by_day=in_steps(sums.by_day, first, last, step_of(days)),
        step=step_of(days),
        by_network=sums.by_network,
        by_team=[
            TeamRow(group, sums.by_team.get(group.id, Sums())) for group in groups.shown
        ],
        lists=read_lists(scope | {"now": now}),
    )


# -- People ------------------------------------------------------------------------------


def read_groups(tenant: Tenant) -> Groups:
    """Return the groups as last counted, those hidden that must be."""
    counts = SharerRollup.objects.for_tenant(tenant)
    name = Team.objects.for_tenant(tenant).filter(pk=OuterRef("team_id")).values("name")
    latest = counts.order_by("-day").values("day")[:1]
    rows = [
        Group(row.team_id, row.team_name or "", row.members, row.sharers)
        for row in counts.filter(day=Subquery(latest)).annotate(
            team_name=Subquery(name[:1])
        )
    ]
    whole = next((group for group in rows if group.id is None), None)
    teams = {group.id: group for group in rows if group.id is not None and group.name}
    sizes = {pk: group.members for pk, group in teams.items()}
    shown = groups_to_show(sizes, whole.members if whole else 0, tenant.smallest_group)
    return Groups(
        whole=whole,
        shown=sorted((teams[pk] for pk in shown), key=lambda group: group.name.lower()),
        hidden=len(teams) - len(shown),
    )


def people_of(group: Group | None, smallest: int) -> Group | None:
    """Return who shared of how many, unless they are too few to say."""
    return group if group and group.members >= smallest else None
