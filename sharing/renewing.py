"""Renew in time what nobody uses: some tokens can be renewed only while they live.

Whoever publishes renews on the way (``tokens.py``). An account that lies idle would end
by itself; the sweep finds it by the end of its token, and a task for each renews it.
"""

import logging
from uuid import UUID

from sharing import networks
from sharing.configured import UnknownNetwork, connector_for
from sharing.connectors import errors
from sharing.connectors.text import _
from sharing.models import Account
from sharing.rarely import Rarely
from sharing.telling import tell_of_account
from sharing.tokens import RENEW_BEFORE, usable_tokens
from tenants.models import Tenant
from tenants.scoping import acting_for, one_statement

log = logging.getLogger(__name__)

look = Rarely(3600)  # there are days to do it
BATCH = 500  # of a tenant

_ENDED = _("Connect your %(network)s account again: the connection has ended.")

# By the index account_ends. Tenant by tenant: nobody reads tokens across tenants.
DUE = """
SELECT tenant_id, id FROM sharing_account
WHERE tenant_id = %s AND state = 'connected'
  AND network = %s AND expires_at > statement_timestamp()
  AND expires_at < statement_timestamp() + %s
  AND (refreshing_until IS NULL OR refreshing_until < statement_timestamp())
ORDER BY expires_at LIMIT %s
"""


def due() -> list[tuple[UUID, UUID]]:
    """Return (tenant, account) of each token that has to be renewed now."""
    early = {
        slug: network.renew_before
        for slug, network in networks.all_networks().items()
        if network.refreshable and network.renew_before > RENEW_BEFORE
    }
    if not early or not look.is_due():
        return []
    return [
        (tenant_id, account_id)
        for tenant in Tenant.objects.values_list("pk", flat=True)
        for slug, before in early.items()
        for tenant_id, account_id in one_statement(
            tenant, DUE, [tenant, slug, before, BATCH]
        )
    ]


def renew(tenant_id: UUID | str, account_id: UUID | str) -> None:
    """Renew one account's token; only a refusal ends the connection."""
    with acting_for(tenant_id):
        rows = Account.objects.filter(
            tenant_id=tenant_id, state=Account.State.CONNECTED
        )
        account = rows.with_clock().filter(pk=account_id).first()
    if account is None:
        return
    try:
        usable_tokens(account, connector_for(account.network, account.tenant_id))
    except errors.Disconnected:
        ask_to_reconnect(account)
    except (UnknownNetwork, errors.ConnectorError) as error:
        log.info("account %s is not renewed yet: %r", account.pk, error)


def ask_to_reconnect(account: Account) -> None:
    """Only the member can help; told once, whoever finds it out."""
    with acting_for(account.tenant_id):
        same = Account.objects.for_tenant(account.tenant_id).filter(
            pk=account.pk,
            generation=account.generation,
            state=Account.State.CONNECTED,
        )
        if not same.update(state=Account.State.NEEDS_RECONNECT):
            return
        tell_of_account(
            tenant_id=account.tenant_id,
            member=account.membership_id,
            account=account.pk,
            network=account.network,
            sentence=_ENDED,
            key=f"account:{account.pk}:{account.generation}",
        )
