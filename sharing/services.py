"""What members do: share an item, cancel, answer what only they can know, keep a draft."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet, Value, prefetch_related_objects
from django.db.models.functions import Least, Now
from django.utils.translation import gettext as _

from common.composed import composed
from common.ids import born_at, random_code
from common.inserting import Written, inserted, send
from content_library.models import Item
from guidelines.models import GuidelineVersion
from guidelines.services import unacknowledged
from sharing import publishing
from sharing.attaching import Attached, attach, files_of
from sharing.configured import (
    UnknownNetwork,
    connector_for,
    publisher_for,
)
from sharing.connectors.text import Sentence, plain_ends
from sharing.handing_off import Handed, hand_off
from sharing.models import (
    Account,
    Draft,
    Publication,
    PublicationEvent,
    Reason,
    Share,
    State,
    TrackedLink,
)
from sharing.models.link import CODE_LENGTH
from sharing.options import settled_options, unanswered
from sharing.pacing import (
    FOR_LATER,
    apart_from_colleagues,
    hold_item,
    holding,
    wait_while_quiet,
)
from sharing.tasks import ring_on_commit
from sharing.timing import Asked, Timing, time_it
from tenants import audit
from tenants.models import AuditEntry, Membership

LONGEST_TEXT = 10_000

Errors = dict[str, list[str]]


NO_FILES = Attached()


class ShareRefused(Exception):
    """Nothing was shared; ``errors`` says why, field by field.

    ``offer`` is a time at which it could go out, where the time was the trouble.
    """

    def __init__(self, errors: Errors, offer: datetime | None = None) -> None:
        super().__init__(errors)
        self.errors = errors
        self.offer = offer


@dataclass(frozen=True)
class Part:
    """The words for one account, and which of the item's files go with them.

    ``options`` are the member's answers to what the network asks, by field.
    """

    account: Account
    text: str
    attached: Attached = NO_FILES
    options: Mapping[str, str] = field(default_factory=dict)


def with_files(part: Part, item: Item) -> Part:
    """Return the part with what its network takes: of the item's files, of the answers."""
    try:
        connector = connector_for(part.account.network, item.tenant_id)
    except UnknownNetwork:
        return part
    attached = attach(connector, item, files_of(item))
    options = settled_options(connector, part.options, attached.files)
    return replace(part, attached=attached, options=options)


def share_item(
    *,
    by: Membership,
    item: Item,
    parts: Sequence[Part],
    idempotency_key: str,
    now: datetime,
    scheduled_at: datetime | None = None,
    scheduled_local: datetime | None = None,
    by_hand: Sequence[Handed] = (),
    unread: Sequence[GuidelineVersion] | None = None,
) -> Share:
    """Accept a press of Share: one share, and one publication per account.

    ``by_hand`` are those that the member posts themselves, one a network.
    ``scheduled_local`` is the wall time as it was chosen, where that is known. ``unread``
    is for who has just asked what the member has not ``unacknowledged``. The same key
    gives the same share back, whatever else is said the second time. Raises
    ``ShareRefused``. The post goes out afterwards, by a Celery worker.
    """
    timing = time_it(by, item, now, Asked(scheduled_at, scheduled_local))
    if unread is None:
        unread = unacknowledged(by)
    parts = [with_files(part, item) for part in parts]
    errors = problems(by, item, parts, now, unread, by_hand) | timing.errors
    share = None
    if not errors:
        share = accept(by, item, parts, idempotency_key, now, timing, by_hand)
    share = share or find_pressed(by, idempotency_key)
    if share is None:
        raise ShareRefused(errors, timing.offer)
    return share


def find_pressed(by: Membership, idempotency_key: str) -> Share | None:
    """Return the share that this press has already made."""
    found = shares_pressed(by.tenant_id, by.pk, idempotency_key)
    return found[0] if found else None


@composed
def shares_pressed(tenant_id: UUID, membership_id: UUID, key: str) -> QuerySet[Share]:
    mine = Share.objects.for_tenant(tenant_id).filter(membership=membership_id)
    return mine.filter(idempotency_key=key)


def shared_since(by: Membership, item: Item, key: str) -> list[Share]:
    """Return what was shared since the page with this key was made; from any tab.

    What this very press has made is among it. Two tabs at the same moment come one after
    the other, until the transaction ends.
    """
    if opened_at := made_at(key):
        held = holding(by)
        return shares_since(by.tenant_id, by.pk, key, item.pk, opened_at, first=held)
    pressed = find_pressed(by, key)
    return [pressed] if pressed else []


