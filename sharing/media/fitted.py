"""From an item's stored files to what a connector is given."""

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, cast
from uuid import UUID

from django.core.files.storage import default_storage
from PIL import Image

from content_library.item_media import media_of
from content_library.models import Item, ItemMedia
from content_library.public_files import folder_of, public_address
from sharing.connectors import errors
from sharing.connectors.connector import Connector
from sharing.connectors.media import Facts, Kind, Rule, rule_for
from sharing.connectors.text import Sentence, _
from sharing.connectors.types import Media
from sharing.media.pictures import JPEG, Fact, foreseen, is_changed, make_fit, target
from sharing.media.reach import media_is_public
from tenants.scoping import acting_for

_GONE = _("A picture, video or document of this post is no longer there.")
FOLDER = "fitted/"
LINES = 1  # count up when ``pictures`` makes other bytes of the same picture
EXTENSIONS = {JPEG: "jpg", "image/png": "png"}


def chosen(item: Item) -> list[ItemMedia]:
    """Return the item's files in order."""
    return media_of(item)


# -- What is known before anything is queued ---------------------------------------------


def facts(connector: Connector, stored: Sequence[ItemMedia]) -> list[Facts]:
    """Return what the connector would be given, for ``connector.check_media``."""
    return [facts_of(media, connector.limits.media) for media in stored]


def facts_of(media: ItemMedia, rules: Sequence[Rule]) -> Facts:
    """Return what a file would be after fitting; as it is, where no rule takes its kind."""
    kept = as_kept(media)
    rule = rule_for(rules, kept)
    return foreseen(kept, rule) if rule else kept


def as_kept(media: ItemMedia) -> Fact:
    return Fact(
        Kind(media.kind),
        media.content_type,
        media.size,
        media.width,
        media.height,
        media.seconds,
    )


# -- What is sent ------------------------------------------------------------------------


def fitted(
    connector: Connector, tenant_id: UUID, files: Sequence[Mapping[str, Any]]
) -> tuple[Media, ...]:
    """Return these files (``{"id", "alt"}``) as the connector takes them, in this order.

    Removed ones too, as long as they are kept. Raises ``Refused`` when one is gone. It
    reads rows in a transaction of its own and draws pictures outside of it.
    """
    if not files:
        return ()
    wanted = [(UUID(str(one["id"])), str(one.get("alt") or "")) for one in files]
    with acting_for(tenant_id):
        rows = ItemMedia.objects.for_tenant(tenant_id)
        known = rows.in_bulk([pk for pk, _alt in wanted])
    is_public = media_is_public() or connector.base_url is not None
    made = []
    for pk, alt in wanted:
        if pk not in known:
            raise gone()
        media = known[pk]
        media.alt = alt or media.alt
        rule = rule_for(connector.limits.media, as_kept(media))
        made.append(fit(media, rule, is_public=is_public))
    return tuple(made)


def fit(stored: ItemMedia, rule: Rule | None, *, is_public: bool = False) -> Media:
    """Return the file within the rule: a picture is made smaller, all else is as it is."""
    name, sent = stored.file.name or "", as_kept(stored)
    if rule is not None and is_changed(sent, rule):
        name, sent = draw(stored, rule)
    elif not default_storage.exists(name):
        raise gone()
    return Media(
        kind=sent.kind,
        content_type=sent.content_type,
        size=sent.size,
        open=opener(name),
        width=sent.width,
        height=sent.height,
        seconds=sent.seconds,
        alt=stored.alt,
        title=stored.name,
        url=public_address(stored.tenant_id, name) if is_public else "",
    )


def draw(stored: ItemMedia, rule: Rule) -> tuple[str, Fact]:
    """Return the name and the facts of the picture that fits, made if there is none yet."""
    content_type = target(rule) or JPEG
    name = made_name(stored, rule, content_type)
    path = Path(default_storage.path(name))
    if not path.exists():
        write_whole(path, make_fit(read(stored), rule, content_type))
    os.utime(path)  # kept as long as it is used
    return name, Fact(
        Kind.IMAGE, content_type, path.stat().st_size, *measured(str(path))
    )


def card_picture(tenant_id: UUID, name: str, alt: str) -> Media | None:
    """Return the picture of a card that is stored by this name; None where there is none."""
    if not name or not default_storage.exists(name):
        return None
    width, height = measured(default_storage.path(name))
    return Media(
        kind=Kind.IMAGE,
        content_type=JPEG,
        size=default_storage.size(name),
        open=opener(name),
        width=width,
        height=height,
        alt=alt,
        url=public_address(tenant_id, name) if media_is_public() else "",
    )


# -- Files ---------------------------------------------------------------------------------


def opener(name: str) -> Callable[[], BinaryIO]:
    return partial(cast(Any, open), default_storage.path(name), "rb")


def read(stored: ItemMedia) -> bytes:
    try:
        with opener(stored.file.name or "")() as file:
            return file.read()
    except OSError:
        raise gone() from None


def made_name(stored: ItemMedia, rule: Rule, content_type: str) -> str:
    """Return where the fitted picture lies; another rule, another file."""
    bounds = (rule.most_bytes, rule.most_side, rule.most_short, rule.most_pixels,
              rule.ratio)  # fmt: skip
    key = sha256(repr((LINES, content_type, bounds)).encode()).hexdigest()[:16]
    own = f"{stored.sha256[:40]}-{key}.{EXTENSIONS[content_type]}"
    return f"{folder_of(stored.tenant_id)}{FOLDER}{own}"


def write_whole(path: Path, data: bytes) -> None:
    """Write a file that nobody ever sees half: of two at once, one stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(data)
    os.chmod(file.name, 0o644)
    os.replace(file.name, path)


def measured(path: str) -> tuple[int, int]:
    with Image.open(path) as image:
        return image.size


def gone() -> errors.Refused:
    return errors.Refused(sentence=Sentence(_GONE), reason="media")
