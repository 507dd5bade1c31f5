"""Which networks a member may connect, and how their accounts are doing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sharing.configured import offered_networks
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
    ends_soon: bool
    renews_itself: bool


@dataclass(frozen=True)
class Connection:
    """A network and the member's accounts on it."""

    network: Connector
    linked: Sequence[Linked]
    permissions: Sequence[str]


def read_connections(membership: Membership, now: datetime) -> list[Connection]:
    accounts = own_accounts(membership)
    return [
        Connection(
            network,
            [
                linked(one, network, now)
                for one in accounts
                if one.network == network.slug
            ],
            permissions(network),
        )
        for network in offered_networks()
    ]


def linked(account: Account, network: Connector, now: datetime) -> Linked:
    ends = account.expires_at
    return Linked(
        account=account,
        permissions=permissions(network, account.scopes),
        ends_soon=bool(ends and not network.refreshable and ends - now < SOON),
        renews_itself=network.refreshable,
    )


def permissions(network: Connector, granted: Sequence[str] | None = None) -> list[str]:
    """Say in plain words what the network lets us do; what it does not name stays raw."""
    held = network.scopes if granted is None else granted
    told = [network.permissions.get(scope, scope) for scope in held]
    return list(dict.fromkeys(translated(sentence) for sentence in told))
