"""Networks where a member types a handle and a password made for this app alone."""

from __future__ import annotations

from collections.abc import Mapping

from sharing.connectors.connector import Connector
from sharing.connectors.types import Tokens


class SignInConnector(Connector):
    """A network without a consent page: what ``asks_to_connect`` asks for signs in."""

    needs_app = False

    def sign_in(self, answers: Mapping[str, str]) -> Tokens:
        """Trade what was typed for tokens, and forget it.

        ``Mistyped`` where the member can mend it at a field.
        """
        raise NotImplementedError
