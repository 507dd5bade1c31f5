"""What each tenant has set up, known to every process without a query per post.

A process believes what it read for a few seconds: so long a change may take to be heard
of everywhere.
"""

import json
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sharing import vault
from sharing.environment import Values
from tenants.scoping import one_statement

LIFE = 5.0  # seconds
MOST = 5000  # tenants that one process remembers
COLUMN = "client_secret"

# What describes the installation's app and says nothing about another one.
OF_ONE_APP = ("client_id", "client_secret", "_per_")


@dataclass(frozen=True)
class Setup:
    """One tenant's choices for one network; empty where it has made none."""

    mode: str = ""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    options: Values = ()
    is_readable: bool = True  # its secret opens with the keys we have

    @property
    def has_app(self) -> bool:
        return bool(self.client_id)

    def over(self, values: Values) -> Values:
        """Return the installation's values with the tenant's own in their place."""
        found = dict(values)
        if self.has_app:
            found = {
                name: value
                for name, value in found.items()
                if not any(part in name for part in OF_ONE_APP)
            }
            found |= {"client_id": self.client_id, "client_secret": self.client_secret}
        return tuple(sorted((found | dict(self.options)).items()))


NONE = Setup()


class Memory:
    """The newest look at each tenant's rows."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        self.lock = threading.Lock()
        self.known: dict[str, tuple[float, dict[str, Setup]]] = {}

    def find(self, tenant: str) -> dict[str, Setup] | None:
        """Return what is known of a tenant, unless it is too old."""
        read_at, found = self.known.get(tenant, (float("-inf"), None))
        return found if time.monotonic() - read_at < LIFE else None

    def keep(self, tenant: str, found: dict[str, Setup]) -> None:
        with self.lock:
            self.known.pop(tenant, None)
            while len(self.known) >= MOST:
                self.known.pop(next(iter(self.known)))
            self.known[tenant] = (time.monotonic(), found)

    def drop(self, tenant: UUID | str) -> None:
        """Read the tenant's rows anew at the next occasion."""
        with self.lock:
            self.known.pop(str(tenant), None)


memory = Memory()
os.register_at_fork(after_in_child=memory.forget)

READ = """
SELECT id, network, mode, client_id, client_secret, options
FROM sharing_networksetup WHERE tenant_id = %s
"""


def setups_of(tenant_id: UUID | str) -> Mapping[str, Setup]:
    """Return what the tenant has set up, by network."""
    tenant = str(tenant_id)
    found = memory.find(tenant)
    if found is None:
        rows = one_statement(tenant, READ, [tenant])
        found = {network: setup(tenant, row) for row in rows for network in [row[1]]}
        memory.keep(tenant, found)
    return found


def setup(tenant: str, row: tuple[object, ...]) -> Setup:
    pk, _network, mode, client_id, sealed, options = row
    secret, is_readable = "", True
    try:
        secret = vault.unseal(
            sealed,  # type: ignore[arg-type]  # bytes, as the column is
            tenant=UUID(tenant),
            row=UUID(str(pk)),
            column=COLUMN,
        )
    except vault.Unreadable:
        is_readable = False
    told = json.loads(options) if isinstance(options, str) else options
    plain = told if isinstance(told, dict) else {}
    return Setup(
        mode=str(mode),
        client_id=str(client_id),
        client_secret=secret,
        options=tuple((str(name), str(value)) for name, value in plain.items()),
        is_readable=is_readable,
    )
