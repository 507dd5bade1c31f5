"""Whose troubles are counted together: one app's, or one server's."""

from hashlib import sha256

from sharing.connectors.base import Connector


def app_of(connector: Connector, server: str = "") -> str:
    """Return the name of what is left alone when it fails.

    Where members name the servers, each is a network of its own: nobody's broken or
    hostile server keeps others from theirs.
    """
    if not (connector.many_servers and server):
        return connector.app
    return f"{connector.app[:20]}:{sha256(server.encode()).hexdigest()[:10]}"
