"""READY -> CLAIMED -> SENDING, and the one call to the network."""

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, cached_property
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models.functions import Now

from common.ids import uuid7
from content_library.models import Item
from sharing import budgets, circuit, failpoints
from sharing.configured import UnknownNetwork, connector_for
from sharing.connectors import errors
from sharing.connectors.base import OAuth2Connector
from sharing.connectors.text import Sentence, _
from sharing.connectors.types import Post, Tokens
from sharing.models import Account, Publication, Reason, State
from sharing.patience import persistently
from sharing.publishing.moving import (
    BROKE,
    account_of,
    adopt,
    frozen_post,
    lease,
    move,
    read_again,
)
from sharing.publishing.outcomes import JITTER, OPERATOR_PAUSE, Outcome, record
from sharing.publishing.sql import (
    GATE_IS_OPEN,
    NOW,
    ONE,
    TENANT,
    Exists,
    Sql,
    after,
    columns,
    count,
    from_row,
)
from sharing.telling import tell_admins
from sharing.tokens import usable_tokens
from sharing.turns import turns
from tenants.models import Membership
from tenants.scoping import acting_for, one_statement

log = logging.getLogger(__name__)

MARGIN = 0.1  # the last part of a lease, in which no call may start

_RECONNECT = _("Connect the account again, and this will go out.")
_NOT_OFFERED = _("This network is switched off at the moment.")


@dataclass
class Work:
    """A claimed publication and what is needed to send it."""

    publication: Publication
    account: Account
    connector: OAuth2Connector
    started: float  # time.monotonic()

    @property
    def deadline(self) -> float:
        return self.started + settings.PUBLISHING_LEASE_SECONDS * (1 - MARGIN)

    @cached_property
    def windows(self) -> tuple[budgets.Window, ...]:
        """The budgets that the one call is counted in."""
        account, network = self.account, self.publication.network
        own = budgets.windows_of(self.connector, account.tenant_id, account.remote_id)
        return own + circuit.ramp(network)

    @property
    def post(self) -> Post:
        return frozen_post(self.publication)


def publish(tenant_id: UUID | str, publication_id: UUID | str) -> bool:
    """Claim, prepare and send one publication; harmless when it is rung twice.

    Returns whether it was its turn.
    """
    work = claim(tenant_id, publication_id)
    if work is not None:
        carry_out(work)
    return work is not None


def publish_next(
    tenant_id: UUID | str, publication_id: UUID | str
) -> Publication | None:
    """Send what is next by the tenants' turns, as a rule not what the bell names.

    There are as many bells as publications, so each gets its turn. Returns what was
    taken; None when nothing may go at the moment.
    """
    work = next_by_turns() or claim(tenant_id, publication_id)
    if work is not None:
        carry_out(work)
    return work.publication if work else None


def publish_by_turns() -> bool:
    """Send one publication, where nobody rings; false when nothing is due."""
    work = next_by_turns()
    if work is not None:
        carry_out(work)
    return work is not None


def next_by_turns() -> Work | None:
    """Claim for the tenant whose turn it is; tenants with nothing to claim are passed."""
    began = time.monotonic()
    while tenant_id := turns.next(look_since=began):
        if work := claim_next(tenant_id):
            return work
        turns.drop(tenant_id)
    return None


def carry_out(work: Work) -> None:
    """Prepare, send, and write down what came of it."""
    failpoints.at("after_claim")
    if wait := circuit.gate(work.publication.network):
        put_off(work.publication, wait.reason, wait.until)
        return
    try:
        tokens = prepare(work)
    except errors.ConnectorError as error:
        circuit.not_called(work.publication.network)
        record(work.publication, error)
        heed(work, error)
        return
    failpoints.at("before_sending")
    if not start_sending(work):
        circuit.not_called(work.publication.network)
        return
    failpoints.at("after_sending_commit")
    outcome = send(work, tokens)
    failpoints.at("after_send")
    record(work.publication, outcome)
    failpoints.at("after_record")
    heed(work, outcome)


def put_off(publication: Publication, reason: str, until: datetime) -> bool:
    """CLAIMED -> READY: not its time after all, and no attempt was made."""
    return move(publication, State.READY, reason=reason, not_before=until)


def heed(work: Work, outcome: Outcome) -> None:
    """Let budgets and breaker learn from the answer; the post's own fate stands already."""
    network = work.publication.network
    with transaction.atomic():
        budgets.heed(work.windows, outcome, since=work.publication.sending_at)
    circuit.note(network, circuit.classify(outcome))
    if isinstance(outcome, errors.OperatorAction):
        with acting_for(work.publication.tenant_id):
            if circuit.pause(network, outcome.sentence):
                tell_of_pause(work.publication, outcome.sentence)


def tell_of_pause(publication: Publication, sentence: str) -> None:
    tell_admins(
        tenant_id=publication.tenant_id,
        network=publication.network,
        sentence=sentence,
        key=f"paused:{publication.network}:{publication.pk}:{publication.token}",
    )


def claim(tenant_id: UUID | str, publication_id: UUID | str) -> Work | None:
    """Take the publication, or return None when it is not due, taken, or its lane is busy."""
    return take(tenant_id, Sql("waiting.id = %s", (str(publication_id),)))


def claim_next(tenant_id: UUID | str) -> Work | None:
    """Take what has waited longest in a tenant, or return None when nothing may go."""
    return take(tenant_id, Sql("true"))


