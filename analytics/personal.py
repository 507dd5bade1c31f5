"""A member's own shares and what came of them. Nobody else ever sees these numbers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet, Sum

from analytics.item_clicks import Clicks
from analytics.models import LinkRollup
from sharing.models import Publication, State
from sharing.progress import Step, network_of
from tenants.models import Membership, Tenant

PER_PAGE = 20


@dataclass(frozen=True)
class OwnShare:
    """One publication, how it stands, and its clicks (None: it was never out)."""

    step: Step
    clicks: Clicks | None

    @property
    def publication(self) -> Publication:
        return self.step.publication

    @property
    def moment(self) -> datetime:
        return self.publication.published_at or self.publication.created_at


@dataclass(frozen=True)
class OwnShares:
    """A page of them, and the sums over all."""

    page: "Page[Publication]"
    shares: Sequence[OwnShare]
    published: int
    clicks: Clicks

    @property
    def is_moving(self) -> bool:
        return any(share.step.is_busy for share in self.shares)

    @property
    def signature(self) -> str:
        """Changes with what the list shows."""
        rows = (
            f"{share.publication.state}{share.publication.token}"
            f"{share.publication.reason}{share.clicks.human if share.clicks else ''}"
            for share in self.shares
        )
        return "-".join(rows)


def own_shares(membership: Membership, page: str | None) -> OwnShares:
    """Return the member's publications, the newest first."""
    mine = own_publications(membership)
    paginator = Paginator(
        mine.select_related("account", "item", "link", "tenant").order_by(
            "-created_at", "-pk"
        ),
        PER_PAGE,
    )
    shown = paginator.get_page(page)
    publications = list(shown.object_list)
    clicks = clicks_of_publications(
        membership.tenant, [publication.pk for publication in publications]
    )
    return OwnShares(
        page=shown,
        shares=[
            OwnShare(
                Step(publication, network_of(publication)),
                clicks.get(publication.pk, Clicks()) if is_out(publication) else None,
            )
            for publication in publications
        ],
        published=mine.filter(state=State.PUBLISHED).count(),
        clicks=sum_clicks(LinkRollup.objects.for_tenant(membership.tenant_id), mine),
    )


def own_publications(membership: Membership) -> "QuerySet[Publication]":
    return Publication.objects.for_tenant(membership.tenant_id).filter(
        membership=membership
    )


def is_out(publication: Publication) -> bool:
    """What members post themselves may be out without a word: its link counts."""
    by_hand = publication.state == State.HANDED_OFF
    return by_hand or publication.published_at is not None


def sum_clicks(
    rollups: "QuerySet[LinkRollup]", publications: "QuerySet[Publication]"
) -> Clicks:
    sums = rollups.filter(link_id__in=publications.values("link_id")).aggregate(
        raw=Sum("clicks_raw", default=0),
        machine=Sum("clicks_machine", default=0),
        human=Sum("clicks_human", default=0),
    )
    return Clicks(**sums)


def clicks_of_publications(
    tenant: Tenant, publications: Iterable[UUID]
) -> dict[UUID, Clicks]:
    """Return the clicks of each publication that has any, in one query."""
    rows = (
        LinkRollup.objects.for_tenant(tenant)
        .filter(link__publication__in=list(publications))
        .values_list("link__publication")
        .annotate(Sum("clicks_raw"), Sum("clicks_machine"), Sum("clicks_human"))
    )
    return {publication: Clicks(*tiers) for publication, *tiers in rows}
