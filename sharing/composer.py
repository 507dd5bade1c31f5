"""What the composer shows for an item and a member, put together from the rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.forms import BoundField
from django.http import QueryDict

from common.composed import composed
from common.ids import uuid7
from content_library.models import Item, ItemMedia, SuggestedText
from guidelines.models import GuidelineVersion
from guidelines.services import current_versions, unacknowledged
from sharing.asking import Asked
from sharing.attaching import files_of
from sharing.configured import Used, networks_by_hand, offered_networks
from sharing.connectors.base import Connector
from sharing.feed import art, own_accounts
from sharing.forms import ALL, ComposeForm, answers, own, typed
from sharing.models import Account, Publication
from sharing.options import is_option
from sharing.previews import Preview, preview, preview_by_hand
from sharing.services import find_draft
from sharing.timetable import Offer, Timetable, open_timetable
from tenants.models import Membership


@dataclass(frozen=True)
class Row:
    """One of the member's accounts in the composer."""

    account: Account
    network: Connector
    own: BoundField
    is_chosen: bool
    words: str
    preview: Preview
    asked: Asked | None = None
    is_unanswered: bool = False
    answers: Mapping[str, str] = field(default_factory=dict)  # so far, by html name

    @property
    def asks(self) -> bool:
        """The network has questions, and a file that they are about."""
        is_ready = self.account.is_connected and not self.preview.attached.problem
        return self.network.asks and is_ready

    @property
    def shows_problems(self) -> bool:
        """Nobody wants to hear that an empty box is empty before they wrote."""
        return self.is_chosen and bool(self.words.strip())


@dataclass(frozen=True)
class HandRow:
    """One of the networks in the composer on which the member posts by hand."""

    by_hand: Used
    own: BoundField
    is_chosen: bool
    words: str
    item: Item

    @property
    def network(self) -> Connector:
        return self.by_hand.network

    @cached_property
    def preview(self) -> Preview:
        return preview_by_hand(self.by_hand, self.words, self.item)

    @property
    def shows_problems(self) -> bool:
        return self.is_chosen and bool(self.words.strip())


@dataclass(frozen=True)
class Composer:
    """Everything on the screen where a share is written."""

    by: Membership
    item: Item
    now: datetime
    form: ComposeForm
    networks: Mapping[str, Connector]
    unread: Sequence[GuidelineVersion]
    asked: dict[str, Asked] = field(default_factory=dict)  # by account

    # What a press alone does not need is read when it is shown.

    @property
    def art(self) -> str:
        return art(self.item)

    @property
    def picture(self) -> ItemMedia | None:
        """The first of the item's own files, where it can be shown."""
        return next((one for one in files_of(self.item)[:1] if one.preview), None)

    @property
    def is_open(self) -> bool:
        return self.item.is_shareable(self.now)

    @cached_property
    def rows(self) -> Sequence[Row]:
        return rows_of(self.form, self.item, self.networks, self.asked)

    @cached_property
    def hand_rows(self) -> Sequence[HandRow]:
        return hand_rows_of(self.form, self.item)

    @property
    def has_by_hand(self) -> bool:
        """Something is to be posted by hand, or nothing else can be done here."""
        return not self.rows or any(row.is_chosen for row in self.hand_rows)

    @property
    def held(self) -> set[str]:
        return {account.network for account in self.form.accounts.values()}

    @property
    def missing(self) -> Sequence[Connector]:
        held = self.held
        return [one for slug, one in self.networks.items() if slug not in held]

    @cached_property
    def suggestions(self) -> Sequence[SuggestedText]:
        return suggestions_for(self.item, {*self.held, *self.form.by_hand})

    @cached_property
    def timetable(self) -> Timetable:
        return open_timetable(self.by, self.item, self.now)

    @property
    def times(self) -> Sequence[Offer]:
        return self.timetable.times(self.form.offer)

    @property
    def has_time_error(self) -> bool:
        return bool(self.form.errors.get("day") or self.form.errors.get("time"))

    @property
    def note(self) -> str:
        """What is said beside the button, unless it stands at a field already."""
        told = self.has_time_error or not self.can_share
        return "" if told else self.timetable.note

    @property
    def can_share(self) -> bool:
        usable = any(row.account.is_connected for row in self.rows)
        return self.is_open and (usable or bool(self.form.by_hand))


def visible_item(membership: Membership, pk: UUID, now: datetime) -> Item | None:
    """Return an item that members see or saw: neither a draft nor still to come."""
    found = items_seen(membership.tenant_id, pk, now)
    return found[0] if found else None


@composed
def items_seen(tenant_id: UUID, pk: UUID, now: datetime) -> QuerySet[Item]:
    items = Item.objects.for_tenant(tenant_id).exclude(state=Item.State.DRAFT)
    return items.filter(Q(starts_at=None) | Q(starts_at__lte=now), pk=pk)


