"""Pictures are made to fit what a network takes, and never more than that."""

from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sharing.connectors.media import Kind, Rule, problems_of
from sharing.media.pictures import (
    SMALLEST_SIDE,
    Fact,
    foreseen,
    is_changed,
    make_fit,
    size_within,
)

JPEG = ("image/jpeg",)
SIDES = st.integers(40, 900)
RULES = st.builds(
    Rule,
    kind=st.just(Kind.IMAGE),
    types=st.sampled_from([JPEG, ("image/jpeg", "image/png"), ("image/png",)]),
    most_bytes=st.none() | st.integers(8_000, 60_000),
    most_side=st.none() | st.integers(64, 1200),
    most_pixels=st.none() | st.integers(10_000, 500_000),
    ratio=st.none() | st.just((0.8, 1.91)),
)


def noise(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """A picture that no encoder makes small."""
    image = Image.effect_noise((width, height), 90).convert(mode)
    if mode == "RGBA":
        image.putalpha(Image.linear_gradient("L").resize(image.size))
    return image


def stored(image: Image.Image, kind: str) -> tuple[bytes, Fact]:
    file = BytesIO()
    image.save(file, kind)
    data = file.getvalue()
    return data, Fact(Kind.IMAGE, f"image/{kind.lower()}", len(data), *image.size)


def fact_of(data: bytes) -> Fact:
    with Image.open(BytesIO(data)) as image:
        content_type = f"image/{(image.format or '').lower()}"
        return Fact(Kind.IMAGE, content_type, len(data), *image.size)


@settings(max_examples=60, deadline=None)
@given(SIDES, SIDES, st.sampled_from(["JPEG", "PNG"]), RULES)
def test_whatever_the_picture_and_the_rule_what_is_sent_is_within_it(
    width: int, height: int, kind: str, rule: Rule
) -> None:
    data, known = stored(noise(width, height), kind)
    told = foreseen(known, rule)

    sent = make_fit(data, rule, told.content_type) if is_changed(known, rule) else data
    made = fact_of(sent)

    assert made.content_type in rule.types
    assert rule.most_bytes is None or made.size <= rule.most_bytes
    assert made.width <= told.width <= width
    assert made.height <= told.height <= height
    if rule.ratio is None or rule.ratio[0] <= width / height <= rule.ratio[1]:
        assert problems_of(rule, told, "N") == []


@given(
    st.integers(100, 8000), st.integers(100, 8000), st.integers(64, 2000),
    st.sampled_from([(0.8, 1.91), (0.75, 16 / 9), (1.0, 1.0), (1 / 3, 3.0)]),
)  # fmt: skip
def test_a_shape_that_is_allowed_is_allowed_after_rounding(
    width: int, height: int, most: int, ratio: tuple[float, float]
) -> None:
    rule = Rule(Kind.IMAGE, JPEG, most_side=most, ratio=ratio)

    wide, high = size_within(rule, width, height)

    assert 1 <= max(wide, high) <= max(most, 1)
    if ratio[0] <= width / height <= ratio[1]:
        assert ratio[0] <= wide / high <= ratio[1]


def test_the_same_picture_and_rule_give_the_same_bytes() -> None:
    data, _ = stored(noise(500, 400), "PNG")
    rule = Rule(Kind.IMAGE, JPEG, most_bytes=40_000)

    assert make_fit(data, rule, JPEG[0]) == make_fit(data, rule, JPEG[0])


def test_a_limit_of_the_shorter_side_leaves_the_longer_one() -> None:
    rule = Rule(Kind.IMAGE, JPEG, most_side=1920, most_short=1080)

    assert size_within(rule, 1080, 1920) == (1080, 1920)
    assert size_within(rule, 4000, 3000) == (1440, 1080)
    assert size_within(rule, 3000, 3000) == (1080, 1080)
    assert size_within(rule, 4000, 1000) == (1920, 480)


def test_what_fits_is_sent_as_it_is() -> None:
    _, known = stored(noise(300, 200), "JPEG")

    assert not is_changed(known, Rule(Kind.IMAGE, JPEG, most_side=300))


def test_too_small_and_wrong_shapes_remain_the_persons_to_mend() -> None:
    rule = Rule(Kind.IMAGE, JPEG, least_side=320, most_side=1440, ratio=(0.8, 1.91))
    small, banner = (
        Fact(Kind.IMAGE, "image/png", 900, 100, 100),
        Fact(Kind.IMAGE, "image/png", 900, 4000, 900),
    )

    assert "at least 320" in problems_of(rule, foreseen(small, rule), "N")[0]
    assert "too wide" in problems_of(rule, foreseen(banner, rule), "N")[0]


def test_what_becomes_too_small_by_shrinking_is_told() -> None:
    rule = Rule(Kind.IMAGE, JPEG, least_side=320, most_side=1440)
    long = Fact(Kind.IMAGE, "image/png", 900, 4000, 400)

    assert "at least 320" in problems_of(rule, foreseen(long, rule), "N")[0]


def test_too_large_and_of_another_type_is_no_trouble() -> None:
    rule = Rule(Kind.IMAGE, JPEG, most_bytes=8_000_000, most_side=1440)
    large = Fact(Kind.IMAGE, "image/png", 90_000_000, 4000, 4000)

    assert problems_of(rule, foreseen(large, rule), "N") == []


def test_what_was_transparent_is_white_in_a_jpeg() -> None:
    data, _ = stored(Image.new("RGBA", (40, 40), (255, 0, 0, 0)), "PNG")

    made = make_fit(data, Rule(Kind.IMAGE, JPEG), JPEG[0])

    assert Image.open(BytesIO(made)).getpixel((9, 9)) == (255, 255, 255)


def test_no_network_gets_an_animation_with_fewer_frames() -> None:
    rule = Rule(Kind.IMAGE, ("image/gif",), most_bytes=100)

    told = foreseen(Fact(Kind.IMAGE, "image/gif", 5_000, 20, 20), rule)

    assert problems_of(rule, told, "N")


@pytest.mark.parametrize("kind", [Kind.VIDEO, Kind.DOCUMENT])
def test_films_and_documents_are_sent_as_they_are(kind: Kind) -> None:
    rule = Rule(kind, ("video/mp4",), most_bytes=10)

    assert not is_changed(Fact(kind, "video/quicktime", 99), rule)


def test_a_limit_nobody_can_keep_ends() -> None:
    data, _ = stored(noise(120, 90), "PNG")

    made = make_fit(data, Rule(Kind.IMAGE, JPEG, most_bytes=1), JPEG[0])

    assert min(Image.open(BytesIO(made)).size) <= SMALLEST_SIDE
