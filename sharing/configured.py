"""Which networks work here, in which mode and with whose app.

A tenant's own app stands before the installation's (``NETWORK_<SLUG>_CLIENT_ID``), and
its choice of a mode before every default. ``NETWORK_<SLUG>_ENABLED=0`` takes a network
away from everybody; ``NETWORKS_WITHOUT_APP`` is about those that need no app. Costs no query for a tenant that was looked at
a moment ago (``setups``).
"""

from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from django.conf import settings
from django.utils.crypto import salted_hmac

from sharing import networks
from sharing.connectors.base import Connector
from sharing.connectors.modes import BY_HAND, Mode
from sharing.connectors.types import Credentials
from sharing.environment import Values, environ
from sharing.setups import NONE, Setup, setups_of

SWITCHED_OFF = {"", "0", "false", "no", "off"}
Whose = UUID | str | None  # a tenant; None: the installation, whatever tenants chose


class UnknownNetwork(LookupError):
    """No network of that name is offered here."""


@dataclass(frozen=True)
class Used:
    """A network, and how it is used."""

    network: Connector
    mode: Mode

    @property
    def slug(self) -> str:
        return self.network.slug


# -- Connectors -------------------------------------------------------------------------


def offered_networks(tenant_id: Whose = None) -> list[Connector]:
    """Return a connector for each network that we publish on, by label."""
    return [one.network for one in table_of(tenant_id).values() if one.mode == Mode.API]


def networks_by_hand(tenant_id: Whose) -> list[Used]:
    """Return the networks on which members post themselves, by label."""
    return [one for one in table_of(tenant_id).values() if one.mode in BY_HAND]


def connector_for(slug: str, tenant_id: Whose = None) -> Connector:
    """Return the network's connector with an app to speak for, or raise ``UnknownNetwork``.

    Whatever the mode: what was published can still be asked for.
    """
    connector = network_called(slug, tenant_id)
    if not has_app(connector):
        raise UnknownNetwork(slug)
    return connector


def publisher_for(slug: str, tenant_id: Whose) -> Connector:
    """Return the same where we publish; ``UnknownNetwork`` where members do it by hand."""
    if mode_of(slug, tenant_id) != Mode.API:
        raise UnknownNetwork(slug)
    return connector_for(slug, tenant_id)


def is_known(slug: str) -> bool:
    return slug in networks.all_networks()


def network_called(slug: str, tenant_id: Whose = None) -> Connector:
    """Return any network we know, to name it and to measure texts for it."""
    return used(slug, tenant_id).network


def mode_of(slug: str, tenant_id: Whose) -> Mode:
    """Return how members of the tenant share on the network."""
    return used(slug, tenant_id).mode


def used(slug: str, tenant_id: Whose) -> Used:
    """Return how a network is used, or raise ``UnknownNetwork``."""
    found = table_of(tenant_id).get(slug)
    if found is None:
        raise UnknownNetwork(slug)
    return found


def setup_of(slug: str, tenant_id: Whose) -> Setup:
    return setups_of(tenant_id).get(slug, NONE) if tenant_id else NONE


# -- Connectors, made once per configuration --------------------------------------------


def table_of(tenant_id: Whose) -> dict[str, Used]:
    """Return every network we know by its slug, in the order of their labels."""
    setups = setups_of(tenant_id) if tenant_id else {}
    return table(
        frozenset(settings.NETWORKS_ENVIRON.items()),
        frozenset(setups.items()),
        tuple(networks.all_networks()),
        settings.NETWORKS_WITHOUT_APP,
    )


@lru_cache(maxsize=512)
def table(
    _environ: frozenset[tuple[str, str]],
    setups: frozenset[tuple[str, Setup]],
    slugs: tuple[str, ...],
    _without_app: bool,
) -> dict[str, Used]:
    """Work out all of it at once: asked several times by every press and every post."""
    own = dict(setups)
    found = [make(slug, own.get(slug, NONE)) for slug in slugs]
    found.sort(key=lambda one: one.network.label.casefold())
    return {one.network.slug: one for one in found}


def make(slug: str, setup: Setup) -> Used:
    network = build(slug, setup.over(environ(slug)), setup.has_app)
    return Used(network, mode_by(network, setup.mode))


@lru_cache(maxsize=512)
def build(slug: str, values: Values, is_own: bool = False) -> Connector:
    """Make a connector once per configuration: it keeps connections open."""
    options = dict(values)
    client_id = options.pop("client_id", "")
    secret = options.pop("client_secret", "")
    credentials = Credentials(client_id, secret)
    base_url = options.pop("base_url", "") or None
    connector = networks.get(slug)(credentials, base_url, options)
    # A tenant's app in trouble is no trouble of anybody else, nor of whom it names:
    # an app's id can be read in every browser, its secret cannot.
    own = salted_hmac("sharing.app", f"{client_id}\0{secret}", algorithm="sha256")
    connector.app = f"{slug[:20]}:{own.hexdigest()[:10]}" if is_own else slug
    return connector


def has_app(connector: Connector) -> bool:
    """Tell whether it can be published through: somebody registered an app, or need not."""
    if Mode.API not in connector.works_in() or is_disabled(connector):
        return False
    if connector.needs_app:
        return bool(connector.credentials.client_id)
    return "enabled" in connector.options or settings.NETWORKS_WITHOUT_APP


def is_disabled(connector: Connector) -> bool:
    """Tell whether whoever runs this installation has switched it off for everybody."""
    return connector.options.get("enabled", "1").strip().lower() in SWITCHED_OFF


# -- Modes ------------------------------------------------------------------------------


def mode_by(network: Connector, chosen: str) -> Mode:
    """Return the mode that a choice leads to."""
    if is_disabled(network):
        return Mode.OFF
    return possible(network, chosen) if chosen else default_mode(network)


def default_mode(network: Connector) -> Mode:
    """Return the mode where a tenant has chosen none.

    On a stand-in for a network nobody is billed and nothing is forbidden.
    """
    said = network.options.get("mode", "")
    if said in tuple(Mode):
        return possible(network, said)
    if network.base_url and network.default_mode != Mode.OFF:
        return possible(network, Mode.API)
    return possible(network, network.default_mode)


def possible(network: Connector, wanted: str) -> Mode:
    """Return the wanted mode, or the nearest one that the network can be used in now."""
    modes = [one for one in network.works_in() if one != Mode.API or has_app(network)]
    if wanted == Mode.OFF or not modes:
        return Mode.OFF
    if wanted in modes:
        return Mode(wanted)
    return next((one for one in modes if one in BY_HAND), Mode.OFF)
