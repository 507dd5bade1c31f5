"""CLAIMED -> SENDING: the mark from which a post may exist, and all that must hold then."""

import time
from datetime import datetime, timedelta
from functools import cache

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from common.ids import uuid7
from content_library.models import Item
from sharing import budgets
from sharing.connectors.rates import LONGEST_WAIT
from sharing.connectors.text import _
from sharing.models import Account, Publication, Reason, State
from sharing.patience import persistently
from sharing.publishing.claiming import Work
from sharing.publishing.hours import loud_at
from sharing.publishing.moving import (
    MOVING,
    account_of,
    adopt,
    lease,
    move,
    read_again,
)
from sharing.publishing.outcomes import JITTER
from sharing.publishing.sql import GATE_IS_OPEN, NOTED, ONE, TENANT, Exists, Sql
from tenants.models import Membership
from tenants.scoping import acting_for, one_statement

_RECONNECT = _("Connect the account again, and this will go out.")

# A call of each budget is taken in the same statement, or none and nothing is marked.
MARK = """
WITH {taking}, moved AS (
    UPDATE sharing_publication SET
        state = 'sending', attempts = attempts + 1, message = '{{}}',
        sending_at = statement_timestamp(), lease_until = statement_timestamp() + %s,
        updated_at = statement_timestamp()
    WHERE tenant_id = %s AND id = %s AND state = 'claimed' AND token = %s
      AND lease_until > statement_timestamp()
      AND {open} AND {connected} AND {member} AND {item}
      AND (SELECT until IS NULL FROM shut) AND (SELECT count(*) FROM taken) = %s
    RETURNING *
), {noted}
SELECT (SELECT until FROM shut), ARRAY(SELECT key FROM taken), {moving}
FROM (VALUES (1)) AS always LEFT JOIN moved ON true
"""
CONNECTED = """EXISTS (
    SELECT FROM sharing_account
    WHERE tenant_id = %s AND id = %s AND state = 'connected')"""


def start_sending(work: Work) -> bool:
    """Write the mark from which the post may exist; false when it must not go out."""
    return persistently(lambda: mark_sending(work))


def mark_sending(work: Work) -> bool:
    """Write the mark once. When an earlier COMMIT got no answer, the row tells.

    A call is reserved, and whatever speaks against the post is asked, at this moment.
    """
    publication = work.publication
    full_until = write_mark(work)
    if publication.state == State.SENDING:
        return True
    with acting_for(publication.tenant_id):
        row = read_again(publication)
        if row.token != publication.token or row.state != State.CLAIMED:
            return row.token == publication.token and row.state == State.SENDING
        adopt(publication, row)
        if objection := objection_to(publication):
            withdraw(publication, objection)
        elif full_until is not None:
            put_off(
                publication, used_up(publication, full_until), full_until + jitter()
            )
        return False


def write_mark(work: Work) -> datetime | None:
    """CLAIMED -> SENDING, if nothing speaks against it.

    Returns until when a budget is used up, if that was what did.
    """
    publication, windows, started = work.publication, work.windows, time.monotonic()
    tenant_id = publication.tenant_id
    conditions = {
        "open": GATE_IS_OPEN,
        "connected": Sql(CONNECTED, (tenant_id, account_of(publication))),
        "member": may_share().asked(tenant_id, publication.membership_id),
        "item": may_be_shared().asked(tenant_id, publication.item_id),
    }
    statement = MARK.format(
        noted=NOTED,
        taking=budgets.TAKING,
        moving=", ".join(f"moved.{name}" for name in MOVING),
        **{name: condition.text for name, condition in conditions.items()},
    )
    values = [
        *budgets.wanted_values(windows),
        *(lease(), tenant_id, publication.pk, publication.token),
        *(value for condition in conditions.values() for value in condition.values),
        *(len(windows), uuid7(), State.CLAIMED),
    ]
    [(until, taken, *moved)] = one_statement(tenant_id, statement, values)
    if moved[0] is not None:
        work.started = started
        for name, value in zip(MOVING, moved, strict=True):
            setattr(publication, name, value)
    elif taken:
        budgets.give_back(window for window in windows if window.key in taken)
    return until


def used_up(publication: Publication, until: datetime) -> str:
    """Return whose limit it was: no network's is longer than a day, a tenant's may be."""
    waits = (until - publication.read_at).total_seconds()
    return Reason.BUDGET if waits > LONGEST_WAIT else Reason.RATE_LIMITED


def jitter() -> timedelta:
    """Not everybody who waits for the same moment comes at it."""
    return timedelta(seconds=JITTER.uniform(0, settings.PUBLISHING_SWEEP_SECONDS * 2))


@cache
def may_share() -> Exists:
    members = Membership.objects.for_tenant(TENANT).active()
    return Exists.of(members.filter(pk=ONE, tenant__is_active=True))


@cache
def may_be_shared() -> Exists:
    # An expression instead of a moment: the database's own clock decides.
    items = Item.objects.for_tenant(TENANT).shareable(Now())  # type: ignore[arg-type]
    return Exists.of(items.filter(pk=ONE))


def objection_to(publication: Publication) -> str:
    """Return why this must not go out now, or nothing."""
    tenant_id = publication.tenant_id
    members = Membership.objects.for_tenant(tenant_id).active()
    # An expression instead of a moment: the database's own clock decides.
    items = Item.objects.for_tenant(tenant_id).shareable(Now())  # type: ignore[arg-type]
    # Held: a disconnect waits for us or is seen by us.
    accounts = Account.objects.for_tenant(tenant_id).select_for_update(no_key=True)
    found = accounts.filter(pk=account_of(publication)).values_list(
        "state",
        models.Exists(
            members.filter(pk=publication.membership_id, tenant__is_active=True)
        ),
        models.Exists(items.filter(pk=publication.item_id)),
    )
    state, is_member, is_shareable = found.first() or (None, True, True)
    if not is_member:
        return Reason.MEMBER_LEFT
    if state in (None, Account.State.DISCONNECTED):
        return Reason.ACCOUNT_GONE
    if state == Account.State.NEEDS_RECONNECT:
        return Reason.RECONNECT
    return "" if is_shareable else Reason.ITEM_CLOSED


def put_off(publication: Publication, reason: str, until: datetime) -> bool:
    """CLAIMED -> READY: not its time after all, and no attempt was made."""
    with acting_for(publication.tenant_id):
        loud = loud_at(publication, until)
        if loud > until:
            reason = Reason.QUIET_HOURS
        return move(publication, State.READY, reason=reason, not_before=loud)


def withdraw(publication: Publication, objection: str) -> bool:
    """Stop what has not been sent: held for a reconnect, cancelled otherwise."""
    if objection == Reason.RECONNECT:
        return move(
            publication,
            State.NEEDS_USER,
            reason=objection,
            message=_RECONNECT,
            bump=True,
        )
    return move(publication, State.CANCELLED, reason=objection, bump=True)
