"""Items: written, approved, archived. Every change to the library goes through here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from content_library import item_media, topics
from content_library.addresses import clean_address
from content_library.item_media import Chosen
from content_library.models import Item, SuggestedText
from tenants import audit
from tenants.models import Membership

ENDS_BEFORE_START = _("The end must come after the start.")
ALREADY_OVER = _("This moment has passed, so nobody would see the item.")
NOTHING_TO_SEE = _("Give a web address, or upload pictures, a video or a PDF below.")


class NotADraft(Exception):
    """An item that was approved once is archived, never deleted: shares speak of it."""


class NotApproved(Exception):
    """Only an approved item can be archived; a draft is deleted."""


@dataclass(frozen=True)
class Suggestion:
    """A text to start from; for one network, or for all when none is named."""

    text: str
    network: str = ""


@dataclass(frozen=True)
class Content:
    """What a curator writes about an item. ``media`` None leaves its files as they are."""

    title: str
    source_url: str = ""
    summary: str = ""
    why: str = ""
    source_name: str = ""
    image_alt: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    topics: Sequence[str] = ()
    suggested_texts: Sequence[Suggestion] = field(default=())
    media: Sequence[Chosen] | None = None

    def check(self) -> None:
        """Raise ``ValidationError`` by field when the parts do not fit each other."""
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            raise ValidationError({"ends_at": ENDS_BEFORE_START})


COLUMNS = (
    "title",
    "summary",
    "why",
    "source_name",
    "image_alt",
    "starts_at",
    "ends_at",
)


@transaction.atomic
def save_item(
    *,
    by: Membership,
    content: Content,
    now: datetime,
    item: Item | None = None,
    picture: ContentFile | None = None,
    remove_picture: bool = False,
    approve: bool = False,
) -> Item:
    """Write a new item, or ``item`` anew; with ``approve``, members may share it.

    ``picture`` comes from ``media.read_picture``. A live item stays live.
    """
    content.check()
    is_new = item is None
    item = Item(tenant_id=by.tenant_id, created_by=by) if item is None else lock(item)
    changed = write(item, content)
    if approve:
        let_live(item, by=by, now=now)
    item.save()
    if content.media is not None:
        item_media.arrange(item, content.media, now)
    if not item.source_url and not item_media.media_of(item):
        raise ValidationError({"source_url": NOTHING_TO_SEE})
    set_topics(item=item, names=content.topics)
    put_suggested_texts(item, content.suggested_texts)
    if picture is not None or remove_picture:
        change_picture(item, picture)
    audit.record(
        "item.created" if is_new else "item.changed", item, by=by, fields=changed
    )
    if approve:
        audit.record("item.approved", item, by=by)
    return item


@transaction.atomic
def approve_item(*, by: Membership, item: Item, now: datetime) -> Item:
    """Let members share the item. Approving again changes nothing."""
    item = lock(item)
    if item.state != Item.State.APPROVED:
        let_live(item, by=by, now=now)
        item.save(update_fields=["state", "approved_by", "approved_at", "updated_at"])
        audit.record("item.approved", item, by=by)
    return item


@transaction.atomic
def archive_item(*, by: Membership, item: Item) -> Item:
    """Take the item out of the feed; what was shared stays. Again changes nothing."""
    item = lock(item)
    if item.state == Item.State.DRAFT:
        raise NotApproved
    if item.state != Item.State.ARCHIVED:
        item.state = Item.State.ARCHIVED
        item.save(update_fields=["state", "updated_at"])
        audit.record("item.archived", item, by=by)
    return item


@transaction.atomic
def delete_draft(*, by: Membership, item: Item) -> None:
    """Delete an item that no member has ever seen, its picture and files included."""
    item = lock(item)
    if item.state != Item.State.DRAFT:
        raise NotADraft
    item_media.delete_files(item_media.media_of(item))
    delete_file_after_commit(item, item.image.name)
    audit.record("item.deleted", item, by=by, title=item.title)
    item.delete()


@transaction.atomic
def set_topics(*, item: Item, names: Iterable[str]) -> None:
    """Let the item be about exactly the topics of these names; new names become topics."""
    topics.put_topics(item, topics.find_or_make_topics(item.tenant_id, names))


# -- Steps ------------------------------------------------------------------------------


def lock(item: Item) -> Item:
    """Return the item as it stands now, held until the transaction ends."""
    rows = Item.objects.for_tenant(item.tenant_id).select_for_update(of=("self",))
    return rows.get(pk=item.pk)


def write(item: Item, content: Content) -> list[str]:
    """Put the content on the item and return the names of the fields that changed."""
    values = {name: getattr(content, name) for name in COLUMNS}
    values["source_url"] = content.source_url and clean_address(content.source_url)
    changed = [name for name, value in values.items() if getattr(item, name) != value]
    for name in changed:
        setattr(item, name, values[name])
    return changed


def let_live(item: Item, *, by: Membership, now: datetime) -> None:
    """Approve the item in memory. One that is approved already keeps its moment."""
    if item.ends_at is not None and item.ends_at <= now:
        raise ValidationError({"ends_at": ALREADY_OVER})
    if item.state != Item.State.APPROVED:
        item.state = Item.State.APPROVED
        item.approved_by, item.approved_at = by, now


def put_suggested_texts(item: Item, suggestions: Iterable[Suggestion]) -> None:
    """Put these texts in the place of the item's present ones, in this order."""
    SuggestedText.objects.for_tenant(item.tenant_id).filter(item=item).delete()
    SuggestedText.objects.bulk_create(
        SuggestedText(
            tenant_id=item.tenant_id,
            item=item,
            network=suggestion.network,
            text=suggestion.text,
            position=position,
        )
        for position, suggestion in enumerate(suggestions)
    )


def change_picture(item: Item, picture: ContentFile | None) -> None:
    """Store the new picture, or none. Last of all: files know no rollback."""
    old = item.image.name
    item.image = picture
    item.save(update_fields=["image", "updated_at"])
    delete_file_after_commit(item, old)


def delete_file_after_commit(item: Item, name: str | None) -> None:
    """Delete a stored picture once nothing speaks of it any more."""
    if name:
        transaction.on_commit(partial(item.image.storage.delete, name), robust=True)
