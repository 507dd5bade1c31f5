"""The sandbox's own record of posts against what our rows claim. The sandbox is right."""

import json
import urllib.request
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tools.chaos.pressing import Crowd
from tools.roles import DATABASE, session
from tools.servers import ADMIN

MOVING = """
SELECT count(*) FROM sharing_publication
WHERE state IN ('claimed', 'sending', 'pending', 'unknown')
   OR state = 'ready' AND not_before < now() + interval '1 minute'
"""
ROWS = """
SELECT id::text, share_id::text, network, state, reason, remote_id, card->>'link'
FROM sharing_publication
"""


@dataclass(frozen=True)
class Row:
    id: str
    share: str
    network: str
    state: str
    reason: str
    remote_id: str
    link: str


@dataclass
class Verdict:
    publications: int = 0
    published: int = 0
    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    phantom: list[str] = field(default_factory=list)
    parked: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    late: int = 0
    times: list[float] = field(default_factory=list)  # when each post was taken

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.duplicated or self.phantom)


def still_moving(folder: str) -> int:
    """How many publications will change without anybody doing anything."""
    with session(host=folder, user=ADMIN, dbname=DATABASE) as run:
        return int(run(MOVING)[0][0])


def judge(folder: str, sandbox: str, crowd: Crowd) -> Verdict:
    with session(host=folder, user=ADMIN, dbname=DATABASE) as run:
        rows = [Row(*values) for values in run(ROWS)]
    taken = all_posts(sandbox)
    posts = posts_by_link(taken, {row.link for row in rows})
    verdict = Verdict(publications=len(rows))
    verdict.times = [datetime.fromisoformat(post["at"]).timestamp() for post in taken]
    verdict.lost += missing(rows, crowd)
    for row in rows:
        judge_row(row, posts[row.link], verdict)
    return verdict


def all_posts(sandbox: str) -> list[Any]:
    with urllib.request.urlopen(f"{sandbox}/_sandbox/posts") as answer:  # noqa: S310
        posts: list[Any] = json.load(answer)
        return posts


def posts_by_link(posts: list[Any], links: set[str]) -> dict[str, list[Any]]:
    """Each post carries its publication's own link: in the card, or in the text."""
    found: dict[str, list[Any]] = defaultdict(list)
    for post in posts:
        words = [post["card"].get("source", ""), *post["text"].split()]
        for link in set(words) & links:
            found[link].append(post)
    return found


def missing(rows: list[Row], crowd: Crowd) -> list[str]:
    """Accepted presses that are no longer there, and keys that made two shares."""
    there = {row.id for row in rows}
    lost = [
        f"{pressed.key}: accepted, and publication {one} is gone"
        for pressed in crowd.accepted.values()
        for one in pressed.publications
        if one not in there
    ]
    return lost + [f"{key}: one key made two shares" for key in crowd.split]


def judge_row(row: Row, posts: list[Any], verdict: Verdict) -> None:
    said = f"{row.network} {row.id} {row.state} ({row.reason})"
    verdict.states[row.state] += 1
    if len(posts) > 1:
        verdict.duplicated.append(f"{said}: {len(posts)} posts stand")
    if row.state == "published":
        verdict.published += 1
        verdict.late += row.reason == "late_answer"
        if row.remote_id not in {post["id"] for post in posts}:
            verdict.phantom.append(f"{said}: no such post")
    elif row.state in ("cancelled", "failed") and posts:
        verdict.phantom.append(f"{said}: and yet it stands")
    elif row.state == "needs_user":
        out = "stands" if posts else "does not stand"
        verdict.parked[f"{row.network} {row.reason}, {out}"] += 1
    elif row.state in ("claimed", "sending", "pending", "unknown", "ready"):
        if row.state == "ready" and row.reason == "rate_limited":
            verdict.parked["waits for a rate limit"] += 1
        else:
            verdict.lost.append(f"{said}: nobody takes it any further")
