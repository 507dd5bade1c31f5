"""The judge of ``./dev chaos`` sees what it must see."""

from random import Random
from typing import Any

import pytest

from tools.chaos.pressing import Crowd, Pressed
from tools.chaos.verdict import Row, Verdict, judge_row, missing


def row(state: str, **changes: str) -> Row:
    values = {
        "id": "p1",
        "share": "s1",
        "network": "x",
        "reason": "",
        "remote_id": "7",
        "link": "http://localhost/l/abc",
    }
    return Row(state=state, **(values | changes))


def judged(state: str, posts: list[Any], **changes: str) -> Verdict:
    verdict = Verdict()
    judge_row(row(state, **changes), posts, verdict)
    return verdict


@pytest.mark.parametrize(
    ("state", "posts", "finding"),
    [
        ("published", [{"id": "7"}, {"id": "8"}], "duplicated"),
        ("published", [], "phantom"),
        ("published", [{"id": "9"}], "phantom"),
        ("cancelled", [{"id": "7"}], "phantom"),
        ("failed", [{"id": "7"}], "phantom"),
        ("sending", [], "lost"),
        ("ready", [], "lost"),
    ],
)
def test_what_must_not_be_is_found(state: str, posts: list[Any], finding: str) -> None:
    verdict = judged(state, posts)

    assert getattr(verdict, finding)
    assert not verdict.is_clean


@pytest.mark.parametrize(
    ("state", "posts", "reason"),
    [
        ("published", [{"id": "7"}], ""),
        ("cancelled", [], "by_member"),
        ("needs_user", [], "unconfirmed"),
        ("needs_user", [{"id": "7"}], "unconfirmed"),
        ("ready", [], "rate_limited"),
    ],
)
def test_what_may_be_is_clean(state: str, posts: list[Any], reason: str) -> None:
    assert judged(state, posts, reason=reason).is_clean


def test_an_accepted_press_without_its_row_is_lost() -> None:
    crowd = Crowd(world=[], port=1, chance=Random(1))  # noqa: S311
    crowd.accepted["k"] = Pressed("k", "s1", ["p1", "p2"])
    crowd.split.append("k2")

    assert len(missing([row("published")], crowd)) == 2
