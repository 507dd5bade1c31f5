"""The numbers of a post: https://developers.facebook.com/docs/instagram-platform/reference/instagram-media/insights
(read 2026-08). One name that does not fit the kind of post spoils a whole question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sharing.connectors import errors
from sharing.connectors.types import Metrics, Tokens
from sharing.networks.instagram.graph import LOST, Graph

SCOPE = "instagram_business_manage_insights"
FEED = ("views", "reach", "likes", "comments", "saved", "shares", "reposts")
SETS = {
    "FEED": FEED,
    "REELS": FEED,
    "STORY": ("views", "reach", "replies", "shares"),
}

Numbers = dict[str, int]


class Insights(Graph):
    """What can be measured."""

    def metrics(self, tokens: Tokens, remote_ids: Sequence[str]) -> dict[str, Metrics]:
        told = {one: self._measure(tokens, one) for one in remote_ids}
        return {one: metrics for one, metrics in told.items() if metrics is not None}

    def _measure(self, tokens: Tokens, remote_id: str) -> Metrics | None:
        """Two questions: what is to be seen on the post, then what its owner is told."""
        fields = "media_product_type,like_count,comments_count"
        try:
            answer = self.call(
                "GET", self.at(remote_id), tokens=tokens, params={"fields": fields}
            )
        except errors.QuestionRefused:
            return None
        except errors.TryLater as later:
            if later.reason != LOST:
                raise
            return None
        seen = answer.json()
        names = SETS.get(str(seen.get("media_product_type")), FEED)
        numbers = self._insights(tokens, remote_id, names)
        counts = {
            "likes": _count(seen.get("like_count")),
            "comments": _count(seen.get("comments_count")),
        }
        return _metrics({**counts, **numbers})

    def _insights(
        self, tokens: Tokens, remote_id: str, names: Sequence[str]
    ) -> Mapping[str, int | None]:
        """All in one question; where that is refused, one by one."""
        if tokens.scopes and SCOPE not in tokens.scopes:
            return {}
        url = self.at(f"{remote_id}/insights")
        try:
            answer = self.call(
                "GET", url, tokens=tokens, params={"metric": ",".join(names)}
            )
        except (errors.QuestionRefused, errors.OperatorAction):
            # Code 10 is also what a story says that hardly anybody has seen.
            if len(names) == 1:
                return {}
        else:
            return _numbers(answer.json())
        found: Numbers = {}
        for name in names:
            found |= self._insights(tokens, remote_id, (name,))  # type: ignore[arg-type]
        return found


def _numbers(said: Mapping[str, object]) -> Numbers:
    """An empty list means that nothing is known, not that it is zero."""
    listed = said.get("data")
    found: Numbers = {}
    for one in listed if isinstance(listed, list) else ():
        value = _value(one) if isinstance(one, dict) else None
        if value is not None:
            found[str(one.get("name"))] = value
    return found


def _value(one: Mapping[str, object]) -> int | None:
    """Two forms, by the metric: a total, or values of which a lifetime has one."""
    total, values = one.get("total_value"), one.get("values")
    if isinstance(total, dict):
        return _count(total.get("value"))
    if isinstance(values, list) and values and isinstance(values[0], dict):
        return _count(values[0].get("value"))
    return None


def _count(value: object) -> int | None:
    is_count = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return value if is_count else None  # type: ignore[return-value]


def _metrics(told: Mapping[str, int | None]) -> Metrics:
    shared = [told.get(name) for name in ("shares", "reposts")]
    shares = [number for number in shared if number is not None]
    comments = told.get("comments")
    return Metrics(
        impressions=told.get("views"),
        reach=told.get("reach"),
        likes=told.get("likes"),
        comments=told.get("replies") if comments is None else comments,
        shares=sum(shares) if shares else None,
        saves=told.get("saved"),
    )