def made_at(key: str) -> datetime | None:
    """Return when a page was made, as its key tells; None for a key of another making."""
    try:
        uuid = UUID(key)
        return born_at(uuid) if uuid.version == 7 else None
    except (ValueError, OverflowError):
        return None


@composed
def shares_since(
    tenant_id: UUID, membership_id: UUID, key: str, item_id: UUID, since: datetime
) -> QuerySet[Share]:
    mine = Share.objects.for_tenant(tenant_id).filter(membership=membership_id)
    return mine.filter(Q(idempotency_key=key) | Q(item=item_id, created_at__gte=since))


def find_twin(
    since: Sequence[Share],
    item: Item,
    parts: Sequence[Part],
    local: datetime | None,
    by_hand: Sequence[Handed] = (),
) -> Share | None:
    """Return what another tab has shared since this page was opened, if it is the same.

    The same words to the same accounts; not what was refused or cancelled since.
    """
    prefetch_related_objects(since, "publications__link")
    asked: dict[UUID | str, Part | Handed] = {part.account.pk: part for part in parts}
    asked |= {part.network.slug: part for part in by_hand}
    for share in since:
        there = share.publications.all()
        if {place_of(one) for one in there} == set(asked) and all(
            is_same(one, asked[place_of(one)], item) for one in there
        ):
            return share if local in (None, share.scheduled_local) else None
    return None


def place_of(publication: Publication) -> UUID | str:
    """Return where it is to stand: on an account, or on a network by hand."""
    return publication.account_id or publication.network


def is_same(publication: Publication, part: Part | Handed, item: Item) -> bool:
    """Tell whether these words stand there, or are on their way."""
    over = publication.state in (State.FAILED, State.CANCELLED)
    if isinstance(part, Handed):
        link = publication.card.get("link", "")
        return not over and part.compose(link, item.source_url) == publication.text
    connector = connector_for(publication.network, publication.tenant_id)
    text = connector.compose(
        words(part.text), link_in(publication.link, item), item.source_url,
        has_media=bool(publication.media),
    )  # fmt: skip
    same_answers = with_files(part, item).options == publication.options
    return text == publication.text and same_answers and not over


def accept(
    by: Membership,
    item: Item,
    parts: Sequence[Part],
    idempotency_key: str,
    now: datetime,
    timing: Timing,
    by_hand: Sequence[Handed] = (),
) -> Share | None:
    """Write the share, its publications and the audit entry; then ring.

    None when a press with the same key was first: it is waited for when it is at work.
    """
    share = Share(
        tenant_id=by.tenant_id,
        membership=by,
        item=item,
        team_id=by.team_id,
        idempotency_key=idempotency_key,
        **timing.fields,
    )
    if not send(inserted([share], unless_there=True)):
        return None
    if timing.chosen:
        hold_item(item)
    publications = [
        make_publication(
            share, item, part, timing, not_before(by, item, part, now, timing)
        )
        for part in parts
    ]
    handed = hand_off(share, item, by_hand)
    send(
        inserted([one.link for one in (*publications, *handed)]),
        inserted([*publications, *handed]),
        inserted([beginning(one) for one in (*publications, *handed)]),
        Written(FORGET_DRAFT, (by.tenant_id, by.pk, item.pk)),
        inserted([pressed_entry(share, by, parts, by_hand)]),
    )
    if timing.chosen is None and publications:
        ring_on_commit(*publications)
    share.is_new = True
    return share


def pressed_entry(
    share: Share, by: Membership, parts: Sequence[Part], by_hand: Sequence[Handed]
) -> AuditEntry:
    networks = [part.account.network for part in parts]
    networks += [part.network.slug for part in by_hand]
    return audit.entry("share.pressed", share, by=by, networks=networks)


FORGET_DRAFT = """
DELETE FROM sharing_draft WHERE tenant_id = %s AND membership_id = %s AND item_id = %s
"""


def not_before(
    by: Membership, item: Item, part: Part, now: datetime, timing: Timing
) -> datetime | Least:
    """Return when this part may go out: at once, or beside those of colleagues."""
    if timing.chosen is None:
        # Never later than the database's own clock, by which workers go.
        return Least(Value(now), Now())
    return apart_from_colleagues(
        timing.rules, by, item, part.account.network, timing.chosen.at
    )


