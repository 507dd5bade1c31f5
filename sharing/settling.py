"""Find out what became of an UNKNOWN publication; ask the person last.

Three ways, in this order: look for the publication's own tracked link among the
account's newest posts; where the network has no such list, send the byte-identical
post once more, because it answers with the first one's id; hand it to the member.
"""

import logging
import time
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from sharing import budgets, failpoints
from sharing.configured import UnknownNetwork, connector_for
from sharing.connectors import errors
from sharing.connectors.base import OAuth2Connector
from sharing.connectors.text import _
from sharing.connectors.types import Posted, Tokens
from sharing.models import Account, Publication, Reason, State
from sharing.publishing import (
    frozen_post,
    is_anothers,
    is_open,
    move,
    objection_to,
    older,
    record,
    settle_time,
)
from sharing.tokens import usable_tokens
from tenants.scoping import acting_for

log = logging.getLogger(__name__)

_ASK = _("We could not confirm this post. Have a look: is it out?")


def settle(tenant_id: UUID | str, publication_id: UUID | str) -> None:
    """Make one step towards the truth; the next step waits in ``not_before``."""
    found = take_a_look(tenant_id, publication_id)
    if found is None:
        return
    publication, account = found
    posted = find_proof(publication, account)
    if posted is not None and record(publication, posted):
        return
    with acting_for(tenant_id):
        if is_time_to_ask(publication):
            ask(publication)


def take_a_look(
    tenant_id: UUID | str, publication_id: UUID | str
) -> tuple[Publication, Account] | None:
    """Take the row for one look: raise its token and put the next look a settle time off."""
    with acting_for(tenant_id):
        rows = Publication.objects.filter(
            is_open(),
            tenant_id=tenant_id,
            pk=publication_id,
            state=State.UNKNOWN,
            not_before__lte=Now(),
        )
        if not rows.update(token=F("token") + 1, not_before=Now() + settle_time()):
            return None
        mine = Publication.objects.filter(tenant_id=tenant_id).with_clock()
        publication = mine.get(pk=publication_id)
        accounts = Account.objects.filter(tenant_id=tenant_id).with_clock()
        return publication, accounts.get(publications=publication)


def find_proof(publication: Publication, account: Account) -> Posted | None:
    """Return proof that the post stands; None also when looking failed, however."""
    try:
        connector = connector_for(publication.network)
        tokens = usable_tokens(account, connector)
        return look(publication, account, connector, tokens)
    except (UnknownNetwork, errors.ConnectorError) as error:
        log.info("publication %s is still unknown: %r", publication.pk, error)
    except Exception:
        # The member is asked in time, also when the fault is ours.
        log.exception("looking for publication %s broke", publication.pk)
    return None


def look(
    publication: Publication,
    account: Account,
    connector: OAuth2Connector,
    tokens: Tokens,
) -> Posted | None:
    """Return proof that the post stands, or None."""
    post = frozen_post(publication)
    if connector.finds:
        # Not since the newest attempt: it may be an earlier one that came through.
        return connector.find(tokens, account.remote_id, post, publication.created_at)
    windows = budgets.windows_of(connector, account.tenant_id, account.remote_id)
    deadline = time.monotonic() + settings.PUBLISHING_LEASE_SECONDS
    if not (connector.probe and begin_probe(publication, windows)):
        return None
    failpoints.at("in_probe")
    try:
        answer = connector.publish(tokens, account.remote_id, post, deadline=deadline)
    except errors.Duplicate as duplicate:
        return named_by(duplicate, publication)
    except errors.TryLater as later:
        if later.not_sent:
            give_back_probe(publication)
        with transaction.atomic():
            budgets.heed(windows, later)
        raise
    return answer if isinstance(answer, Posted) else None


def named_by(duplicate: errors.Duplicate, publication: Publication) -> Posted | None:
    """Return the post that the network's duplicate answer names, if it is ours."""
    if not duplicate.remote_id:
        return None
    posted = Posted(duplicate.remote_id, duplicate.url or "")
    with acting_for(publication.tenant_id):
        return None if is_anothers(publication, posted) else posted


def begin_probe(publication: Publication, windows: tuple[budgets.Window, ...]) -> bool:
    """Write down the one probe before it is sent: it may itself become the post."""
    with acting_for(publication.tenant_id):
        if objection_to(publication) or budgets.reserve(windows):
            return False
        rows = Publication.objects.for_tenant(publication.tenant_id).filter(
            pk=publication.pk, state=State.UNKNOWN, token=publication.token, probes=0
        )
        return rows.update(probes=1) == 1


def give_back_probe(publication: Publication) -> None:
    """It never left, so it does not count."""
    with acting_for(publication.tenant_id):
        rows = Publication.objects.for_tenant(publication.tenant_id).filter(
            pk=publication.pk, state=State.UNKNOWN, token=publication.token
        )
        rows.update(probes=0)


def is_time_to_ask(publication: Publication) -> bool:
    """After the one probe at once; after looking in vain when the time is up."""
    publication.refresh_from_db(fields=["probes"])
    limit = settings.PUBLISHING_ASK_AFTER_SECONDS
    next_look = settings.PUBLISHING_SETTLE_SECONDS
    return publication.probes > 0 or older(
        publication.unknown_since, limit - next_look, publication.read_at
    )


def ask(publication: Publication) -> bool:
    """NEEDS_USER: look here, it is out, or send it again."""
    return move(
        publication,
        State.NEEDS_USER,
        reason=Reason.UNCONFIRMED,
        message=_ASK,
        bump=True,
    )
