"""Which networks a member may connect, and how their accounts are doing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sharing.configured import is_known, network_called, offered_networks
from sharing.connectors.base import Connector
from sharing.feed import own_accounts
from sharing.models import Account
from sharing.services import translated
from tenants.models import Membership

SOON = timedelta(days=14)


@dataclass(frozen=True)
class Linked:
    """One account and what stands on its card."""

    account: Account
    permissions: Sequence[str]
    days_left: int | None  # full days, where it ends soon
    renews_itself: bool


@dataclass(frozen=True)
class Connection:
    """A network and the member's accounts on it."""

    network: Connector
    linked: Sequence[Linked]
    permissions: Sequence[str]
    is_offered: bool = True  # False: nothing goes out through it any more


def read_connections(membership: Membership, now: datetime) -> list[Connection]:
    by_network: dict[str, list[Account]] = {}
    for account in own_accounts(membership):
        by_network.setdefault(account.network, []).append(account)
    tenant_id = membership.tenant_id
    offered = {network.slug: network for network in offered_networks(tenant_id)}
    # What was connected once can be disconnected, whatever the workplace offers now.
    former = [slug for slug in by_network if slug not in offered and is_known(slug)]
    networks = [*offered.values(), *(network_called(one, tenant_id) for one in former)]
    return [
        Connection(
            network,
            [linked(one, network, now) for one in by_network.get(network.slug, [])],
            permissions(network),
            network.slug in offered,
        )
        for network in networks
    ]


def linked(account: Account, network: Connector, now: datetime) -> Linked:
    renews = network.refreshable
    return Linked(
        account=account,
        permissions=permissions(network, account.scopes),
        days_left=None if renews else days_left(account, now),
        renews_itself=renews,
    )


def days_left(account: Account, now: datetime) -> int | None:
    """Return how long the connection lasts, where that is worth a word."""
    ends = account.expires_at
    if ends is None or ends - now >= SOON:
        return None
    return max(0, (ends - now).days)


def permissions(network: Connector, granted: Sequence[str] | None = None) -> list[str]:
    """Say in plain words what the network lets us do; what it does not name stays raw."""
    held = network.scopes if granted is None else granted
    told = [network.permissions.get(scope, scope) for scope in held]
    return list(dict.fromkeys(translated(sentence) for sentence in told))


def known_answers(membership: Membership, network: Connector) -> Mapping[str, str]:
    """Return what need not be typed again by whose account has to be reconnected."""
    ended = [
        one
        for one in own_accounts(membership)
        if one.network == network.slug and not one.is_connected
    ]
    return network.known_answers(ended[0].handle, ended[0].server) if ended else {}
