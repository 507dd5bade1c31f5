"""Tell people from machines by what a request says of itself. Pure: no rows, no clock.

Each step looks at one sign and may name a reason. The user agent is read here and
kept nowhere.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache

from is_bot import Bots

HEAD = "head"
PREFETCH = "prefetch"
NO_USER_AGENT = "no_user_agent"
KNOWN_BOT = "known_bot"


@dataclass(frozen=True)
class Signs:
    """What a request said of itself."""

    method: str
    user_agent: str
    prefetch: bool = False


def asks_for_headers_only(signs: Signs) -> str:
    # X sends one GET and three HEADs with browsers' names for each shared link.
    return HEAD if signs.method != "GET" else ""


def is_fetched_ahead(signs: Signs) -> str:
    return PREFETCH if signs.prefetch else ""


def is_nameless(signs: Signs) -> str:
    return "" if signs.user_agent.strip() else NO_USER_AGENT


def is_known_bot(signs: Signs) -> str:
    return KNOWN_BOT if is_bot(signs.user_agent) else ""


STEPS: tuple[Callable[[Signs], str], ...] = (
    asks_for_headers_only,
    is_fetched_ahead,
    is_nameless,
    is_known_bot,
)


def machine_reason(signs: Signs) -> str:
    """Return the first sign of a machine, or "" for a likely human."""
    return next(filter(None, (step(signs) for step in STEPS)), "")


@cache
def bots() -> Bots:
    return Bots()


@lru_cache(maxsize=20_000)
def is_bot(user_agent: str) -> bool:
    return bool(bots().is_bot(user_agent))
