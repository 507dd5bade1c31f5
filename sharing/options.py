"""A member's answers to what a network asks: their names in a form, and their judgement."""

from collections.abc import Mapping, Sequence
from typing import Any

from content_library.models import ItemMedia
from sharing.connectors.base import Connector
from sharing.connectors.text import Sentence
from sharing.media import facts

PREFIX = "option"
MOST, LONGEST = 20, 200

Options = dict[str, str]


def option_name(account_pk: object, field: str) -> str:
    """Return the name of a field of a form, and the draft's key of its value."""
    return f"{PREFIX}-{account_pk}-{field}"


def is_option(name: str) -> bool:
    return name.startswith(f"{PREFIX}-")


def options_in(values: Mapping[str, Any], account_pk: object) -> Options:
    """Return one account's answers from what was sent, or from a draft."""
    start = option_name(account_pk, "")
    found = {
        name.removeprefix(start): value
        for name, value in values.items()
        if name.startswith(start) and isinstance(value, str) and value
    }
    fitting = {
        name: value
        for name, value in found.items()
        if len(name) <= LONGEST and len(value) <= LONGEST and "\0" not in name + value
    }
    return dict(list(fitting.items())[:MOST])


def settled_options(
    connector: Connector, options: Mapping[str, str], files: Sequence[ItemMedia]
) -> Options:
    """Return what counts of the answers, to be kept with the post."""
    if not connector.asks:
        return {}
    return connector.settle_options(options, facts(connector, files))


def unanswered(
    connector: Connector, options: Mapping[str, str], files: Sequence[ItemMedia]
) -> dict[str, Sentence]:
    """Return what is wrong with the answers, by field; the network is not asked."""
    if not connector.asks:
        return {}
    return connector.check_options(options, facts(connector, files))
