"""A player asks for parts of a file, in any words; it gets a part, the whole, or a no."""

from hypothesis import given
from hypothesis import strategies as st

from common.files import part_of

SIZES = st.integers(1, 10**12)


@given(SIZES, st.integers(0, 10**12), st.integers(0, 10**12))
def test_what_is_given_lies_inside_the_file_and_is_what_was_asked(
    size: int, first: int, last: int
) -> None:
    part = part_of(f"bytes={first}-{last}", size)

    if first >= size and first <= last:
        assert part is None
    elif first > last:
        assert part == (0, size)
    else:
        assert part == (first, min(last, size - 1) - first + 1)


@given(SIZES, st.integers(0, 10**12))
def test_the_end_of_a_file_is_its_last_bytes(size: int, length: int) -> None:
    part = part_of(f"bytes=-{length}", size)

    assert part == ((size - min(length, size), min(length, size)) if length else None)


@given(SIZES, st.text(max_size=60) | st.from_regex(r"bytes=[0-9,-]{0,50}"))
def test_no_words_lead_outside_the_file(size: int, asked: str) -> None:
    part = part_of(asked, size)

    if part is not None:
        first, length = part
        assert 0 <= first < first + length <= size