def make_publication(
    share: Share, item: Item, part: Part, timing: Timing, due: datetime | Least
) -> Publication:
    """Freeze the text and the card as they will stand on the network; saves nothing."""
    account, tenant_id = part.account, share.tenant_id
    link = TrackedLink(
        tenant_id=tenant_id,
        code=random_code(CODE_LENGTH),
        target_url=item.source_url,
        item=item,
        team_id=share.team_id,
        network=account.network,
    )
    return Publication(
        tenant_id=tenant_id,
        share=share,
        membership_id=share.membership_id,
        item=item,
        account=account,
        link=link,
        network=account.network,
        text=connector_for(account.network, tenant_id).compose(
            words(part.text),
            link_in(link, item),
            item.source_url,
            has_media=bool(part.attached.files),
        ),
        card=card_of(item, link_in(link, item)),
        media=part.attached.frozen,
        options=dict(part.options),
        reason=timing.reason,
        not_before=due,
    )


def link_in(link: TrackedLink, item: Item) -> str:
    """Return the address that stands in a post; nothing where the item leads nowhere."""
    return link.url if item.source_url else ""


def card_of(item: Item, link: str) -> dict[str, str]:
    """Freeze what the card of a link is drawn from."""
    card = {"link": link, "title": item.title, "description": item.summary}
    if item.image:
        card |= {"image": item.image.name or "", "alt": item.image_alt}
    return card


def beginning(publication: Publication) -> PublicationEvent:
    return PublicationEvent(
        tenant_id=publication.tenant_id,
        publication=publication,
        to_state=publication.state,
        token=0,
        reason=publication.reason,
        at=publication.created_at,
    )


# -- What speaks against it ---------------------------------------------------------------


def problems(
    by: Membership,
    item: Item,
    parts: Sequence[Part],
    now: datetime,
    unread: Sequence[GuidelineVersion],
    by_hand: Sequence[Handed] = (),
) -> Errors:
    """Return what is wrong, by field; empty when the press may be accepted.

    What is wrong with the time stands in ``timing``.
    """
    errors: Errors = {}
    if item.tenant_id != by.tenant_id or not item.is_shareable(now):
        errors["item"] = [_("This item can no longer be shared.")]
    if unread:
        errors["guidelines"] = [_("Please read the guidelines first.")]
    if not parts and not by_hand:
        errors["publications"] = [_("Choose at least one account or network.")]
    seen: set[object] = set()
    for index, part in enumerate(parts):
        if wrong := account_problem(by, part.account, seen):
            errors[f"publications.{index}.account"] = [wrong]
        elif wrongs := text_problems(part, item):
            errors[f"publications.{index}.text"] = wrongs
        elif part.attached.problem:
            errors[f"publications.{index}.account"] = [part.attached.problem]
        else:
            errors |= option_errors(index, part)
        seen.add(part.account.pk)
    return errors | by_hand_problems(item, by_hand)


def by_hand_problems(item: Item, by_hand: Sequence[Handed]) -> Errors:
    """Return what is wrong with the words that members post themselves."""
    errors: Errors = {}
    for index, part in enumerate(by_hand):
        link = sample_link() if item.source_url else ""
        said = words(part.text) and part.compose(link, item.source_url)
        wrongs = [translated(problem) for problem in part.network.check(said)]
        if len(part.text) > LONGEST_TEXT:
            wrongs = [_("The text is far too long.")]
        if part.network.slug in {one.network.slug for one in by_hand[:index]}:
            wrongs = [_("Choose each network once.")]
        if wrongs:
            errors[f"by_hand.{index}.text"] = wrongs
    return errors


def account_problem(by: Membership, account: Account, seen: set[object]) -> str:
    """Return why this account cannot be used."""
    if account.tenant_id != by.tenant_id or account.membership_id != by.pk:
        return _("You have no such account.")
    if account.pk in seen:
        return _("Choose each account once.")
    if not account.is_connected:
        return _("Connect this account again first.")
    try:
        publisher_for(account.network, by.tenant_id)
    except UnknownNetwork:
        return _("This network is switched off at the moment.")
    return ""


