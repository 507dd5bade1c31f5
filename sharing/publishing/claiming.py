"""READY -> CLAIMED: one statement takes what is due and reads all that sending needs."""

import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError

from common.ids import uuid7
from sharing import budgets, circuit
from sharing.configured import UnknownNetwork, publisher_for
from sharing.connectors.base import Connector
from sharing.connectors.text import _
from sharing.connectors.types import Post
from sharing.models import Account, Publication, Reason, State
from sharing.publishing.moving import lease, move
from sharing.publishing.outcomes import OPERATOR_PAUSE
from sharing.publishing.posts import frozen_post
from sharing.publishing.seats import seats
from sharing.publishing.sql import (
    GATE_IS_OPEN,
    NOTED,
    Sql,
    after,
    columns,
    count,
    from_row,
)
from sharing.turns import turns
from tenants.scoping import one_statement

TRIES = 3
LONGEST_SEARCH = 1.0  # seconds; where hundreds of tenants wait and none may send
MARGIN = 0.1  # the last part of a lease, in which no call may start

_NOT_OFFERED = _("This network is switched off at the moment.")


@dataclass
class Work:
    """A claimed publication and what is needed to send it."""

    publication: Publication
    account: Account
    connector: Connector
    started: float  # time.monotonic(); when the row was claimed or held anew

    @property
    def deadline(self) -> float:
        return held_until(self.started)

    @cached_property
    def app(self) -> str:
        """The name under which the breaker knows it."""
        return circuit.app_of(self.connector, self.account.server)

    @cached_property
    def windows(self) -> tuple[budgets.Window, ...]:
        """The budgets that the one call is counted in."""
        account = self.account
        own = budgets.windows_of(
            self.connector, account.tenant_id, account.remote_id, account.server
        )
        return own + circuit.ramp(self.app)

    @cached_property
    def post(self) -> Post:
        return frozen_post(self.publication, self.connector)


def held_until(started: float) -> float:
    """Return until when calls may begin, in ``time.monotonic()`` terms."""
    return started + settings.PUBLISHING_LEASE_SECONDS * (1 - MARGIN)


def next_by_turns() -> Work | None:
    """Claim for the tenant whose turn it is; tenants with nothing to claim are passed."""
    began = time.monotonic()
    while tenant_id := turns.next(look_since=began):
        if work := claim_next(tenant_id):
            return work
        turns.drop(tenant_id)
        if time.monotonic() > began + LONGEST_SEARCH:
            return None  # the sweep finds what is left
    return None


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
      AND waiting.network <> ALL (%s::text[])
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
), {noted}
SELECT statement_timestamp(), {publication}, {account}
FROM moved, sharing_account account
WHERE account.id = (SELECT account_id FROM moved)
"""


@cache
def claim_statement(which: str) -> str:
    return CLAIM.format(
        noted=NOTED,
        which=which,
        open=GATE_IS_OPEN.text,
        publication=columns(Publication, "moved"),
        account=columns(Account, "account"),
    )


def take(tenant_id: UUID | str, which: Sql) -> Work | None:
    """Claim one of the tenant's due publications whose network has a seat left."""
    started, full = time.monotonic(), seats.begin()
    publication = None
    try:
        if rows := take_row(tenant_id, which, full):
            read_at, *cells = rows[0]
            publication = from_row(Publication, cells[: count(Publication)])
            account = from_row(Account, cells[count(Publication) :])
            publication.read_at = account.read_at = read_at
    finally:
        seats.end(publication.network if publication else "")
    if publication is None:
        if full:
            seats.pass_over()
        return None
    try:
        connector = publisher_for(publication.network, tenant_id)
    except UnknownNetwork:
        seats.give_back(publication.network)
        move(publication, State.READY, reason=Reason.OPERATOR, message=_NOT_OFFERED,
             not_before=after(OPERATOR_PAUSE))  # fmt: skip
        return None
    return Work(publication, account, connector, started)


def take_row(
    tenant_id: UUID | str, which: Sql, full: list[str]
) -> list[tuple[Any, ...]]:
    """Claim one row; the same again where another one of its account was quicker."""
    statement, tenant = claim_statement(which.text), str(tenant_id)
    values = (tenant, full, *which.values, lease(), tenant, uuid7(), State.READY)
    for _attempt in range(TRIES):
        with suppress(IntegrityError):
            return one_statement(tenant, statement, values)
    return []