# Rows that another worker is just taking are passed over; of an account with several
# only one is taken (constraint publication_one_in_lane).
CLAIM = """
WITH next AS (
    SELECT waiting.id FROM sharing_publication waiting
    WHERE waiting.tenant_id = %s AND waiting.state = 'ready'
      AND waiting.not_before <= statement_timestamp()
      AND {which} AND {open}
      AND NOT EXISTS (
          SELECT FROM sharing_publication busy
          WHERE busy.tenant_id = waiting.tenant_id
            AND busy.account_id = waiting.account_id
            AND busy.state IN ('claimed', 'sending', 'unknown')
          OFFSET 0  -- asked row by row, in the order of the index, until there is one
      )
    ORDER BY waiting.not_before
    LIMIT 1
    FOR UPDATE SKIP LOCKED
), moved AS (
    UPDATE sharing_publication publication SET
        state = 'claimed', token = token + 1, lease_until = statement_timestamp() + %s,
        message = '{{}}', updated_at = statement_timestamp()
    WHERE publication.tenant_id = %s AND publication.id = (SELECT id FROM next)
    RETURNING publication.*
), noted AS (
    INSERT INTO sharing_publicationevent
        (id, tenant_id, publication_id, from_state, to_state, token, reason, details, at)
    SELECT %s, tenant_id, id, 'ready', state, token, reason, '{{}}', clock_timestamp()
    FROM moved
)
SELECT statement_timestamp(), {publication}, {account}
FROM moved, sharing_account account
WHERE account.id = (SELECT account_id FROM moved)
"""


def take(tenant_id: UUID | str, which: Sql) -> Work | None:
    """Claim one of the tenant's due publications, in one statement."""
    started = time.monotonic()
    statement = CLAIM.format(
        which=which.text,
        open=GATE_IS_OPEN.text,
        publication=columns(Publication, "moved"),
        account=columns(Account, "account"),
    )
    tenant = str(tenant_id)
    values = (tenant, *which.values, lease(), tenant, uuid7())
    try:
        rows = one_statement(tenant, statement, values)
    except IntegrityError:
        return None  # the next one of the same account, a moment after the first
    if not rows:
        return None
    read_at, *cells = rows[0]
    publication = from_row(Publication, cells[: count(Publication)])
    account = from_row(Account, cells[count(Publication) :])
    publication.read_at = account.read_at = read_at
    try:
        connector = connector_for(publication.network)
    except UnknownNetwork:
        move(publication, State.READY, reason=Reason.OPERATOR, message=_NOT_OFFERED,
             not_before=after(OPERATOR_PAUSE))  # fmt: skip
        return None
    return Work(publication, account, connector, started)


def prepare(work: Work) -> Tokens:
    """Return the tokens to send with; whatever goes wrong here is proof of nothing sent."""
    try:
        return usable_tokens(work.account, work.connector)
    except errors.ConnectorError:
        raise
    except Exception:
        log.exception("publication %s broke before sending", work.publication.pk)
        raise errors.TryLater from None


def start_sending(work: Work) -> bool:
    """Write the mark from which the post may exist; false when it must not go out."""
    return persistently(lambda: mark_sending(work))


def mark_sending(work: Work) -> bool:
    """Write the mark once. When an earlier COMMIT got no answer, the row tells.

    A call is reserved, and whatever speaks against the post is asked, at this moment.
    """
    publication = work.publication
    with acting_for(publication.tenant_id):
        full_until = budgets.reserve(work.windows)
        if full_until is None:
            if publication.state == State.CLAIMED and write_mark(publication):
                return True
            budgets.give_back(work.windows)
        row = read_again(publication)
        if row.token != publication.token or row.state != State.CLAIMED:
            return row.token == publication.token and row.state == State.SENDING
        adopt(publication, row)
        if objection := objection_to(publication):
            withdraw(publication, objection)
        elif full_until is not None:
            put_off(publication, Reason.RATE_LIMITED, full_until + jitter())
        return False


def jitter() -> timedelta:
    """Not everybody who waits for the same moment comes at it."""
    return timedelta(seconds=JITTER.uniform(0, settings.PUBLISHING_SWEEP_SECONDS * 2))


def write_mark(publication: Publication) -> bool:
    """CLAIMED -> SENDING, if nothing speaks against it."""
    tenant_id = publication.tenant_id
    account = Sql(
        """EXISTS (SELECT FROM sharing_account
        WHERE tenant_id = %s AND id = %s AND state = 'connected')""",
        (tenant_id, account_of(publication)),
    )
    return move(
        publication,
        State.SENDING,
        reason=publication.reason,
        still=[
            GATE_IS_OPEN,
            Sql("lease_until > statement_timestamp()"),
            account,
            may_share().asked(tenant_id, publication.membership_id),
            may_be_shared().asked(tenant_id, publication.item_id),
        ],
        attempts=Sql("attempts + 1"),
        sending_at=NOW,
        lease_until=after(lease()),
    )


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


def send(work: Work, tokens: Tokens) -> Outcome:
    """Call the network once. Whatever is not proof of failure comes back as ``Unknown``."""
    profile_id = work.account.remote_id
    try:
        return work.connector.publish(
            tokens, profile_id, work.post, deadline=work.deadline
        )
    except errors.ConnectorError as error:
        return error
    except Exception:
        # A fault of ours after the mark: nobody knows how far it came.
        log.exception("publication %s broke while sending", work.publication.pk)
        return errors.Unknown(Sentence(BROKE))
