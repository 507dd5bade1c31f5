"""Draw the items' pictures: flat landscapes in a few colours, no stock photographs."""

import math
import random
from io import BytesIO

from PIL import Image, ImageDraw

WIDTH, HEIGHT, SCALE = 960, 640, 2
PALETTES = (
    ("#0f766e", "#129a8c", "#134e4a", "#fef3c7"),
    ("#831843", "#be185d", "#500724", "#fbcfe8"),
    ("#b45309", "#e08e0b", "#78350f", "#fffbeb"),
    ("#1e3a8a", "#3b6fd4", "#172554", "#dbeafe"),
    ("#3f6212", "#7a9e2b", "#1a2e05", "#fef9c3"),
    ("#4c1d95", "#7c5cd6", "#2e1065", "#ede9fe"),
    ("#155e75", "#3aa0ba", "#083344", "#fde68a"),
)
Colours = tuple[str, str, str, str]


def draw(motif: str, seed: int) -> BytesIO:
    """Return a picture of ``motif`` as a JPEG; the same seed draws the same picture."""
    dice = random.Random(seed)  # noqa: S311  a drawing is no secret
    colours = PALETTES[seed % len(PALETTES)]
    image = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), colours[0])
    MOTIFS[motif](ImageDraw.Draw(image), colours, dice)
    file = BytesIO()
    image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS).save(
        file, "JPEG", quality=88
    )
    file.seek(0)
    return file


def disc(
    pen: ImageDraw.ImageDraw, x: float, y: float, radius: float, colour: str
) -> None:
    across, down, size = x * WIDTH * SCALE, y * HEIGHT * SCALE, radius * HEIGHT * SCALE
    pen.ellipse((across - size, down - size, across + size, down + size), fill=colour)


def hills(
    pen: ImageDraw.ImageDraw, y: float, swing: float, colour: str, dice: random.Random
) -> None:
    phase, pace = dice.uniform(0, math.tau), dice.uniform(0.9, 1.9)
    top = [
        (
            step / 80 * WIDTH * SCALE,
            (y + swing * math.sin(phase + pace * step / 80 * math.tau))
            * HEIGHT
            * SCALE,
        )
        for step in range(81)
    ]
    pen.polygon(
        [*top, (WIDTH * SCALE, HEIGHT * SCALE), (0, HEIGHT * SCALE)], fill=colour
    )


def sea(pen: ImageDraw.ImageDraw, colours: Colours, dice: random.Random) -> None:
    disc(pen, dice.uniform(0.6, 0.8), 0.35, 0.42, colours[1])
    disc(pen, dice.uniform(0.15, 0.35), 0.32, 0.11, colours[3])
    hills(pen, 0.66, 0.04, colours[2], dice)
    for x in sorted(dice.uniform(0.1, 0.9) for _ in range(3)):
        turbine(pen, x, 0.68, dice.uniform(0.2, 0.32), colours[3])


def turbine(
    pen: ImageDraw.ImageDraw, x: float, foot: float, size: float, colour: str
) -> None:
    across, ground = x * WIDTH * SCALE, foot * HEIGHT * SCALE
    hub = ground - size * HEIGHT * SCALE
    pen.line((across, ground, across, hub), fill=colour, width=5 * SCALE)
    for turn in (0.2, 0.2 + math.tau / 3, 0.2 + 2 * math.tau / 3):
        reach = size * 0.55 * HEIGHT * SCALE
        tip = (across + reach * math.sin(turn), hub - reach * math.cos(turn))
        pen.line((across, hub, *tip), fill=colour, width=4 * SCALE)


def portrait(pen: ImageDraw.ImageDraw, colours: Colours, dice: random.Random) -> None:
    disc(pen, dice.uniform(0.75, 0.9), 0.2, 0.3, colours[1])
    disc(pen, 0.5, 1.15, 0.6, colours[1])
    disc(pen, 0.5, 0.42, 0.23, colours[3])


def mountain(pen: ImageDraw.ImageDraw, colours: Colours, dice: random.Random) -> None:
    disc(pen, dice.uniform(0.2, 0.8), 0.24, 0.13, colours[3])
    for colour, base in ((colours[1], 0.25), (colours[2], 0.5)):
        ridge = [(step / 6, base + dice.uniform(0, 0.3)) for step in range(7)]
        points = [(x * WIDTH * SCALE, y * HEIGHT * SCALE) for x, y in ridge]
        pen.polygon(
            [*points, (WIDTH * SCALE, HEIGHT * SCALE), (0, HEIGHT * SCALE)], fill=colour
        )


def sun(pen: ImageDraw.ImageDraw, colours: Colours, dice: random.Random) -> None:
    disc(pen, 0.5, 0.62, 0.36, colours[1])
    disc(pen, 0.5, 0.62, 0.22, colours[3])
    hills(pen, 0.68, 0.03, colours[2], dice)


def field(pen: ImageDraw.ImageDraw, colours: Colours, dice: random.Random) -> None:
    disc(pen, dice.uniform(0.15, 0.85), 0.25, 0.14, colours[3])
    hills(pen, 0.5, 0.07, colours[1], dice)
    hills(pen, 0.68, 0.06, colours[2], dice)


MOTIFS = {
    "sea": sea,
    "portrait": portrait,
    "mountain": mountain,
    "sun": sun,
    "field": field,
}
