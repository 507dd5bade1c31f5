"""What every screen promises, read from the files: colours, contrast, icons, no inline code."""

import math
import re
from pathlib import Path

import pytest
from django.conf import settings

from common.gallery import icon_names
from common.templatetags.ui import HUES
from tenants.models.tenant import Hue

ROOT = Path(settings.BASE_DIR)
CSS = sorted((ROOT / "static" / "css").rglob("*.css"))
JS = sorted((ROOT / "static" / "js").rglob("*.js"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
PAGES = [
    path for path in TEMPLATES if "mails" not in path.parts
]  # mail needs inline style
TOKENS = ROOT / "static" / "css" / "tokens.css"

COLOUR = re.compile(
    r"#[0-9a-f]{3,8}\b(?=\s*[;,) ])|\b(?:rgba?|hsla?|oklch|oklab|lab|lch|hwb)\(|"
    r":\s*(?:white|black|red|green|blue|gr[ae]y|orange|yellow)\s*[;}]",
    re.IGNORECASE,
)
INLINE = re.compile(
    r"\sstyle=|<style|\son[a-z]+=|\shx-on|javascript:|<script(?![^>]*\ssrc=)"
)


@pytest.mark.parametrize(
    "path", [p for p in CSS + JS if p != TOKENS], ids=lambda p: p.name
)
def test_no_colour_stands_outside_the_tokens(path):
    assert COLOUR.findall(path.read_text()) == []


@pytest.mark.parametrize("path", CSS, ids=lambda p: p.name)
def test_every_style_rule_lives_in_a_layer(path):
    outside = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
    starts = re.findall(r"^(\S[^\n]*)", outside, flags=re.MULTILINE)

    assert all(line.startswith(("@layer", "}")) for line in starts)


@pytest.mark.parametrize("path", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_template_holds_inline_code_or_style(path):
    html = re.sub(r"{%.*?%}", "", path.read_text(), flags=re.DOTALL)
    assert INLINE.findall(html) == []


@pytest.mark.parametrize("path", CSS, ids=lambda p: p.name)
def test_every_token_in_use_exists(path):
    text = TOKENS.read_text() + path.read_text()
    known = set(re.findall(r"(--[a-z0-9-]+):", text))

    assert set(re.findall(r"var\((--[a-z0-9-]+)", path.read_text())) <= known


def test_every_icon_in_a_template_is_in_the_sprite():
    text = "\n".join(path.read_text() for path in TEMPLATES)
    used = set(re.findall(r"""{% icon ["']([a-z-]+)["']""", text))
    used |= set(re.findall(r"""{% nav_link ["'][a-z_:]+["'] ["']([a-z-]+)["']""", text))
    used |= set(re.findall(r"""\b(?:icon|symbol)=["']([a-z-]+)["']""", text))

    assert used <= set(icon_names())


def test_every_hue_of_a_tenant_has_tokens():
    assert set(HUES) == set(Hue.values)
    assert all(f'data-hue="{hue}"' in TOKENS.read_text() for hue in HUES[1:])


# -- Contrast: the palette is worked out for every hue in both themes ---------------

TEXT_PAIRS = [
    *[
        (ink, ground)
        for ink in ("ink", "ink-soft", "ink-faint")
        for ground in ("page", "surface", "raised", "sunken")
    ],
    ("ink-soft", "hover"),
    ("accent-ink", "page"),
    ("accent-ink", "surface"),
    ("accent-ink", "sunken"),
    ("accent-ink", "accent-soft"),
    ("on-accent", "accent"),
    ("on-accent", "accent-hover"),
    ("on-bad", "bad"),
    ("on-bad", "bad-hover"),
    *[
        (f"{tone}-ink", ground)
        for tone in ("good", "warn", "bad", "info")
        for ground in (f"{tone}-soft", "surface", "page")
    ],
    *[("ink", f"{tone}-soft") for tone in ("good", "warn", "bad", "info")],
    *[("accent-ink", f"{tone}-soft") for tone in ("good", "warn", "bad", "info")],
]
SHAPE_PAIRS = [
    ("line-strong", "surface"),
    ("accent", "page"),
    ("accent", "surface"),
    ("bad", "surface"),
    ("series-1", "surface"),
    ("series-2", "surface"),
    ("series-3", "surface"),
]


def declarations(block):
    return dict(re.findall(r"--([a-z0-9-]+):\s*([^;]+);", block))


def palette(hue, theme):
    """Return what each colour token computes to, as (lightness, chroma, hue)."""
    text = TOKENS.read_text()
    raw = declarations(text.split(":root { color-scheme")[1].split("@media")[0])
    raw |= declarations(re.search(r":root {( --hue[^}]+)}", text)[1])
    own = re.search(rf':root\[data-hue="{hue}"\] {{([^}}]+)}}', text)
    raw |= declarations(own[1]) if own else {}
    return {
        name: colour(value, raw, theme)
        for name, value in raw.items()
        if "oklch" in value or "var(--accent)" in value
    }


def colour(value, raw, theme):
    while (found := re.search(r"var\(--([a-z0-9-]+)\)", value)) is not None:
        value = value.replace(found[0], raw[found[1]])
    value = re.sub(
        r"calc\(([\d.]+) \* ([\d.]+)\)", lambda m: str(float(m[1]) * float(m[2])), value
    )
    both = re.findall(r"oklch\(([\d.]+) ([\d.]+) ([\d.]+)", value)
    return tuple(map(float, both[0 if theme == "light" else -1]))


def linear_rgb(colour):
    lightness, chroma, hue = colour
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    x = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    y = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    z = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * x - 3.3077115913 * y + 0.2309699292 * z,
        -1.2684380046 * x + 2.6097574011 * y - 0.3413193965 * z,
        -0.0041960863 * x - 0.7034186147 * y + 1.7076147010 * z,
    )


def contrast(one, other):
    def luminance(colour):
        red, green, blue = (min(1, max(0, part)) for part in linear_rgb(colour))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("hue", HUES)
def test_text_and_shapes_stand_out_from_their_ground(hue, theme):
    colours = palette(hue, theme)

    weak = [
        pair
        for pair in TEXT_PAIRS
        if contrast(colours[pair[0]], colours[pair[1]]) < 4.5
    ]
    weak += [
        pair for pair in SHAPE_PAIRS if contrast(colours[pair[0]], colours[pair[1]]) < 3
    ]

    assert weak == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("hue", HUES)
def test_no_colour_leaves_what_a_screen_can_show(hue, theme):
    beyond = [
        name
        for name, value in palette(hue, theme).items()
        if any(not -0.002 <= part <= 1.002 for part in linear_rgb(value))
    ]

    assert beyond == []
