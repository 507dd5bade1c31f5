"""Tell people what became of a publication without them, and admins what stops a network.

Said inside the transaction of what happened: with it, or not at all. A notice may fail,
what it tells of may not: a fault of ours is logged and costs the notice alone. Only a
database that is in trouble itself is let through, as then nothing was written.
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction

from notifications.models import Notice
from notifications.notifying import notify, see
from sharing.configured import UnknownNetwork, network_called
from sharing.connectors.text import _, kept
from sharing.models import Publication, Reason, State
from tenants.people import admins

log = logging.getLogger(__name__)

_REFUSED = _("%(network)s did not take “%(title)s”. %(why)s")
_RECONNECT = _(
    "Connect your %(network)s account again. What waits for it goes out then, “%(title)s” first."
)
_UNCONFIRMED = _(
    "We could not confirm that “%(title)s” is out on %(network)s. Please look there, and tell us."
)
_WAITS = _("“%(title)s” is not out on %(network)s yet. %(why)s")
_CLOSED = _(
    "“%(title)s” does not go out on %(network)s: the item was withdrawn, or its time is over. There is nothing for you to do."
)
_WORKPLACE = _(
    "“%(title)s” did not go out on %(network)s, as this workplace was closed. Share it anew if you still like to."
)
_STOPPED = _("“%(title)s” does not go out on %(network)s.")
_PAUSED = _(
    "%(network)s is paused for everybody here: %(why)s Whoever runs this installation has to act; what waits goes out by itself then."
)

STOPPED: dict[str, str] = {
    Reason.ITEM_CLOSED: _CLOSED,
    Reason.TENANT_CLOSED: _WORKPLACE,
}
WAITING: dict[str, str] = {
    Reason.RECONNECT: _RECONNECT,
    Reason.UNCONFIRMED: _UNCONFIRMED,
}
# Whom these stop knows already, or is no member any more.
SILENT = (Reason.BY_MEMBER, Reason.MEMBER_LEFT, Reason.ACCOUNT_GONE)

ROW = ("pk", "membership_id", "share_id", "account_id", "network", "state", "reason",
       "token", "message", "card", "account__generation")  # fmt: skip


def tell(publication: Publication) -> None:
    """Tell the owner of what failed, waits for them, or was stopped by somebody else.

    Call it inside the tenant's transaction, after the transition. Each state and token
    is told once; a lost connection to an account once, however many posts wait for it.
    """
    with never_in_the_way(publication.pk):
        row = as_it_stands(publication)
        if row is not None and is_news(row):
            notify(
                tenant_id=publication.tenant_id,
                members=[row["membership_id"]],
                **notice_of(row),
            )


def tell_of_account(
    *,
    tenant_id: UUID,
    member: UUID,
    account: UUID,
    network: str,
    sentence: str,
    key: str,
    kind: str = Notice.Kind.TO_DO,
) -> None:
    """Tell a member once per ``key`` about their account; the accounts page opens."""
    with never_in_the_way(account):
        notify(
            tenant_id=tenant_id,
            members=[member],
            kind=kind,
            key=key,
            message={"msgid": sentence, "values": {"network": label_of(network)}},
            page="sharing:accounts",
            about=account,
        )


def tell_admins(*, tenant_id: UUID, network: str, sentence: str, key: str) -> None:
    """Tell each admin once per ``key`` that a network is paused, and why."""
    with never_in_the_way(key):
        message = {
            "msgid": _PAUSED,
            "values": {"network": label_of(network), "why": kept(sentence)},
        }
        notify(
            tenant_id=tenant_id,
            members=admins(tenant_id).values_list("pk", flat=True),
            kind=Notice.Kind.TO_KNOW,
            key=key,
            message=message,
        )


def put_away(publication: Publication) -> None:
    """It needs nobody any more: a mail about what was before would only confuse."""
    see(
        tenant_id=publication.tenant_id,
        member=publication.membership_id,
        about=publication.share_id,
    )


@contextmanager
def never_in_the_way(subject: object) -> Iterator[None]:
    """Undo and log what goes wrong, unless the database itself is away or in a tangle."""
    try:
        with transaction.atomic():
            yield
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("nobody was told about %s", subject)


def as_it_stands(publication: Publication) -> dict[str, Any] | None:
    """Return the row, unless its member has left: the object at hand may be older."""
    rows = Publication.objects.for_tenant(publication.tenant_id)
    there = rows.filter(pk=publication.pk, membership__deactivated_at=None)
    return there.values(*ROW).first()


def is_news(row: Mapping[str, Any]) -> bool:
    """True for what its member cannot know."""
    if row["state"] == State.CANCELLED:
        return row["reason"] not in SILENT
    if row["state"] == State.PENDING:
        return row["reason"] == Reason.RECONNECT
    return row["state"] in (State.FAILED, State.NEEDS_USER)


def notice_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what to say, and which page opens."""
    values = {
        "network": label_of(row["network"]),
        "title": row["card"].get("title", ""),
    }
    page, about, key = "sharing:shared", row["share_id"], publication_key(row)
    if row["reason"] == Reason.RECONNECT:
        page, about, key = "sharing:accounts", row["account_id"], account_key(row)
    waits = row["state"] in (State.NEEDS_USER, State.FAILED, State.PENDING)
    return {
        "kind": Notice.Kind.TO_DO if waits else Notice.Kind.TO_KNOW,
        "key": key,
        "message": {
            "msgid": sentence_for(row["state"], row["reason"]),
            "values": values | {"why": row["message"] or ""},
        },
        "page": page,
        "args": [] if page == "sharing:accounts" else [about],
        "about": about,
    }


def publication_key(row: Mapping[str, Any]) -> str:
    return f"publication:{row['pk']}:{row['state']}:{row['token']}"


def account_key(row: Mapping[str, Any]) -> str:
    """Each new connection has a new generation."""
    return f"account:{row['account_id']}:{row['account__generation']}"


def sentence_for(state: str, reason: str) -> str:
    if state == State.FAILED:
        return _REFUSED
    if state == State.CANCELLED:
        return STOPPED.get(reason, _STOPPED)
    if state == State.PENDING:
        return _WAITS
    return WAITING.get(reason, _WAITS)


def label_of(network: str) -> str:
    try:
        return network_called(network).label
    except UnknownNetwork:
        return network.title()
