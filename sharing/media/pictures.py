"""A picture made to fit what a network takes. Pillow and numbers, no rows, no files.

The same picture and rule give the same bytes, so a second attempt sends what the first did.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from math import sqrt

from PIL import Image

from content_library.media import on_white
from sharing.connectors.media import Facts, Kind, Rule

JPEG, PNG, GIF = "image/jpeg", "image/png", "image/gif"
FORMATS = ("JPEG", "PNG", "GIF")  # what we store
QUALITIES = (90, 85, 80, 74, 66, 56, 45)
SMALLER = 0.8  # of each side, where no quality makes it light enough
SMALLEST_SIDE = 8


@dataclass(frozen=True)
class Fact:
    """What is known of a file that we would send."""

    kind: Kind
    content_type: str
    size: int
    width: int | None = None
    height: int | None = None
    seconds: float | None = None


def is_changed(file: Facts, rule: Rule) -> bool:
    """Tell whether the file is sent otherwise than it is kept."""
    if file.kind != Kind.IMAGE or target(rule) is None:
        return False
    if file.content_type == GIF and GIF in rule.types:
        return False  # an animation that became smaller would be no animation
    return (
        file.content_type not in rule.types
        or (rule.most_bytes is not None and file.size > rule.most_bytes)
        or size_within(rule, file.width or 1, file.height or 1)
        != (file.width or 1, file.height or 1)
    )


def target(rule: Rule) -> str | None:
    """Return what a picture becomes; None where a rule takes nothing that we can write."""
    return next((one for one in (JPEG, PNG) if one in rule.types), None)


def foreseen(file: Facts, rule: Rule) -> Fact:
    """Return what would be sent, without making it."""
    known = Fact(
        Kind(file.kind),
        file.content_type,
        file.size,
        file.width,
        file.height,
        file.seconds,
    )
    if not is_changed(file, rule):
        return known
    width, height = size_within(rule, file.width or 1, file.height or 1)
    size = file.size if rule.most_bytes is None else min(file.size, rule.most_bytes)
    return Fact(known.kind, target(rule) or JPEG, size, width, height)


def size_within(rule: Rule, width: int, height: int) -> tuple[int, int]:
    """Return the largest size of the same shape that the rule takes; never a larger one."""
    factor = 1.0
    if rule.most_side is not None:
        factor = min(factor, rule.most_side / max(width, height))
    if rule.most_short is not None:
        factor = min(factor, rule.most_short / min(width, height))
    if rule.most_pixels is not None:
        factor = min(factor, sqrt(rule.most_pixels / (width * height)))
    if factor == 1.0:
        return width, height
    return scaled(rule, width, height, factor)


def scaled(rule: Rule, width: int, height: int, factor: float) -> tuple[int, int]:
    """Return the size times ``factor``. Rounding must not spoil a shape that is allowed."""
    wide, high = max(1, int(width * factor)), max(1, int(height * factor))
    if rule.ratio is not None:
        narrowest, widest = rule.ratio
        if narrowest <= width / height <= widest:
            if wide / high > widest:
                wide = max(1, int(high * widest))
            elif wide / high < narrowest:
                high = max(1, int(wide / narrowest))
    return wide, high


def make_fit(data: bytes, rule: Rule, content_type: str) -> bytes:
    """Return the picture as a file that the rule takes, as far as making it smaller helps."""
    with Image.open(BytesIO(data), formats=FORMATS) as opened:
        image = opened.convert("RGBA") if opened.mode == "P" else opened
        image = on_white(image) if content_type == JPEG else image.copy()
    made = b""
    for made in attempts(image, rule, content_type):
        if rule.most_bytes is None or len(made) <= rule.most_bytes:
            break
    return made


def attempts(image: Image.Image, rule: Rule, content_type: str) -> Iterator[bytes]:
    """Yield ever lighter files of the picture."""
    width, height = size_within(rule, *image.size)
    factor = 1.0
    while True:
        size = (width, height) if factor == 1.0 else scaled(rule, width, height, factor)
        drawn = image.resize(size, Image.Resampling.LANCZOS)
        for quality in QUALITIES if content_type == JPEG else QUALITIES[:1]:
            yield written(drawn, content_type, quality)
        if min(size) <= SMALLEST_SIDE:
            return
        factor *= SMALLER


def written(image: Image.Image, content_type: str, quality: int) -> bytes:
    image.info.clear()
    file = BytesIO()
    if content_type == JPEG:
        # Baseline: some networks read no progressive ones.
        image.save(file, "JPEG", quality=quality, optimize=True)
    else:
        image.save(file, "PNG", optimize=True)
    return file.getvalue()
