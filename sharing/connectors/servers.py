"""OAuth 2 where each member's server has pages of its own and knows apps of its own."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import ClassVar, Self

from sharing.connectors import errors
from sharing.connectors.guard import server_of
from sharing.connectors.oauth2 import OAuth2Connector
from sharing.connectors.text import Sentence, _
from sharing.connectors.types import Credentials

_NO_SERVER = _("This is no server's address. It looks like %(example)s.")


class ServersConnector(OAuth2Connector):
    """A network of many servers: ``at(server, app)`` speaks to one of them.

    The member names theirs in the field ``server`` of ``asks_to_connect``. Our app is
    registered there by ``register`` when the first member comes, and kept.
    """

    AUTHORIZE_PATH: ClassVar[str]
    TOKEN_PATH: ClassVar[str]
    REVOKE_PATH: ClassVar[str] = ""
    needs_app = False
    many_servers = True
    example: ClassVar[str]  # a server's name, for the field and its errors

    def known_answers(self, handle: str, server: str) -> Mapping[str, str]:
        return {"server": server.removeprefix("https://")}

    def server_named(self, typed: str) -> str:
        """The server's address, or ``Mistyped`` at the field."""
        server = server_of(typed)
        if not server:
            sentence = Sentence(_NO_SERVER, example=self.example)
            raise errors.Mistyped(sentence, field="server")
        return server

    def at(self, server: str, app: Credentials | None = None) -> Self:
        """The same connector, bound to one server and to our app there."""
        bound = copy.copy(self)
        bound.server = server
        bound.credentials = app or self.credentials
        bound.AUTHORIZE_URL = f"{server}{self.AUTHORIZE_PATH}"
        bound.TOKEN_URL = f"{server}{self.TOKEN_PATH}"
        bound.REVOKE_URL = f"{server}{self.REVOKE_PATH}" if self.REVOKE_PATH else ""
        return bound

    def register(self, name: str, website: str, redirect_uri: str) -> Credentials:
        """Register our app at the server this connector is bound to.

        ``Mistyped`` at the field when there is no such server.
        """
        raise NotImplementedError
