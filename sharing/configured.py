"""Which networks this installation offers: those with credentials in the environment."""

from functools import lru_cache

from django.conf import settings

from sharing import networks
from sharing.connectors.base import OAuth2Connector
from sharing.connectors.types import Credentials


class UnknownNetwork(LookupError):
    """No network of that name is offered here."""


def offered_networks() -> list[OAuth2Connector]:
    """Return a connector for each network with credentials, by label."""
    ready = (build(slug, environ(slug)) for slug in networks.all_networks())
    return sorted((one for one in ready if one is not None), key=lambda one: one.label)


def connector_for(slug: str) -> OAuth2Connector:
    """Return the network's connector, or raise ``UnknownNetwork``."""
    connector = build(slug, environ(slug)) if slug in networks.all_networks() else None
    if connector is None:
        raise UnknownNetwork(slug)
    return connector


def environ(slug: str) -> tuple[tuple[str, str], ...]:
    """Return the network's settings: ``NETWORK_<SLUG>_CLIENT_ID`` becomes ``client_id``."""
    prefix = f"NETWORK_{slug.upper()}_"
    return tuple(
        (name.removeprefix(prefix).lower(), value)
        for name, value in sorted(settings.NETWORKS_ENVIRON.items())
        if name.startswith(prefix)
    )


@lru_cache(maxsize=64)
def build(slug: str, values: tuple[tuple[str, str], ...]) -> OAuth2Connector | None:
    """Make a connector once per configuration: it keeps connections open."""
    options = dict(values)
    client_id = options.pop("client_id", "")
    if not client_id:
        return None
    credentials = Credentials(client_id, options.pop("client_secret", ""))
    base_url = options.pop("base_url", "") or None
    connector = networks.get(slug)(credentials, base_url, options)
    return connector if isinstance(connector, OAuth2Connector) else None
