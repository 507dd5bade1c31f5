"""The numbers of a member's own posts, for apps that LinkedIn has let see them.

That is its Community Management product, with a scope of its own; without it LinkedIn
tells an app nothing of what it has posted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote

from sharing.connectors import errors
from sharing.connectors.types import Metrics, Tokens

if TYPE_CHECKING:
    from sharing.networks.linkedin import LinkedIn

SCOPE = "r_member_postAnalytics"
MORE_SINCE = "202604"  # the version from which the last three are told

_ASKED = {
    "impressions": ("IMPRESSION",),
    "reach": ("MEMBERS_REACHED",),
    "likes": ("REACTION",),
    "comments": ("COMMENT",),
    "shares": ("RESHARE", "POST_SEND"),
    "saves": ("POST_SAVE",),
    "clicks": ("LINK_CLICKS",),
}
_NEW = {"POST_SEND", "POST_SAVE", "LINK_CLICKS"}
_ENTITIES = {"urn:li:share": "share", "urn:li:ugcPost": "ugc"}


def read(
    network: LinkedIn, tokens: Tokens, remote_ids: Sequence[str]
) -> dict[str, Metrics]:
    """One question per number and post; a post that LinkedIn does not know is left out."""
    told: dict[str, Metrics] = {}
    for urn in remote_ids:
        if urn.rpartition(":")[0] in _ENTITIES:
            try:
                told[urn] = _of_post(network, tokens, urn)
            except errors.QuestionRefused:
                continue
    return told


def _of_post(network: LinkedIn, tokens: Tokens, urn: str) -> Metrics:
    known = network.version >= MORE_SINCE
    counts: dict[str, int | None] = {}
    for name, kinds in _ASKED.items():
        found = [
            _count(network, tokens, urn, kind)
            for kind in kinds
            if known or kind not in _NEW
        ]
        said = [count for count in found if count is not None]
        counts[name] = sum(said) if said else None
    return Metrics(**counts)


def _count(network: LinkedIn, tokens: Tokens, urn: str, kind: str) -> int | None:
    # Signs of LinkedIn's own grammar stand bare in the address; only the URN is encoded.
    entity = f"({_ENTITIES[urn.rpartition(':')[0]]}:{quote(urn, safe='')})"
    asked = f"q=entity&entity={entity}&queryType={kind}&aggregation=TOTAL"
    answer = network.rest("GET", f"memberCreatorPostAnalytics?{asked}", tokens)
    elements = answer.json().get("elements")
    if not isinstance(elements, list):
        raise network.odd()
    counts = [
        one["count"]
        for one in elements
        if isinstance(one, dict)
        and _type_of(one.get("metricType")) == kind
        and isinstance(one.get("count"), int)
    ]
    return sum(counts) if counts else None


def _type_of(value: object) -> object:
    """A plain word since version 202605; before, the only value of an object."""
    return next(iter(value.values()), None) if isinstance(value, dict) else value
