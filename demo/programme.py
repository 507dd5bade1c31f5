"""Three months of a programme: accounts, shares in own words, and the clicks they drew.

History is written as it would stand now; from then on the real machine takes over.
"""

import os
import random
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from analytics import ingest, rollups
from analytics.events import Event
from analytics.robots import Signs
from common.ids import random_code, uuid7
from content_library.models import Item
from demo.networks import NETWORKS, Sandbox
from demo.story import Story
from sharing.connectors.types import Tokens
from sharing.models import (
    Account,
    Publication,
    PublicationEvent,
    Share,
    State,
    TrackedLink,
)
from sharing.tokens import seal
from tenants.models import Membership, Tenant
from tenants.scoping import acting_for

AGENTS = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/142.0.0.0 Mobile Safari/537.36",
)
PREVIEWS = {
    "linkedin": ("LinkedInBot/1.0 (compatible; Mozilla/5.0)", 2),
    "x": ("Twitterbot/1.0", 3),
}

STEPS = (State.READY, State.CLAIMED, State.SENDING, State.PUBLISHED)


@dataclass
class Programme:
    """One tenant's history while it is being written."""

    story: Story
    tenant: Tenant
    sandbox: Sandbox
    dice: random.Random
    now: datetime
    accounts: dict[tuple[object, str], Account] = field(default_factory=dict)
    shares: list[Share] = field(default_factory=list)
    links: list[TrackedLink] = field(default_factory=list)
    publications: list[Publication] = field(default_factory=list)

    def write(self) -> None:
        """Let everybody connect and share, then let the clicks come in."""
        with acting_for(self.tenant):
            members = list(
                Membership.objects.for_tenant(self.tenant).select_related("user")
            )
            items = {item.title: item for item in Item.objects.for_tenant(self.tenant)}
            self.connect(members)
            self.share(members, items)
            self.store()
        events = sorted(self.clicks(), key=lambda event: event.at)
        earliest = self.now - timedelta(days=100)
        for start in range(0, len(events), 4000):
            ingest.store(self.tenant, events[start : start + 4000], earliest)
        rollups.catch_up(self.tenant, self.now)

    # -- Who is active -------------------------------------------------------------------

    def zeal(self, member: Membership) -> float:
        """Return how likely the member shares: a few often, many now and then, some never."""
        if member.user.name in self.story.sign_ins.values():
            return 0.45
        luck = random.Random(member.user.email).random()  # noqa: S311  a story, no secret
        return 0.0 if luck < 0.22 else 0.08 + 0.8 * (luck - 0.22) ** 2

    def connect(self, members: list[Membership]) -> None:
        """Give each member who shares an account on one or two networks."""
        for member in members:
            for network, share_of_people in NETWORKS.items():
                known = member.user.name in self.story.sign_ins.values()
                if self.zeal(member) and (
                    known or self.dice.random() < share_of_people
                ):
                    self.accounts[member.pk, network] = self.account(member, network)
        Account.objects.bulk_create(self.accounts.values())

    def account(self, member: Membership, network: str) -> Account:
        consent = self.sandbox.consent(network, member.user.name)
        account = Account(
            tenant=self.tenant,
            membership=member,
            network=network,
            remote_id=consent.remote_id,
            handle=consent.handle,
            name=member.user.name,
            scopes=list(consent.scopes),
            expires_at=consent.expires_at,
            connected_at=self.now - timedelta(days=self.dice.randint(20, 55)),
        )
        tokens = Tokens(
            consent.access, consent.refresh, consent.expires_at, consent.scopes
        )
        sealed = seal(account, tokens)
        account.access_token = sealed.access_token
        account.refresh_token = sealed.refresh_token
        return account

    # -- What they shared ----------------------------------------------------------------

    def share(self, members: list[Membership], items: dict[str, Item]) -> None:
        for told in self.story.items:
            if "weight" not in told:
                continue
            item = items[told["title"]]
            newcomer = self.story.sign_ins["employee"]
            for member in members:
                # The newest items stay unshared for the one who tries the demo.
                fresh = member.user.name == newcomer and told["age"] < 12
                if (
                    not fresh
                    and self.dice.random() < self.zeal(member) * told["weight"] / 8
                ):
                    self.press(member, item, told)

    def press(self, member: Membership, item: Item, told: dict[str, object]) -> None:
        """One member shares one item, at a waking hour within days of its approval."""
        mine = [self.accounts[key] for key in self.accounts if key[0] == member.pk]
        chosen = [account for account in mine if self.dice.random() < 0.8] or mine[:1]
        if not chosen or item.approved_at is None:
            return
        moment = item.approved_at + timedelta(days=min(self.dice.expovariate(0.35), 40))
        moment = moment.replace(
            hour=self.dice.choice((6, 7, 8, 9, 11, 12, 14, 16, 19, 20))
        )
        if moment > self.now - timedelta(hours=1):
            return
        share = Share(
            tenant=self.tenant,
            membership=member,
            item=item,
            team_id=member.team_id,
            idempotency_key=secrets.token_hex(8),
        )
        share.moment = moment  # type: ignore[attr-defined]
        self.shares.append(share)
        text = self.dice.choice([*self.story.voices["texts"], *told["texts"]])  # type: ignore[misc]
        for account in chosen:
            self.publish(
                share,
                account,
                text,
                moment + timedelta(seconds=self.dice.randint(2, 9)),
            )

    def publish(
        self, share: Share, account: Account, text: str, moment: datetime
    ) -> None:
        link = TrackedLink(
            tenant=self.tenant,
            code=random_code(10),
            target_url=share.item.source_url,
            item=share.item,
            team_id=share.team_id,
            network=account.network,
        )
        post = self.sandbox.post(account, text, link.url, share.item, moment)
        self.links.append(link)
        self.publications.append(
            Publication(
                tenant=self.tenant,
                share=share,
                membership=share.membership,
                item=share.item,
                account=account,
                link=link,
                network=account.network,
                text=post.text,
                card={
                    "link": link.url,
                    "title": share.item.title,
                    "description": share.item.summary,
                },
                state=State.PUBLISHED,
                reason="",
                not_before=moment,
                sending_at=moment,
                attempts=1,
                token=1,
                remote_id=post.remote_id,
                url=post.url,
                published_at=moment,
            )
        )

    def store(self) -> None:
        """Write all rows, and give them the moments of their story."""
        Share.objects.bulk_create(self.shares)
        TrackedLink.objects.bulk_create(self.links)
        Publication.objects.bulk_create(self.publications)
        for share in self.shares:
            share.created_at = share.moment  # type: ignore[attr-defined]
        for publication in self.publications:
            publication.created_at = publication.not_before
        Share.objects.for_tenant(self.tenant).bulk_update(self.shares, ["created_at"])
        rows = Publication.objects.for_tenant(self.tenant)
        rows.bulk_update(self.publications, ["created_at"])
        PublicationEvent.objects.bulk_create(
            event for publication in self.publications for event in trail(publication)
        )

    # -- What came of it --------------------------------------------------------------------

    def clicks(self) -> Iterator[Event]:
        weights = {told["title"]: told.get("weight", 1) for told in self.story.items}
        for publication in self.publications:
            weight = weights[publication.item.title]
            mean = weight * (2.4 if publication.network == "linkedin" else 1.1)
            for _ in range(int(self.dice.gammavariate(1.3, mean / 1.3))):
                yield from self.visit(publication)
            yield from self.preview(publication)

    def visit(self, publication: Publication) -> Iterator[Event]:
        """Somebody reads on; now and then they come back the same day."""
        agent, visitor = self.dice.choice(AGENTS), os.urandom(16)
        after = timedelta(hours=self.dice.expovariate(1 / 30))
        for wait in (timedelta(), timedelta(minutes=40))[
            : 2 if self.dice.random() < 0.12 else 1
        ]:
            moment = publication.not_before + after + wait
            if moment < self.now:
                yield self.event(publication, moment, Signs("GET", agent), visitor)

    def preview(self, publication: Publication) -> Iterator[Event]:
        """The network's own robots fetch the card."""
        agent, times = PREVIEWS[publication.network]
        for second in range(times):
            moment = publication.not_before + timedelta(seconds=second + 1)
            yield self.event(publication, moment, Signs("GET", agent), os.urandom(16))

    def event(
        self, publication: Publication, moment: datetime, signs: Signs, visitor: bytes
    ) -> Event:
        return Event(
            id=uuid7(),
            at=moment.astimezone(UTC),
            link=publication.link_id,
            tenant=self.tenant.pk,
            signs=signs,
            visitor=visitor,
        )


def trail(publication: Publication) -> Iterator[PublicationEvent]:
    """Yield the steps that the machine would have written, a moment apart."""
    before = ""
    for number, state in enumerate(STEPS):
        yield PublicationEvent(
            tenant_id=publication.tenant_id,
            publication=publication,
            from_state=before,
            to_state=state,
            token=min(number, publication.token),
            at=publication.not_before + number * timedelta(milliseconds=200),
        )
        before = state
