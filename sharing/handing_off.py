"""Shares that members post themselves: text and tracked link are ours, the rest is theirs.

Nobody proves that such a post stands. The member says so, or does not; the tracked link
counts in any case.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import segno
from django.conf import settings
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from common.ids import random_code
from content_library.models import Item
from content_library.public_files import public_address
from sharing import publishing
from sharing.configured import UnknownNetwork, mode_of, network_called
from sharing.connectors.base import Connector
from sharing.connectors.modes import BY_HAND, Mode
from sharing.connectors.text import plain_ends
from sharing.media import chosen
from sharing.models import Publication, Share, State, TrackedLink
from sharing.models.link import CODE_LENGTH
from tenants import audit
from tenants.models import Membership

ASKED_FOR = timedelta(days=14)  # then nobody is asked any more whether it is out


@dataclass(frozen=True)
class Handed:
    """The words for a network on which the member posts by hand."""

    network: Connector
    mode: Mode
    text: str

    def compose(self, link: str, source_url: str) -> str:
        words = plain_ends(self.text).strip()
        return self.network.compose_by_hand(words, link, source_url, self.mode)


def by_hand(tenant_id: object, slug: str, text: str) -> Handed | None:
    """Return the words for a network that is used by hand here; None where it is not."""
    try:
        mode = mode_of(slug, str(tenant_id))
        network = network_called(slug, str(tenant_id))
    except UnknownNetwork:
        return None
    return Handed(network, mode, text) if mode in BY_HAND else None


# -- The press --------------------------------------------------------------------------


def hand_off(share: Share, item: Item, parts: Sequence[Handed]) -> list[Publication]:
    """Freeze text and link for each network; saves nothing."""
    return [make_publication(share, item, part) for part in parts]


def make_publication(share: Share, item: Item, part: Handed) -> Publication:
    link = TrackedLink(
        tenant_id=share.tenant_id,
        code=random_code(CODE_LENGTH),
        target_url=item.source_url,
        item=item,
        team_id=share.team_id,
        network=part.network.slug,
    )
    address = link.url if item.source_url else ""
    return Publication(
        tenant_id=share.tenant_id,
        share=share,
        membership_id=share.membership_id,
        item=item,
        account=None,
        link=link,
        network=part.network.slug,
        mode=part.mode,
        state=State.HANDED_OFF,
        text=part.compose(address, item.source_url),
        card={"link": address, "title": item.title, "description": item.summary},
        not_before=Now(),
    )


# -- Afterwards -------------------------------------------------------------------------


@dataclass(frozen=True)
class File:
    """A picture, video or document to take along."""

    url: str
    name: str
    kind: str


@dataclass(frozen=True)
class HandOff:
    """What the member needs to post it: shown until they say what came of it."""

    publication: Publication
    network: Connector
    slug: str  # of the tenant

    @property
    def opens(self) -> str:
        """The address of the network's own composer; empty where there is none."""
        row = self.publication
        if row.mode != Mode.ASSISTED:
            return ""
        return self.network.composer_url(row.text, row.card.get("link", ""))

    @property
    def link(self) -> str:
        return str(self.publication.card.get("link", ""))

    @property
    def page(self) -> str:
        """The address of this on another device of the member."""
        path = reverse("sharing:handoff", args=[self.slug, self.publication.pk])
        return f"{settings.PUBLIC_URL}{path}"

    @property
    def qr(self) -> SafeString:
        """The same as a drawing, without any inline style."""
        code = segno.make(self.page, error="m", micro=False)
        drawn = code.svg_inline(omitsize=True, border=2, svgclass=None, lineclass=None,
                                dark="#000", light="#fff")  # fmt: skip
        return mark_safe(drawn)  # noqa: S308  drawn from an address of ours

    @property
    def files(self) -> list[File]:
        """The item's files, or the picture of its card."""
        item, tenant_id = self.publication.item, self.publication.tenant_id
        found = [(one.file.name, one.name, one.kind) for one in chosen(item)]
        if not found and item.image:
            found = [(item.image.name, _("Picture"), "image")]
        return [
            File(
                public_address(tenant_id, stored),
                name or stored.rpartition("/")[2],
                kind,
            )
            for stored, name, kind in found
            if stored
        ]


def is_asked(publication: Publication, now: datetime) -> bool:
    """Tell whether the member may still be asked what came of it."""
    is_open = publication.state == State.HANDED_OFF
    return is_open and now - publication.created_at < ASKED_FOR


def declare_posted(*, publication: Publication, by: Membership, out: bool) -> bool:
    """The member tells that it is out, or that they let it be."""
    done = publishing.close_hand_off(publication, is_out=out)
    if done:
        audit.record("publication.answered", publication, by=by, out=out)
    return done