def text_problems(part: Part, item: Item) -> list[str]:
    """Return what the network would not take, as the member's language says it."""
    if len(part.text) > LONGEST_TEXT:
        return [_("The text is far too long.")]
    account, typed = part.account, words(part.text)
    connector = connector_for(account.network, account.tenant_id)
    # Nothing typed is nothing said, even where the link alone would make a text.
    link = sample_link() if item.source_url else ""
    text = typed and connector.compose(
        typed, link, item.source_url, has_media=bool(part.attached.files)
    )
    return [translated(problem) for problem in connector.check(text)]


def option_errors(index: int, part: Part) -> Errors:
    """Return what is missing of the answers to what the network asks."""
    account = part.account
    connector = connector_for(account.network, account.tenant_id)
    wrong = unanswered(connector, part.options, part.attached.files)
    return {
        f"publications.{index}.options.{name}": [translated(sentence)]
        for name, sentence in wrong.items()
    }


def sample_link() -> str:
    """Return a tracked link of the right length, before there is one."""
    return TrackedLink(code="0" * CODE_LENGTH).url


def words(text: str) -> str:
    """Return what the member typed, with plain line ends and no blanks around."""
    return plain_ends(text).strip()


def translated(problem: str) -> str:
    """Return a connector's sentence in the active language."""
    if isinstance(problem, Sentence):
        return _(problem.msgid) % problem.values
    return problem


# -- Another time ----------------------------------------------------------------------------


def move_share(
    *, share: Share, by: Membership, now: datetime, to: datetime, local: datetime
) -> bool:
    """Let what waits for its time go out at another one; false when nothing waits any more.

    Raises ``ShareRefused`` for a time at which it could not be shared either.
    """
    item = share.item
    timing = time_it(by, item, now, Asked(to, local), moving=share)
    if timing.errors:
        raise ShareRefused(timing.errors, timing.offer)
    hold_item(item)
    waiting = share.publications.filter(state=State.READY, reason__in=FOR_LATER)
    moved = [
        publishing.reschedule(
            one, to=apart_from_colleagues(timing.rules, by, item, one.network, to)
        )
        for one in waiting
    ]
    if not any(moved):
        return False
    Share.objects.for_tenant(by.tenant_id).filter(pk=share.pk).update(**timing.fields)
    audit.record("share.moved", share, by=by, to=to.isoformat())
    return True


# -- Afterwards ------------------------------------------------------------------------------


def cancel_publication(*, publication: Publication, by: Membership) -> bool:
    """Stop it; false when it is already going out."""
    done = publishing.cancel(publication, reason=Reason.BY_MEMBER)
    if done:
        audit.record("publication.cancelled", publication, by=by)
    return done


def cancel_share(*, share: Share, by: Membership) -> int:
    """Stop what is not going out yet; return how many publications."""
    publications = share.publications.all()
    return sum(cancel_publication(publication=one, by=by) for one in publications)


def answer_unsure(*, publication: Publication, by: Membership, out: bool) -> bool:
    """The member looked at the network: it is out, or it is to be sent again."""
    done = publishing.declare(publication, is_out=out)
    if done and not out:
        send_again(publication, by)
    if done:
        audit.record("publication.answered", publication, by=by, out=out)
    return done


def retry(*, publication: Publication, by: Membership) -> bool:
    """Send again what is known not to be out."""
    done = publishing.release(publication, reason=Reason.RETRY)
    if done:
        send_again(publication, by)
        audit.record("publication.retried", publication, by=by)
    return done


def send_again(publication: Publication, by: Membership) -> None:
    """Ring for what goes out at once; in quiet hours it waits until they are over."""
    if not wait_while_quiet(publication, by):
        ring_on_commit(publication)


# -- Drafts -------------------------------------------------------------------------------------


def save_draft(*, by: Membership, item: Item, texts: Mapping[str, str]) -> None:
    """Keep what was typed; nothing typed keeps nothing."""
    drafts = Draft.objects.for_tenant(by.tenant_id)
    kept = {
        key: text[:LONGEST_TEXT].replace("\0", "")
        for key, text in texts.items()
        if text
    }
    if not kept:
        drafts.filter(membership=by, item=item).delete()
        return
    drafts.update_or_create(
        tenant_id=by.tenant_id, membership=by, item=item, defaults={"texts": kept}
    )


def find_draft(by: Membership, item: Item) -> dict[str, str]:
    """Return what was typed: account id, or "" for all, to text."""
    drafts = Draft.objects.for_tenant(by.tenant_id).filter(membership=by, item=item)
    draft = drafts.first()
    return dict(draft.texts) if draft else {}
