"""What travels between the product and a network. Frozen, and free of any engine."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, BinaryIO

from sharing.connectors.media import Kind, Rule
from sharing.connectors.rates import Allowance

MOST = 2**63 - 1  # that a column of the database holds
_ADDRESS = re.compile(r"https?://[\x21-\x7e]{1,2000}")


@dataclass(frozen=True)
class Credentials:
    """The app registered at the network."""

    client_id: str
    client_secret: str = field(default="", repr=False)


@dataclass(frozen=True)
class Ask:
    """One thing that a member types before connecting, and how the field is labelled.

    ``help`` says where to find it. A ``secret`` is used once: neither kept nor shown again.
    """

    name: str
    label: str
    help: str = ""
    placeholder: str = ""
    secret: bool = False
    needed: bool = True


@dataclass(frozen=True)
class Tokens:
    """What a member's consent gave us. The repr never shows a token."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None
    scopes: tuple[str, ...] = ()
    server: str = ""  # "https://host", where a network has more than one


@dataclass(frozen=True)
class Profile:
    """Who the member is on the network. ``handle`` is empty where there is none.

    ``callback_id`` is how the network names them when it calls us, if that is another id.
    An ``avatar_url`` that is no address is none.
    """

    remote_id: str
    handle: str
    name: str
    avatar_url: str | None = None
    callback_id: str = ""

    def __post_init__(self) -> None:
        told: object = self.avatar_url
        if not isinstance(told, str) or not _ADDRESS.fullmatch(told):
            object.__setattr__(self, "avatar_url", None)


@dataclass(frozen=True)
class Media:
    """A picture, video or document that goes with a post, within the network's rules.

    ``size`` is in bytes, ``width`` and ``height`` in pixels as seen, ``seconds`` is how
    long a video runs; None where it is not known. ``url`` is where the network may
    fetch the file itself, without signing in; empty where nobody outside reaches us.
    """

    kind: Kind
    content_type: str
    size: int
    open: Callable[[], BinaryIO] = field(repr=False, compare=False)
    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    alt: str = ""
    title: str = ""
    url: str = field(default="", repr=False)

    def read(self) -> bytes:
        """The whole file; for pictures, not for videos."""
        with self.open() as file:
            return file.read()

    def part(self, first: int, length: int) -> bytes:
        """``length`` bytes from the byte ``first`` on."""
        with self.open() as file:
            file.seek(first)
            return file.read(length)


@dataclass(frozen=True)
class Post:
    """One post, word for word: ``text`` is exactly what will stand on the network.

    ``link`` is the tracked link for the card; ``title``, ``description`` and
    ``thumbnail`` are used where the network draws the card from what we tell it. A post
    with ``media`` has no card. ``options`` are the member's choices in the form that
    ``share_form`` asked for. ``made`` is what ``prepare`` has kept. ``key`` is the same
    at every attempt at this post and at no other: a UUID of version 7.
    """

    text: str
    link: str | None = None
    title: str = ""
    description: str = ""
    thumbnail: Media | None = None
    media: tuple[Media, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    made: Mapping[str, str] = field(default_factory=dict, repr=False)
    key: str = ""


@dataclass(frozen=True)
class Posted:
    """Proof that the post stands: the network's id for it and where to see it."""

    remote_id: str
    url: str
    allowances: tuple[Allowance, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class Pending:
    """The network accepted but has not finished; ``handle`` finds it again.

    ``after`` is the network's own word when to ask again, in seconds, if it has one.
    ``sentence`` is what the member has to do meanwhile, if anything.
    """

    handle: Mapping[str, str]
    allowances: tuple[Allowance, ...] = field(default=(), compare=False)
    after: float | None = None
    sentence: str = ""


@dataclass(frozen=True)
class NotYet:
    """What ``prepare`` asked for is not ready; nothing is published before it is.

    ``after`` is the network's own word when to go on, in seconds, if it has one.
    """

    after: float | None = None


@dataclass(frozen=True)
class Metrics:
    """Numbers as the network tells them. None means it does not say; 0 means zero.

    What is no number that can be counted and kept is None too.
    """

    impressions: int | None = None
    reach: int | None = None
    likes: int | None = None
    comments: int | None = None
    shares: int | None = None
    saves: int | None = None
    clicks: int | None = None

    def __post_init__(self) -> None:
        for field_ in fields(self):
            told: object = getattr(self, field_.name)
            if type(told) is not int or not 0 <= told <= MOST:
                object.__setattr__(self, field_.name, None)


@dataclass(frozen=True)
class Limits:
    """How long a post may be, told so that a browser can count along.

    Without ``light_ranges`` every UTF-16 unit counts 1. With it, a code point inside
    one of the ranges counts 1 and any other 2, and an emoji sequence counts 2.
    ``url_length`` is what every URL counts, however long it is.
    """

    max_chars: int
    url_length: int | None = None
    light_ranges: tuple[tuple[int, int], ...] = ()
    media: tuple[Rule, ...] = ()  # what may go with a text; of one rule at a time
