"""Which groups may be shown, so that no number tells of fewer than k people.

Pure. Hiding the small groups is not enough: what is shown taken from the whole must
not leave a small group either. So groups go on being hidden, the smallest first,
until the hidden ones together are nobody or at least k. Every group of people that
can be computed from what is shown is a union of shown groups and of that remainder.
"""

from collections.abc import Hashable, Mapping
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


def groups_to_show(sizes: Mapping[Key, int], whole: int, k: int) -> set[Key]:
    """Return the groups to show of ``whole`` people, of whom some may be in none."""
    shown = {key: size for key, size in sizes.items() if size >= k}
    by_size = sorted(shown, key=lambda key: (shown[key], str(key)), reverse=True)
    while by_size and 0 < whole - sum(shown[key] for key in by_size) < k:
        by_size.pop()
    return set(by_size)
