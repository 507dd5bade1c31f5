"""Organisations of any size, made by the product's own models."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from django.utils import timezone

from accounts.models import User
from common.ids import random_code
from content_library.models import Item
from sharing.connectors.modes import Mode
from sharing.models import Account, Publication, Share, State, TrackedLink
from sharing.networks import all_networks
from tenants.models import Membership, Role, Team, Tenant
from tenants.scoping import acting_for

NETWORKS = sorted(
    slug for slug, known in all_networks().items() if Mode.API in known.works_in()
)


def make_tenant(slug: str) -> Tenant:
    return Tenant.objects.create(slug=f"{slug}-{random_code(6).lower()}", name=slug)


def make_members(tenant: Tenant, count: int, teams: int = 1) -> list[Membership]:
    """Return the members, of whom the first is a manager."""
    users = User.objects.bulk_create(
        [
            User(email=f"m{number}@{tenant.slug}.example", name=f"Member {number}")
            for number in range(count)
        ]
    )
    with acting_for(tenant):
        rows = Team.objects.bulk_create(
            [Team(tenant=tenant, name=f"Team {number}") for number in range(teams)]
        )
        return Membership.objects.bulk_create(
            [
                Membership(
                    tenant=tenant,
                    user=user,
                    team=rows[number % teams],
                    roles=[Role.EMPLOYEE] if number else [Role.MANAGER],
                    welcomed_at=timezone.now(),
                )
                for number, user in enumerate(users)
            ]
        )


def make_items(tenant: Tenant, count: int) -> list[Item]:
    now = timezone.now()
    with acting_for(tenant):
        return Item.objects.bulk_create(
            [
                Item(
                    tenant=tenant,
                    title=f"Something worth sharing, number {number}",
                    summary="Forty kilometres of cable in nine days. " * 3,
                    source_url=f"https://bench.example/{number}",
                    state=Item.State.APPROVED,
                    approved_at=now - timedelta(hours=number),
                )
                for number in range(count)
            ]
        )


def make_links(
    item: Item, count: int, teams: Sequence[Team | None]
) -> list[TrackedLink]:
    return [
        TrackedLink(
            tenant_id=item.tenant_id,
            code=random_code(10),
            target_url=item.source_url,
            item=item,
            team=teams[number % len(teams)],
            network=NETWORKS[number % len(NETWORKS)],
        )
        for number in range(count)
    ]


def make_publications(
    tenant: Tenant, members: Sequence[Membership], items: Sequence[Item], days: int
) -> list[TrackedLink]:
    """Let every member share some items in the last ``days``; return the links."""
    chance, now = Random(7), timezone.now()
    with acting_for(tenant):
        accounts = Account.objects.bulk_create(
            [
                Account(
                    tenant=tenant,
                    membership=member,
                    network=NETWORKS[0],
                    remote_id=random_code(12),
                    connected_at=now,
                )
                for member in members
            ]
        )
        links: list[TrackedLink] = []
        for account, member in zip(accounts, members, strict=True):
            for item in chance.sample(list(items), 10):
                at = now - timedelta(days=chance.uniform(0, days - 1))
                links.append(publish(tenant, account, member, item, at))
    return links


def publish(
    tenant: Tenant, account: Account, member: Membership, item: Item, at: datetime
) -> TrackedLink:
    (link,) = make_links(item, 1, [member.team])
    link.save(force_insert=True)
    share = Share.objects.create(
        tenant=tenant,
        membership=member,
        item=item,
        team=member.team,
        idempotency_key=random_code(12),
    )
    Publication.objects.create(
        tenant=tenant,
        share=share,
        membership=member,
        item=item,
        account=account,
        link=link,
        network=account.network,
        text="In my own words.",
        state=State.PUBLISHED,
        published_at=at,
        remote_id=random_code(12),
        not_before=at,
    )
    return link
