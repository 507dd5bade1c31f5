"""What a network takes of pictures, videos and documents, and what is wrong with one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from sharing.connectors.text import Sentence, _

MEGABYTE = 1024 * 1024

_TYPE = _("%(network)s does not take this kind of file (%(type)s).")
_TOO_MANY = _(
    "%(network)s takes at most %(most)s of these in one post; leave out %(over)s."
)
_TOO_FEW = _("%(network)s wants at least %(least)s of these in one post.")
_MIXED = _("%(network)s takes either pictures or one video in a post, not both.")
_NEEDED = _("A post on %(network)s needs a picture or a video. Choose one.")
_HEAVY = _("This file has %(size)s MB; %(network)s takes at most %(most)s MB.")
_LIGHT = _(
    "This file is too small for %(network)s: it has %(size)s KB, and at least %(least)s KB are needed."
)
_EMPTY = _("This file is empty. Upload it once more.")
_SMALL = _(
    "This is %(width)s by %(height)s pixels; %(network)s wants at least %(least)s on each side."
)
_LARGE = _(
    "This is %(width)s by %(height)s pixels; %(network)s takes at most %(most)s on each side."
)
_PIXELS = _(
    "This has %(millions)s million pixels; %(network)s takes at most %(most)s million."
)
_NARROW = _(
    "This is too narrow for %(network)s (%(width)s by %(height)s pixels). Use a wider one."
)
_WIDE = _(
    "This is too wide for %(network)s (%(width)s by %(height)s pixels). Use a less wide one."
)
_SHORT = _("This video runs %(seconds)s seconds; %(network)s wants at least %(least)s.")
_LONG = _("This video runs %(seconds)s seconds; %(network)s takes at most %(most)s.")


class Kind(StrEnum):
    """What a file is to a person. An animated GIF is a picture to us and a rule of its own."""

    IMAGE = "image"
    VIDEO = "video"
    DOCUMENT = "document"


class Facts(Protocol):
    """What has to be known of a file to judge it; None where it is not known."""

    @property
    def kind(self) -> Kind: ...
    @property
    def content_type(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def width(self) -> int | None: ...
    @property
    def height(self) -> int | None: ...
    @property
    def seconds(self) -> float | None: ...


@dataclass(frozen=True)
class Rule:
    """What a network takes of one kind, in one post. Sizes in bytes, sides in pixels.

    ``most_short`` is of the shorter side alone. ``ratio`` is the narrowest and the widest:
    width by height. Of pictures, what is larger than ``most_side``, heavier than ``most_bytes`` or of another type is made to
    fit by us before it is sent; what is too small or of another shape is not.
    """

    kind: Kind
    types: tuple[str, ...]
    most: int = 1
    least: int = 1
    most_bytes: int | None = None
    least_bytes: int = 1
    least_side: int | None = None
    most_side: int | None = None
    most_short: int | None = None
    most_pixels: int | None = None
    ratio: tuple[float, float] | None = None
    seconds: tuple[float, float] | None = None


def rule_for(rules: Sequence[Rule], file: Facts) -> Rule | None:
    """The rule a file falls under: the one that takes its type, else one of its kind."""
    of_kind = [rule for rule in rules if rule.kind == file.kind]
    exact = (rule for rule in of_kind if file.content_type in rule.types)
    return next(exact, of_kind[0] if of_kind else None)


def problems(
    rules: Sequence[Rule], files: Sequence[Facts], network: str
) -> list[Sentence]:
    """What is wrong with these files in one post, as sentences; empty when nothing is."""
    used = [rule_for(rules, file) for file in files]
    if any(rule is None for rule in used):
        alien = next(
            file for file, rule in zip(files, used, strict=True) if rule is None
        )
        return [Sentence(_TYPE, network=network, type=alien.content_type)]
    if len(set(used)) > 1:
        return [Sentence(_MIXED, network=network)]
    found: list[Sentence] = []
    if used and used[0] is not None:
        rule, count = used[0], len(files)
        if count > rule.most:
            found.append(too_many(rule.most, count, network))
        if count < rule.least:
            found.append(Sentence(_TOO_FEW, network=network, least=rule.least))
        for file in files:
            found += problems_of(rule, file, network)
    return found


def problems_of(rule: Rule, file: Facts, network: str) -> list[Sentence]:
    """What is wrong with one file."""
    if file.size == 0:
        return [Sentence(_EMPTY)]
    if file.content_type not in rule.types:
        return [Sentence(_TYPE, network=network, type=file.content_type)]
    return [
        *of_weight(rule, file, network),
        *of_shape(rule, file, network),
        *of_length(rule, file, network),
    ]


def of_weight(rule: Rule, file: Facts, network: str) -> list[Sentence]:
    if rule.most_bytes is not None and file.size > rule.most_bytes:
        size, most = megabytes(file.size), megabytes(rule.most_bytes)
        return [Sentence(_HEAVY, network=network, size=size, most=most)]
    if file.size < rule.least_bytes:
        size, least = file.size // 1024, rule.least_bytes // 1024
        return [Sentence(_LIGHT, network=network, size=size, least=least)]
    return []


def of_shape(rule: Rule, file: Facts, network: str) -> list[Sentence]:
    width, height = file.width, file.height
    if not width or not height:
        return []
    said = {"network": network, "width": width, "height": height}
    if rule.least_side is not None and min(width, height) < rule.least_side:
        return [Sentence(_SMALL, **said, least=rule.least_side)]
    if rule.most_side is not None and max(width, height) > rule.most_side:
        return [Sentence(_LARGE, **said, most=rule.most_side)]
    if rule.most_short is not None and min(width, height) > rule.most_short:
        return [Sentence(_LARGE, **said, most=rule.most_short)]
    if rule.most_pixels is not None and width * height > rule.most_pixels:
        millions, most = round(width * height / 1e6), int(rule.most_pixels / 1e6)
        return [Sentence(_PIXELS, network=network, millions=millions, most=most)]
    if rule.ratio is not None and width / height < rule.ratio[0]:
        return [Sentence(_NARROW, **said)]
    if rule.ratio is not None and width / height > rule.ratio[1]:
        return [Sentence(_WIDE, **said)]
    return []


def of_length(rule: Rule, file: Facts, network: str) -> list[Sentence]:
    if rule.seconds is None or file.seconds is None:
        return []
    least, most = rule.seconds
    seconds = round(file.seconds, 1)
    if file.seconds < least:
        return [Sentence(_SHORT, network=network, seconds=seconds, least=least)]
    if file.seconds > most:
        return [Sentence(_LONG, network=network, seconds=seconds, most=most)]
    return []


def megabytes(size: int) -> float:
    return round(size / MEGABYTE, 1)


def too_many(most: int, count: int, network: str) -> Sentence:
    """What to say of more files than go into one post."""
    return Sentence(_TOO_MANY, network=network, most=most, over=count - most)


def needed(network: str) -> Sentence:
    """What to say where a network takes no post without a picture or video."""
    return Sentence(_NEEDED, network=network)
