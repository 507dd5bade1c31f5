"""Find out what became of a publication that is PENDING or UNKNOWN; ask the person last.

PENDING: ask by the handle that the network gave, when it said, up to its maximum age.
UNKNOWN, in this order: ask by the handle, if there is one; look for the publication's
own tracked link among the account's newest posts; where the network has no such list,
send the byte-identical post once more, because it answers with the first one's id; hand
it to the member. A network that the breaker leaves alone is not asked.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeGuard
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, When
from django.db.models.functions import Now

from sharing import budgets, circuit, failpoints
from sharing.configured import UnknownNetwork, connector_for
from sharing.connectors import errors
from sharing.connectors.base import Connector
from sharing.connectors.text import Sentence, _
from sharing.connectors.types import Pending, Posted, Tokens
from sharing.models import Account, Publication, Reason, State
from sharing.models.publication import UNSETTLED
from sharing.publishing import (
    BROKE,
    MARGIN,
    Outcome,
    frozen_post,
    is_anothers,
    is_open,
    is_overdue,
    lease,
    move,
    objection_to,
    older,
    record,
    settle_time,
)
from sharing.tokens import usable_tokens
from tenants.scoping import acting_for

log = logging.getLogger(__name__)

Said = Outcome | None  # None: it was looked for, and not found

NOT_ASKED = errors.TryLater(reason="not_asked")
_ASK = _("We could not confirm this post. Have a look: is it out?")


@dataclass(frozen=True)
class Look:
    """One turn at a row: nobody else asks about it before ``until``."""

    publication: Publication
    account: Account
    until: float  # time.monotonic()


Question = Callable[[Look, Connector, Tokens], Said]


def settle(tenant_id: UUID | str, publication_id: UUID | str) -> None:
    """Make one step towards the truth; the next step waits in ``not_before``."""
    found = take_a_look(tenant_id, publication_id)
    if found is None:
        return
    publication = found.publication
    if publication.state == State.PENDING:
        record(publication, question(found, poll) or NOT_ASKED)
    elif not is_settled(found):
        with acting_for(tenant_id):
            if is_time_to_ask(publication):
                ask(publication)


def take_a_look(tenant_id: UUID | str, publication_id: UUID | str) -> Look | None:
    """Take the row for one look: raise its token and put the next look some time off.

    A poll may not meet a second one: the next comes after its deadline. A worker that
    falls with it costs that time.
    """
    until = time.monotonic() + settings.PUBLISHING_LEASE_SECONDS * (1 - MARGIN)
    with acting_for(tenant_id):
        rows = Publication.objects.filter(
            is_open(),
            tenant_id=tenant_id,
            pk=publication_id,
            state__in=UNSETTLED,
            not_before__lte=Now(),
        )
        pause = Case(When(state=State.PENDING, then=lease()), default=settle_time())
        if not rows.update(token=F("token") + 1, not_before=Now() + pause):
            return None
        mine = Publication.objects.filter(tenant_id=tenant_id).with_clock()
        publication = mine.get(pk=publication_id)
        accounts = Account.objects.filter(tenant_id=tenant_id).with_clock()
        return Look(publication, accounts.get(publications=publication), until)


def is_settled(look: Look) -> bool:
    """True when the network proves what became of it: by its handle, or by the post."""
    publication = look.publication
    if publication.handle is not None:
        said = question(look, poll)
        if is_verdict(said, publication):
            return record(publication, said)
    said = question(look, search)
    return isinstance(said, Posted | Pending) and record(publication, said)


def is_verdict(said: Said, publication: Publication) -> TypeGuard[Outcome]:
    """True for what a poll tells of the post itself."""
    if isinstance(said, Pending):
        return not is_overdue(publication)
    if isinstance(said, errors.QuestionRefused):
        return False
    return isinstance(said, Posted | errors.Refused)


# -- Ask the network ---------------------------------------------------------------------


def question(look: Look, ask: Question) -> Said:
    """Return what the network says; trouble comes as a value, whatever it was."""
    publication = look.publication
    try:
        connector = connector_for(publication.network, publication.tenant_id)
        if wait := circuit.gate_to_ask(circuit.app_of(connector, look.account.server)):
            return errors.TryLater(reason=wait.reason)
        return asked(look, connector, ask)
    except UnknownNetwork:
        return errors.OperatorAction()
    except Exception:
        # The member is asked in time, also when the fault is ours.
        log.exception("asking about publication %s broke", publication.pk)
        return errors.Unknown(Sentence(BROKE))


def asked(look: Look, connector: Connector, ask: Question) -> Said:
    """Ask once, and let the breaker know what was met."""
    app = circuit.app_of(connector, look.account.server)
    try:
        tokens = usable_tokens(look.account, connector)
    except errors.ConnectorError as error:
        circuit.not_called(app)
        return error
    said: Said
    try:
        said = ask(look, connector, tokens)
    except errors.ConnectorError as error:
        log.info("publication %s is still open: %r", look.publication.pk, error)
        said = error
    if isinstance(said, errors.ConnectorError):
        call = circuit.classify(said)
    else:
        call = circuit.Call.USER  # that the app may post is proven by a post alone
    if call is None:
        circuit.not_called(app)
    circuit.note(app, call)
    return said


def poll(look: Look, connector: Connector, tokens: Tokens) -> Said:
    """Ask by the handle that the network gave."""
    handle = look.publication.handle or {}
    return connector.poll(tokens, look.account.remote_id, handle, look.until)


def search(look: Look, connector: Connector, tokens: Tokens) -> Said:
    """Look for the post, or send it once more where that names the first one."""
    publication, profile_id = look.publication, look.account.remote_id
    post = frozen_post(publication, connector)
    if connector.finds:
        # Not since the newest attempt: it may be an earlier one that came through.
        return connector.find(tokens, profile_id, post, publication.created_at)
    windows = budgets.windows_of(
        connector, publication.tenant_id, profile_id, look.account.server
    )
    # What the network still works on, it may not know for the same yet.
    is_new = publication.handle is None
    if not (connector.probe and is_new and begin_probe(publication, windows)):
        return NOT_ASKED
    failpoints.at("in_probe")
    try:
        return connector.publish(tokens, profile_id, post, deadline=look.until)
    except errors.Duplicate as duplicate:
        return named_by(duplicate, publication)
    except errors.TryLater as later:
        if later.not_sent:
            give_back_probe(publication)
        with transaction.atomic():
            budgets.heed(windows, later)
        raise


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
