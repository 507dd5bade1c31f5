"""Our apps at the servers of a network that has many: registered once each, and kept."""

from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from sharing import vault
from sharing.connectors.base import Connector, ServersConnector
from sharing.connectors.types import Credentials
from sharing.models import Account, ServerApp
from tenants.scoping import acting_for

UNUSED_LIVES = timedelta(hours=20)
NAME = "Advocacy"  # what a server's consent page calls us

Bound = TypeVar("Bound", bound=Connector)


def redirect_uri(network: str) -> str:
    """Return the one address that is registered at the network."""
    return f"{settings.PUBLIC_URL}/connect/{network}/callback/"


def registered(
    tenant_id: UUID, connector: ServersConnector, server: str
) -> ServersConnector:
    """Return the connector bound to the server and to our app there, made if need be.

    Speaks HTTP: call it outside a transaction.
    """
    app = known_app(tenant_id, connector, server, sure=True)
    if app is None:
        bound = connector.at(server)
        app = bound.register(NAME, settings.PUBLIC_URL, redirect_uri(connector.slug))
        app = keep(tenant_id, connector, server, app)
    return connector.at(server, app)


def bound_to(tenant_id: UUID, connector: Bound, server: str) -> Bound:
    """Return the connector as it speaks to an account's server; most have only one."""
    if not isinstance(connector, ServersConnector):
        return connector
    return connector.at(server, known_app(tenant_id, connector, server))


def known_app(
    tenant_id: UUID, connector: ServersConnector, server: str, *, sure: bool = False
) -> Credentials | None:
    """Return our app there, unless it was registered for something else.

    ``sure``: only if the server cannot have swept it away.
    """
    with acting_for(tenant_id):
        rows = ServerApp.objects.for_tenant(tenant_id)
        row = rows.filter(network=connector.slug, server=server).first()
        if row is None or (sure and not is_in_use(row)):
            return None
    wanted = redirect_uri(connector.slug), " ".join(connector.scopes)
    if (row.redirect_uri, row.scopes) != wanted:
        return None
    try:
        secret = vault.unseal(
            row.client_secret, tenant=tenant_id, row=row.pk, column="client_secret"
        )
    except vault.Unreadable:
        return None
    return Credentials(row.client_id, secret)


def is_in_use(row: ServerApp) -> bool:
    """Servers sweep away apps that nobody has connected with for a day."""
    accounts = Account.objects.for_tenant(row.tenant_id).filter(
        network=row.network, server=row.server, state=Account.State.CONNECTED
    )
    return timezone.now() - row.registered_at < UNUSED_LIVES or accounts.exists()


def keep(
    tenant_id: UUID, connector: ServersConnector, server: str, app: Credentials
) -> Credentials:
    """Keep the app sealed, and return the one that is kept: another may have been faster."""
    row = ServerApp(
        tenant_id=tenant_id,
        network=connector.slug,
        server=server,
        client_id=app.client_id,
        redirect_uri=redirect_uri(connector.slug),
        scopes=" ".join(connector.scopes),
        registered_at=timezone.now(),
    )
    row.client_secret = vault.seal(
        app.client_secret, tenant=tenant_id, row=row.pk, column="client_secret"
    )
    with acting_for(tenant_id):
        if known_app(tenant_id, connector, server, sure=True) is None:
            forget(tenant_id, connector, server)
        ServerApp.objects.bulk_create([row], ignore_conflicts=True)
    return known_app(tenant_id, connector, server) or app


def forget(tenant_id: UUID, connector: Connector, server: str) -> None:
    """The server does not know our app any more: the next member registers it anew."""
    with acting_for(tenant_id):
        rows = ServerApp.objects.for_tenant(tenant_id)
        rows.filter(network=connector.slug, server=server).delete()
