"""What preparing a post has made so far, kept where the next worker finds it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from types import MappingProxyType

from sharing.connectors import errors

ALONE = 3600.0  # seconds; where nobody gives deadlines

# Stores what was made and returns until when to go on, in ``time.monotonic()`` terms;
# None when the post is not this worker's any more.
Store = Callable[[dict[str, str]], float | None]


class Progress:
    """The steps that ``prepare`` has behind it: handles by name, a few short strings.

    Uploads may take longer than a worker holds a post; each ``keep`` holds it anew. Keep
    a handle as soon as the network has given it, and say ``keep()`` after each part.
    """

    def __init__(
        self,
        made: Mapping[str, str] | None = None,
        store: Store | None = None,
        deadline: float | None = None,
    ) -> None:
        self._made = dict(made or {})
        self._store = store
        self.deadline = time.monotonic() + ALONE if deadline is None else deadline

    @property
    def made(self) -> Mapping[str, str]:
        return MappingProxyType(self._made)

    def get(self, name: str) -> str:
        """A handle, or nothing."""
        return self._made.get(name, "")

    def keep(self, **made: str) -> None:
        """Store these handles beside the others at once; an empty one is forgotten.

        Raises ``Stopped`` when the post was taken back: then do nothing more.
        """
        kept = {name: value for name, value in (self._made | made).items() if value}
        if self._store is not None:
            deadline = self._store(kept)
            if deadline is None:
                raise errors.Stopped
            self.deadline = deadline
        self._made = kept

    def start_anew(self) -> None:
        """Forget all handles: the network does not know them any more."""
        self.keep(**dict.fromkeys(self._made, ""))
