"""Which networks this installation offers, as its environment says.

Those with an app's credentials, and those that need no app; ``NETWORK_<SLUG>_ENABLED``
decides where it is set.
"""

from functools import lru_cache

from django.conf import settings

from sharing import networks
from sharing.connectors.base import Connector
from sharing.connectors.types import Credentials

OFF = {"", "0", "false", "no", "off"}


class UnknownNetwork(LookupError):
    """No network of that name is offered here."""


def offered_networks() -> list[Connector]:
    """Return a connector for each network that members may connect, by label."""
    ready = map(configured, networks.all_networks())
    return sorted((one for one in ready if one is not None), key=lambda one: one.label)


def connector_for(slug: str) -> Connector:
    """Return the network's connector, or raise ``UnknownNetwork``."""
    connector = configured(slug) if slug in networks.all_networks() else None
    if connector is None:
        raise UnknownNetwork(slug)
    return connector


def configured(slug: str) -> Connector | None:
    return build(slug, environ(slug), settings.NETWORKS_WITHOUT_APP)


def environ(slug: str) -> tuple[tuple[str, str], ...]:
    """Return the network's settings: ``NETWORK_<SLUG>_CLIENT_ID`` becomes ``client_id``."""
    prefix = f"NETWORK_{slug.upper()}_"
    return tuple(
        (name.removeprefix(prefix).lower(), value)
        for name, value in sorted(settings.NETWORKS_ENVIRON.items())
        if name.startswith(prefix)
    )


@lru_cache(maxsize=64)
def build(
    slug: str, values: tuple[tuple[str, str], ...], without_app: bool
) -> Connector | None:
    """Make a connector once per configuration: it keeps connections open."""
    options, network = dict(values), networks.get(slug)
    client_id = options.pop("client_id", "")
    enabled = options.pop("enabled", "1" if network.needs_app or without_app else "")
    if enabled.strip().lower() in OFF or (network.needs_app and not client_id):
        return None
    credentials = Credentials(client_id, options.pop("client_secret", ""))
    return network(credentials, options.pop("base_url", "") or None, options)
