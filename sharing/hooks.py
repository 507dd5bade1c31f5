"""What networks tell us unasked, at an address that is registered with the app.

A person took the app's rights away, or wants to be forgotten; a post has news. A call is
believed only by the tenants whose own app it is signed for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from notifications.models import Notice
from sharing import connecting, networks, publishing
from sharing.configured import UnknownNetwork, connector_for
from sharing.connectors.base import Connector
from sharing.connectors.events import DeletionAsked, Event, PublishChanged, Removed
from sharing.connectors.text import _
from sharing.models import Account, Publication, State
from sharing.tasks import ring_to_settle
from sharing.telling import tell_of_account
from tenants import audit
from tenants.models import Tenant
from tenants.scoping import acting_for

MOST_BYTES = 64 * 1024
CLOCKS_DIFFER = timedelta(minutes=5)
_SALT = "sharing.hooks.deletion"

_REMOVED = _(
    "You took this app's rights away at %(network)s, so your account is disconnected here."
)


@dataclass
class Heard:
    """What a call was about. Not proven: nothing was done."""

    is_proven: bool = False
    asks_deletion: bool = False
    concerned: int = 0  # accounts, or posts


def takes(network: str, kind: str) -> bool:
    """Tell whether the network makes calls of this kind."""
    known = networks.all_networks().get(network)
    return known is not None and kind in known.callbacks


def take(network: str, kind: str, headers: Mapping[str, str], body: bytes) -> Heard:
    """Do what a call from the network asks for, in each tenant that it concerns."""
    heard = Heard()
    # Tenants share a connector, or have one of their own.
    said: dict[Connector, Event | None] = {}
    for tenant_id in Tenant.objects.values_list("pk", flat=True):
        try:
            connector = connector_for(network, tenant_id)
        except UnknownNetwork:
            continue
        if connector not in said:
            said[connector] = connector.verify_callback(kind, headers, body)
        event = said[connector]
        if event is None:
            continue
        heard.is_proven = True
        heard.asks_deletion |= isinstance(event, DeletionAsked)
        with acting_for(tenant_id):
            heard.concerned += act(tenant_id, network, event)
    return heard


def act(tenant_id: UUID, network: str, event: Event) -> int:
    """Do what an event asks for in one tenant; return how many rows it concerned."""
    match event:
        case DeletionAsked():
            return forget_person(accounts_of(tenant_id, network, event))
        case Removed():
            linked = ~Q(state=Account.State.DISCONNECTED)
            return sum(
                map(disconnect, accounts_of(tenant_id, network, event).filter(linked))
            )
        case PublishChanged():
            return ask_again(tenant_id, network, event)
    return 0


def accounts_of(tenant_id: UUID, network: str, event: Removed) -> QuerySet[Account]:
    """The accounts of that person; not one that was connected again since."""
    rows = Account.objects.for_tenant(tenant_id).select_for_update()
    called = Q(remote_id=event.remote_id) | Q(callback_id=event.remote_id)
    found = rows.filter(called, network=network)
    if event.at is not None:
        found = found.filter(connected_at__lte=event.at + CLOCKS_DIFFER)
    return found


def disconnect(account: Account) -> bool:
    """The same as if the member had pressed it here, and the member is told."""
    connecting.forget(account, None, datetime.now(UTC), told_by_network=True)
    tell_of_account(
        tenant_id=account.tenant_id,
        member=account.membership_id,
        account=account.pk,
        network=account.network,
        sentence=_REMOVED,
        key=f"removed:{account.pk}:{account.generation}",
        kind=Notice.Kind.TO_KNOW,
    )
    return True


def forget_person(accounts: QuerySet[Account]) -> int:
    """Disconnect, and keep nothing of what the network told about the person.

    The row stays, for the posts that the member shared through it.
    """
    found = list(accounts)
    for account in found:
        if account.state != Account.State.DISCONNECTED:
            disconnect(account)
        account.remote_id = account.callback_id = ""
        account.handle = account.name = ""
        account.scopes, account.server = [], ""
        account.save(
            update_fields=[
                "remote_id", "callback_id", "handle", "name", "scopes", "server"
            ]
        )  # fmt: skip
        audit.record("account.forgotten", account, network=account.network)
    return len(found)


def ask_again(tenant_id: UUID, network: str, event: PublishChanged) -> int:
    """Ask at once about posts that wait; what the call says of them is not believed."""
    waiting = Publication.objects.for_tenant(tenant_id).filter(
        network=network, state=State.PENDING, handle__contains=dict(event.handle)
    )
    found = list(waiting) if event.handle else []
    for publication in found:
        if publishing.ask_now(publication):
            ring_to_settle(publication)
    return len(found)


# -- The receipt of a deletion --------------------------------------------------------------


def receipt(network: str, now: datetime) -> dict[str, str]:
    """What a network wants to hear: where the person can look, and under which code."""
    code = confirmation_code(network, now)
    path = reverse("deletion_receipt", args=[network, code])
    return {"url": f"{settings.PUBLIC_URL}{path}", "confirmation_code": code}


def confirmation_code(network: str, moment: datetime) -> str:
    """The moment, and our proof of it: nothing has to be kept of who was forgotten."""
    stamp = f"{int(moment.timestamp()):010x}"
    proof = salted_hmac(_SALT, f"{network}:{stamp}", algorithm="sha256").hexdigest()
    return f"{stamp}{proof[:22]}"


def confirmed_at(network: str, code: str) -> datetime | None:
    """When the deletion of that code was done; None when there is no such code."""
    try:
        moment = datetime.fromtimestamp(int(code[:10], 16), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    is_ours = constant_time_compare(code, confirmation_code(network, moment))
    return moment if is_ours else None
