"""What a member may choose for a post on Instagram: whether it is a story."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sharing.connectors import media
from sharing.connectors.forms import (
    ON,
    Bar,
    Field,
    Kind,
    Note,
    ShareForm,
    problems,
    settled,
)
from sharing.connectors.text import Sentence, _
from sharing.connectors.types import Post, Tokens
from sharing.networks.instagram.graph import Graph

STORY = "story"

_AS_STORY = _("Post it as a story")
_A_DAY = _("A story shows no text, and is gone after a day.")
_ONE = _("A story takes one picture or one video.")
_LINKS = _(
    "Links cannot be clicked in a post on Instagram, so none is added. Say where people find it, in your bio for example."
)


class Asking(Graph):
    """The questions, which Instagram itself need not be asked for."""

    asks = True

    def share_form(self, tokens: Tokens, files: Sequence[media.Facts]) -> ShareForm:
        return ShareForm(fields=fields_for(files), notes=(Note(Sentence(_LINKS)),))

    def check_options(
        self, options: Mapping[str, str], files: Sequence[media.Facts]
    ) -> dict[str, Sentence]:
        return problems(fields_for(files), options)

    def settle_options(
        self, options: Mapping[str, str], files: Sequence[media.Facts]
    ) -> dict[str, str]:
        return settled(fields_for(files), options)


def fields_for(files: Sequence[media.Facts]) -> tuple[Field, ...]:
    bar = Bar(Sentence(_ONE)) if len(files) > 1 else None
    said = Sentence(_AS_STORY), Sentence(_A_DAY)
    return (Field(STORY, said[0], Kind.SWITCH, help=said[1], bar=bar),)


def is_story(post: Post) -> bool:
    return post.options.get(STORY) == ON


def one_story(post: Post) -> Sentence | None:
    """What is wrong with a story of several files."""
    too_many = is_story(post) and len(post.media) > 1
    return Sentence(_ONE) if too_many else None
