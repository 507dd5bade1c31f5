"""Our apps at the servers of a network that has many: registered once each, and kept."""

from uuid import UUID

from django.conf import settings
from django.utils import timezone

from sharing import vault
from sharing.connectors.base import Connector, ServersConnector
from sharing.connectors.types import Credentials
from sharing.models import ServerApp
from tenants.scoping import acting_for

NAME = "Advocacy"  # what a server's consent page calls us


def redirect_uri(network: str) -> str:
    """Return the one address that is registered at the network."""
    return f"{settings.PUBLIC_URL}/connect/{network}/callback/"


def registered(
    tenant_id: UUID, connector: ServersConnector, server: str
) -> ServersConnector:
    """Return the connector bound to the server and to our app there, made if need be.

    Speaks HTTP: call it outside a transaction.
    """
    app = known_app(tenant_id, connector, server)
    if app is None:
        bound = connector.at(server)
        app = bound.register(NAME, settings.PUBLIC_URL, redirect_uri(connector.slug))
        app = keep(tenant_id, connector, server, app)
    return connector.at(server, app)


def bound_to(tenant_id: UUID, connector: Connector, server: str) -> Connector:
    """Return the connector as it speaks to an account's server; most have only one."""
    if not isinstance(connector, ServersConnector):
        return connector
    return connector.at(server, known_app(tenant_id, connector, server))


def known_app(
    tenant_id: UUID, connector: ServersConnector, server: str
) -> Credentials | None:
    """Return our app there, unless it was registered for something else."""
    with acting_for(tenant_id):
        rows = ServerApp.objects.for_tenant(tenant_id)
        row = rows.filter(network=connector.slug, server=server).first()
    wanted = redirect_uri(connector.slug), " ".join(connector.scopes)
    if row is None or (row.redirect_uri, row.scopes) != wanted:
        return None
    try:
        secret = vault.unseal(
            row.client_secret, tenant=tenant_id, row=row.pk, column="client_secret"
        )
    except vault.Unreadable:
        return None
    return Credentials(row.client_id, secret)


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
        forget_unusable(tenant_id, connector, server)
        ServerApp.objects.bulk_create([row], ignore_conflicts=True)
    return known_app(tenant_id, connector, server) or app


def forget_unusable(tenant_id: UUID, connector: ServersConnector, server: str) -> None:
    if known_app(tenant_id, connector, server) is None:
        forget(tenant_id, connector, server)


def forget(tenant_id: UUID, connector: Connector, server: str) -> None:
    """The server does not know our app any more: the next member registers it anew."""
    with acting_for(tenant_id):
        rows = ServerApp.objects.for_tenant(tenant_id)
        rows.filter(network=connector.slug, server=server).delete()
