"""What a network tells us unasked, at an address that was registered with the app."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Event:
    """Proven to come from the network, and nothing for us to do."""


@dataclass(frozen=True)
class Removed(Event):
    """The person took the app's rights away. ``at`` is when, where the network tells.

    ``remote_id`` is that of the profile, or its ``callback_id``.
    """

    remote_id: str
    at: datetime | None = None


@dataclass(frozen=True)
class DeletionAsked(Removed):
    """The same, and what was kept of that person has to go."""


@dataclass(frozen=True)
class PublishChanged(Event):
    """There is news of a post whose ``Pending`` handle holds all of this."""

    handle: Mapping[str, str] = field(default_factory=dict)
