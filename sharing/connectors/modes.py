"""How a text comes to stand on a network, and what an administrator sets up for that."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Mode(StrEnum):
    """The ways of sharing on a network; a tenant chooses one of those it knows."""

    API = "api"  # we publish, with the member's consent
    ASSISTED = "assisted"  # the network's own composer, opened with the text at hand
    KIT = "kit"  # text and files to take along, by hand or to the phone
    OFF = "off"


BY_HAND = (Mode.ASSISTED, Mode.KIT)


@dataclass(frozen=True)
class AppOption:
    """One plain setting of an app: no secret. It arrives in ``Connector.options``.

    With ``choices`` (value and words) one of them, with ``most`` a number from 1.
    """

    name: str
    label: str
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    most: int | None = None
    pattern: str = ""  # what a text has to look like


@dataclass(frozen=True)
class Finding:
    """One thing that a test of the app found out; ``ok`` None: it could not be tested."""

    ok: bool | None
    sentence: str
