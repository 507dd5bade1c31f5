"""Say in time that a connection ends which cannot renew itself: 14, 7 and 2 days before.

Once each, and once for each new connection. Whoever connects the account again is not
told any more; what waits for it goes out then.
"""

from datetime import timedelta
from uuid import UUID

from sharing import networks
from sharing.connectors.text import _
from sharing.rarely import Rarely
from sharing.telling import tell_of_account
from tenants.models import Tenant
from tenants.scoping import acting_for, one_statement

look = Rarely(3600)
BATCH = 500  # of a tenant

SOON = {
    2: _("Your connection to %(network)s ends within two days. Connect it again now."),
    7: _("Your connection to %(network)s ends within a week. Connect it again in time."),
    14: _("Your connection to %(network)s ends within two weeks. Connect it again in time."),
}  # fmt: skip
FIRST = timedelta(days=max(SOON))

# By the index account_ends. Tenant by tenant: nobody reads accounts across tenants.
ENDING = """
SELECT account.id, account.membership_id, account.network, account.generation,
       account.expires_at - statement_timestamp()
FROM sharing_account account
JOIN tenants_membership member
  ON member.tenant_id = account.tenant_id AND member.id = account.membership_id
WHERE account.tenant_id = %s AND account.state = 'connected'
  AND account.network = ANY (%s) AND member.deactivated_at IS NULL
  AND account.expires_at > statement_timestamp()
  AND account.expires_at < statement_timestamp() + %s
ORDER BY account.expires_at LIMIT %s
"""


def tell_in_time() -> int:
    """Tell the owners of what ends soon; return how many notices there were to write."""
    ending = [
        slug
        for slug, network in networks.all_networks().items()
        if not getattr(network, "refreshable", True)
    ]
    if not ending or not look.is_due():
        return 0
    tenants = Tenant.objects.filter(is_active=True).values_list("pk", flat=True)
    return sum(tell_tenant(tenant_id, ending) for tenant_id in tenants)


def tell_tenant(tenant_id: UUID, ending: list[str]) -> int:
    rows = one_statement(tenant_id, ENDING, [tenant_id, ending, FIRST, BATCH])
    if not rows:
        return 0
    with acting_for(tenant_id):
        for account, member, network, generation, left in rows:
            days = nearest(left)
            tell_of_account(
                tenant_id=tenant_id,
                member=member,
                account=account,
                network=network,
                sentence=SOON[days],
                key=f"ends:{account}:{generation}:{days}",
            )
    return len(rows)


def nearest(left: timedelta) -> int:
    """Return which of the three moments it is."""
    return min(days for days in SOON if left <= timedelta(days=days))
