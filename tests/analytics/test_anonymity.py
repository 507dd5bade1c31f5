from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from analytics.anonymity import groups_to_show

SIZES = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 14), max_size=8)
K = st.integers(5, 8)


def test_a_group_of_fewer_than_k_is_hidden_together_with_the_one_that_would_betray_it() -> (
    None
):
    assert groups_to_show({"big": 20, "mid": 9, "few": 3}, 32, 5) == {"big"}


def test_two_small_groups_hide_each_other() -> None:
    assert groups_to_show({"big": 20, "few": 3, "some": 4}, 27, 5) == {"big"}


def test_people_without_a_group_are_protected_as_well() -> None:
    assert groups_to_show({"big": 20, "mid": 9}, 31, 5) == {"big"}
    assert groups_to_show({"big": 20, "mid": 9}, 29, 5) == {"big", "mid"}


@given(SIZES, st.integers(0, 9), K)
def test_no_difference_of_shown_numbers_tells_of_fewer_than_k_people(
    sizes: dict[str, int], in_no_group: int, k: int
) -> None:
    whole = sum(sizes.values()) + in_no_group
    shown = groups_to_show(sizes, whole, k)

    for count in range(len(shown) + 1):
        for chosen in combinations(sorted(shown), count):
            together = sum(sizes[key] for key in chosen)
            assert together == 0 or together >= k
            assert whole == 0 or not 0 < whole - together < k or not shown


@given(SIZES, st.integers(0, 9), K)
def test_a_larger_smallest_group_never_shows_more(
    sizes: dict[str, int], in_no_group: int, k: int
) -> None:
    whole = sum(sizes.values()) + in_no_group

    assert len(groups_to_show(sizes, whole, k + 1)) <= len(
        groups_to_show(sizes, whole, k)
    )
