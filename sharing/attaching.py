"""Which of an item's files go with a post, and what is said of those that stay behind."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from content_library.models import Item, ItemMedia
from sharing.connectors.base import Connector
from sharing.connectors.media import rule_for
from sharing.connectors.text import Sentence
from sharing.media import as_kept, chosen, facts, why_not_fetched

KNOWN = "_files"


@dataclass(frozen=True)
class Attached:
    """``problem``: why there can be no post at all. ``note``: why some stay behind."""

    files: tuple[ItemMedia, ...] = ()
    problem: str = ""
    note: str = ""

    @property
    def frozen(self) -> list[dict[str, str]]:
        """As a publication keeps it."""
        return [{"id": str(one.pk), "alt": one.alt} for one in self.files]


def attach(connector: Connector, item: Item, stored: Sequence[ItemMedia]) -> Attached:
    """Choose what this network takes of the item's files: all, the first ones, or none.

    Only where a post needs a picture is it a problem that none can go along.
    """
    files = first_ones(connector, stored)
    wrong = judged(connector, files)
    if not wrong:
        return Attached(tuple(files), note=left_out(connector, stored, files))
    if connector.needs_media:
        return Attached(problem=wrong)
    return Attached(note=without(wrong, item) if stored else "")


def files_of(item: Item) -> list[ItemMedia]:
    """Return the item's files in order; read once for an item at hand."""
    known: list[ItemMedia] | None = item.__dict__.get(KNOWN)
    if known is None:
        known = item.__dict__[KNOWN] = chosen(item)
    return known


def first_ones(
    connector: Connector, stored: Sequence[ItemMedia]
) -> Sequence[ItemMedia]:
    """Return as many as fit into one post, in their order."""
    if not stored:
        return stored
    rule = rule_for(connector.limits.media, as_kept(stored[0]))
    return stored[: rule.most] if rule else stored


def judged(connector: Connector, files: Sequence[ItemMedia]) -> str:
    """Return why these files cannot go along, in the reader's language."""
    if problems := connector.check_media(facts(connector, files)):
        return told(problems[0])
    is_fetched = {file.kind for file in files} & connector.fetches_media
    return why_not_fetched(connector) if is_fetched else ""


def left_out(
    connector: Connector, stored: Sequence[ItemMedia], files: Sequence[ItemMedia]
) -> str:
    if len(files) == len(stored):
        return ""
    return ngettext(
        "%(network)s takes %(count)s: the first one goes along.",
        "%(network)s takes %(count)s in a post: the first ones go along.",
        len(files),
    ) % {"network": connector.label, "count": len(files)}


def without(wrong: str, item: Item) -> str:
    if item.source_url:
        return _("%(why)s Your words and the link go out without it.") % {"why": wrong}
    return _("%(why)s Your words go out without it.") % {"why": wrong}


def told(problem: str) -> str:
    if isinstance(problem, Sentence):
        return _(problem.msgid) % problem.values
    return problem
