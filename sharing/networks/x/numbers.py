"""The numbers of posts on X: all may be asked for any time, some for thirty days."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sharing.connectors.types import Metrics, Tokens

if TYPE_CHECKING:
    from sharing.networks.x import X

BATCH = 100
# X tells clicks for 30 days; one day less, so that no clock makes it too late.
YOUNG_SECONDS = 29 * 24 * 3600
FIRST_MILLISECOND = 1288834974657  # of the ids that carry their time
PUBLIC, OWN = "public_metrics", "non_public_metrics"


def read(network: X, tokens: Tokens, remote_ids: Sequence[str]) -> dict[str, Metrics]:
    """Numbers by id. What X tells nobody is left out: it is gone, or not the member's."""
    now = time.time()
    young = [one for one in remote_ids if now - posted_at(one) < YOUNG_SECONDS]
    told, withheld = _ask(network, tokens, young, (PUBLIC, OWN))
    rest = [one for one in remote_ids if one not in young] + withheld
    more, _none = _ask(network, tokens, rest, (PUBLIC,))
    return told | more


def posted_at(remote_id: str) -> float:
    """The second in which a post was made, which its id carries; 0 for what is no id."""
    if not re.fullmatch(r"[0-9]{1,19}", remote_id):
        return 0.0
    return ((int(remote_id) >> 22) + FIRST_MILLISECOND) / 1000


def _ask(
    network: X, tokens: Tokens, remote_ids: Sequence[str], fields: tuple[str, ...]
) -> tuple[dict[str, Metrics], list[str]]:
    """The numbers told, and whose were withheld for a field and not because they are gone."""
    told: dict[str, Metrics] = {}
    withheld: list[str] = []
    for start in range(0, len(remote_ids), BATCH):
        batch = remote_ids[start : start + BATCH]
        params = {"ids": ",".join(batch), network.fields_name: ",".join(fields)}
        answer = network.call(
            "GET", f"{network.api}/tweets", tokens=tokens, params=params
        ).json()
        for post in _records(answer.get("data")):
            if str(post.get("id")) in batch:
                told[str(post["id"])] = _metrics(post)
        named = {_subject(error) for error in _records(answer.get("errors"))}
        withheld += [one for one in batch if one in named and one not in told]
    return told, withheld


def _records(value: object) -> Iterator[dict[str, Any]]:
    return (
        one
        for one in (value if isinstance(value, list) else ())
        if isinstance(one, dict)
    )


def _subject(error: dict[str, Any]) -> str:
    """Whose field was withheld; nothing where the post itself is not there."""
    if str(error.get("type")).endswith("/resource-not-found"):
        return ""
    return str(error.get("resource_id") or error.get("value") or "")


def _metrics(post: dict[str, Any]) -> Metrics:
    """Both generations of names: ``retweet_count`` became ``repost_count`` in 2026."""
    public, own = _counts(post.get(PUBLIC)), _counts(post.get(OWN))
    reposts = public.get("repost_count", public.get("retweet_count"))
    shares = [one for one in (reposts, public.get("quote_count")) if one is not None]
    return Metrics(
        impressions=public.get("impression_count"),
        likes=public.get("like_count"),
        comments=public.get("reply_count"),
        shares=sum(shares) if shares else None,
        saves=public.get("bookmark_count"),
        clicks=own.get("url_link_clicks"),
    )


def _counts(value: object) -> dict[str, int]:
    counts = value if isinstance(value, dict) else {}
    return {name: count for name, count in counts.items() if isinstance(count, int)}
