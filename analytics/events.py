"""One click as the web process wrote it down."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from analytics.robots import Signs


class Malformed(ValueError):
    """The line is no click."""


@dataclass(frozen=True)
class Event:
    """A click on its way to the database."""

    id: UUID
    at: datetime
    link: UUID
    tenant: UUID
    signs: Signs
    visitor: bytes

    @property
    def is_private(self) -> bool:
        """Whether the browser asked not to be told apart: nothing to compare with."""
        return not self.visitor


def parse(line: bytes) -> Event:
    """Read a line of the spool; raise ``Malformed``."""
    try:
        fields: dict[str, Any] = json.loads(line)
        return Event(
            id=UUID(str(fields["id"])),
            at=datetime.fromtimestamp(float(fields["at"]), UTC),
            link=UUID(str(fields["link"])),
            tenant=UUID(str(fields["tenant"])),
            signs=Signs(
                str(fields["method"]), str(fields["ua"]), bool(fields["prefetch"])
            ),
            visitor=bytes.fromhex(fields["visitor"]),
        )
    except (ValueError, TypeError, KeyError, OverflowError, OSError) as error:
        raise Malformed(str(error)) from None
