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
SHAPES = (0.8, 1.91)  # of pictures in a post: 4:5 upright, and across

_AS_STORY = _("Post it as a story")
_A_DAY = _("A story shows no text, and is gone after a day.")
_ONE = _("A story takes one picture or one video.")
_UPRIGHT = _(
    "This picture is too upright for a post on Instagram: post it as a story, or crop it to 4:5."
)
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
        found = problems(fields_for(files), options)
        wrong = of_choice(is_story=options.get(STORY) == ON, files=files)
        return found or ({STORY: wrong} if wrong else {})

    def settle_options(
        self, options: Mapping[str, str], files: Sequence[media.Facts]
    ) -> dict[str, str]:
        return settled(fields_for(files), options)


def fields_for(files: Sequence[media.Facts]) -> tuple[Field, ...]:
    bar = Bar(Sentence(_ONE)) if len(files) > 1 else None
    label, day = Sentence(_AS_STORY), Sentence(_A_DAY)
    help_ = of_choice(is_story=False, files=files) or day
    return (Field(STORY, label, Kind.SWITCH, help=help_, bar=bar),)


def is_story(post: Post) -> bool:
    return post.options.get(STORY) == ON


def of_choice(is_story: bool, files: Sequence[media.Facts]) -> Sentence | None:
    """What is wrong with these files as the story or the post that they are to be."""
    if len(files) > 1:
        return Sentence(_ONE) if is_story else None
    return None if is_story or not any(map(is_upright, files)) else Sentence(_UPRIGHT)


def is_upright(file: media.Facts) -> bool:
    """A picture that a story alone can show."""
    if file.kind != media.Kind.IMAGE or not file.width or not file.height:
        return False
    return file.width / file.height < SHAPES[0]