def open_composer(
    by: Membership,
    item: Item,
    now: datetime,
    *,
    data: QueryDict | None = None,
    initial: Mapping[str, Any] | None = None,
) -> Composer:
    """Read what is needed and fill the form: from ``data``, ``initial`` or the draft."""
    networks = {network.slug: network for network in offered_networks(by.tenant_id)}
    accounts = [one for one in own_accounts(by) if one.network in networks]
    by_hand = networks_by_hand(by.tenant_id)
    unread = unread_guidelines(by)
    form = ComposeForm(
        data,
        # What was sent says it all.
        initial=None if data else beginning(by, item, accounts, initial, by_hand),
        accounts=accounts,
        must_read=bool(unread),
        labels={slug: network.label for slug, network in networks.items()},
        by_hand=by_hand,
        auto_id="compose-%s",
    )
    return Composer(by, item, now, form, networks, unread)


def beginning(
    by: Membership,
    item: Item,
    accounts: Sequence[Account],
    given: Mapping[str, Any] | None,
    by_hand: Sequence[Used],
) -> dict[str, Any]:
    """Return the form's first values: the draft, or what a link brought along."""
    draft = find_draft(by, item)
    values: dict[str, Any] = {"key": str(uuid7()), "text": draft.get(ALL, "")}
    values |= {own(str(one.pk)): draft.get(str(one.pk), "") for one in accounts}
    values |= {name: value for name, value in draft.items() if is_option(name)}
    values |= {own(one.slug): draft.get(one.slug, "") for one in by_hand}
    values["account"], values["by_hand"] = used_last(by, accounts, by_hand)
    for name, value in (given or {}).items():
        # A suggestion never replaces words that somebody typed.
        if name != "text" or not values["text"]:
            values[name] = value
    return values


def used_last(
    by: Membership, accounts: Sequence[Account], by_hand: Sequence[Used]
) -> tuple[list[str], list[str]]:
    """Return the accounts and networks of the member's newest share.

    At first all accounts, and nothing by hand.
    """
    usable = [str(account.pk) for account in accounts if account.is_connected]
    mine = Publication.objects.for_tenant(by.tenant_id).filter(membership=by)
    newest = mine.order_by("-created_at").values("share_id")[:1]
    found = mine.filter(share__in=newest).values_list("account_id", "network")
    last = {str(account_id or network) for account_id, network in found}
    hands = [one.slug for one in by_hand if one.slug in last]
    return [pk for pk in usable if pk in last] or ([] if hands else usable), hands


def rows_of(
    form: ComposeForm,
    item: Item,
    networks: Mapping[str, Connector],
    asked: Mapping[str, Asked],
) -> list[Row]:
    texts = typed(form)
    chosen = form["account"].value() or []
    return [
        Row(
            account=account,
            network=networks[account.network],
            own=form[own(pk)],
            is_chosen=pk in chosen and account.is_connected,
            words=(words := texts[pk] or texts[ALL]),
            preview=preview(networks[account.network], account, words, item),
            asked=asked.get(pk),
            is_unanswered=pk in form.unanswered,
            answers=answers(form, pk),
        )
        for pk, account in form.accounts.items()
    ]


def hand_rows_of(form: ComposeForm, item: Item) -> list[HandRow]:
    texts = typed(form)
    chosen = form["by_hand"].value() or []
    return [
        HandRow(one, form[own(slug)], slug in chosen, texts[slug] or texts[ALL], item)
        for slug, one in form.by_hand.items()
    ]


def suggestions_for(item: Item, networks: set[str]) -> list[SuggestedText]:
    """Return the texts to start from: those for all, and for the member's networks."""
    texts = SuggestedText.objects.for_tenant(item.tenant_id).filter(item=item)
    return list(texts.filter(network__in={*networks, ""}).order_by("position", "pk"))


def unread_guidelines(by: Membership) -> list[GuidelineVersion]:
    """Return the versions to acknowledge, each with its rules at hand."""
    wanted = {version.pk for version in unacknowledged(by)}
    if not wanted:
        return []
    return [version for version in current_versions(by.tenant) if version.pk in wanted]


def add_words(there: str, more: str, suggestions: Sequence[SuggestedText]) -> str:
    """Return the text with a suggestion in it: in place of an untouched one, else below."""
    if not there.strip() or there in {suggestion.text for suggestion in suggestions}:
        return more
    return f"{there.rstrip()}\n\n{more}"


def words_of(publication: Publication) -> str:
    """Return what was typed for a publication, without the link that was added."""
    return publication.text.replace(publication.link.url, "").strip()
