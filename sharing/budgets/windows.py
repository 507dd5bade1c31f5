"""Whose calls are counted together, and how many of them."""

import hmac
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from django.conf import settings

from sharing.connectors.base import Connector
from sharing.connectors.rates import Rate, Scope


@dataclass(frozen=True)
class Window:
    """One budget to reserve from: ``calls`` is where to stop, ``quota`` the whole."""

    key: str
    scope: Scope
    calls: int
    quota: int
    seconds: int | None  # None: until 00:00 UTC


def windows_of(
    connector: Connector, tenant_id: UUID | str, remote_id: str, server: str = ""
) -> tuple[Window, ...]:
    """Return the budgets that one call for this account is counted in; often none."""
    return tuple(
        Window(
            key=key_of(connector, rate, tenant_id, remote_id, server),
            scope=rate.scope,
            calls=rate.stop,
            quota=rate.calls,
            seconds=rate.seconds,
        )
        for rate in connector.budget
    )


def key_of(
    connector: Connector, rate: Rate, tenant_id: UUID | str, remote_id: str, server: str
) -> str:
    """Return whose calls these are. Who reads the table learns of no account.

    An app is whoever has its secret: its id alone is no secret, and a tenant may type
    another's. So may a server that a member names tell of any account it likes.
    """
    app = (connector.credentials.client_id, connector.credentials.client_secret)
    match rate.scope:
        case Scope.APP:
            whose = hidden(*app)
        case Scope.TENANT:
            whose = f"{tenant_id}:{hidden(*app)}"
        case _:
            whose = hidden(*app, remote_id, *filter(None, [server]))
    return f"{connector.slug}:{rate.name}:{whose}"


def hidden(*names: str) -> str:
    """Return a keyed hash: ids are too short for a plain one to hide them."""
    key = f"budgets {settings.SECRET_KEY}".encode()
    return hmac.new(key, "\0".join(names).encode(), sha256).hexdigest()[:32]
