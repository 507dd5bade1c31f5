"""What people and sweeps may do to a publication that no worker is sending."""

from collections.abc import Iterable
from datetime import datetime

from sharing.connectors.text import _
from sharing.models import Publication, Reason, State
from sharing.publishing.moving import BROKE, move, settle_time
from sharing.publishing.sql import NOW, Sql, after
from tenants.scoping import acting_for

_RESTORED = _(
    "The data was restored from a backup. We are checking whether it is out already."
)


def cancel(publication: Publication, *, reason: str) -> bool:
    """Stop it before SENDING; false when it is already going out or over."""
    with acting_for(publication.tenant_id):
        publication.refresh_from_db(fields=["state", "token", "reason"])
        return publication.can_cancel and move(
            publication, State.CANCELLED, reason=reason, bump=True
        )


def cancel_all(publications: Iterable[Publication], *, reason: str) -> int:
    """Stop each of them; return how many were stopped."""
    return sum(cancel(publication, reason=reason) for publication in publications)


def declare(publication: Publication, *, is_out: bool) -> bool:
    """The member looked: it is out, or it is to be sent again."""
    with acting_for(publication.tenant_id):
        if not publication.is_unconfirmed:
            return False
        if is_out:
            return move(publication, State.PUBLISHED, reason=Reason.DECLARED, bump=True,
                        published_at=Sql("sending_at"))  # fmt: skip
        # A time that was chosen and is still to come is kept.
        chosen = publication.share.scheduled_at
        return move(publication, State.READY, reason=Reason.SENT_AGAIN, bump=True,
                    attempts=0, probes=0, handle=None,
                    not_before=Sql("greatest(statement_timestamp(), %s)", (chosen,)))  # fmt: skip


def close_hand_off(publication: Publication, *, is_out: bool) -> bool:
    """HANDED_OFF -> PUBLISHED or CANCELLED; false when its member has said so already."""
    with acting_for(publication.tenant_id):
        publication.refresh_from_db(fields=["state", "token", "reason"])
        if publication.state != State.HANDED_OFF:
            return False
        if not is_out:
            return move(publication, State.CANCELLED, reason=Reason.BY_MEMBER,
                        bump=True)  # fmt: skip
        return move(publication, State.PUBLISHED, reason=Reason.DECLARED, bump=True,
                    published_at=NOW)  # fmt: skip


def release(publication: Publication, *, reason: str) -> bool:
    """NEEDS_USER -> READY for what is known not to be out: reconnected, or tried again."""
    with acting_for(publication.tenant_id):
        return publication.can_retry and move(
            publication,
            State.READY,
            reason=reason,
            bump=True,
            attempts=0,
            not_before=NOW,
        )


def reschedule(
    publication: Publication, *, to: datetime, reason: str = Reason.SCHEDULED
) -> bool:
    """Let what still waits go out at another time; false when it is going out already."""
    return publication.state == State.READY and move(
        publication, State.READY, reason=reason, bump=True, not_before=to
    )


def reap(publication: Publication) -> bool:
    """Free what a worker left behind: CLAIMED is harmless, SENDING may be out."""
    with acting_for(publication.tenant_id):
        expired = [Sql("lease_until < statement_timestamp()")]
        if publication.state == State.CLAIMED:
            return move(
                publication,
                State.READY,
                reason=Reason.LEASE_EXPIRED,
                bump=True,
                still=expired,
            )
        return move(
            publication,
            State.UNKNOWN,
            reason=Reason.LEASE_EXPIRED,
            message=BROKE,
            bump=True,
            still=expired,
            unknown_since=NOW,
            not_before=after(settle_time()),
        )


def quarantine(publication: Publication) -> bool:
    """Put in doubt what a restored backup says: it may have gone out since.

    Never probed: the network forgets after a while which words it knows, and what the
    member may have cancelled since must not be sent by us in order to find out.
    """
    with acting_for(publication.tenant_id):
        return move(
            publication,
            State.UNKNOWN,
            reason=Reason.RESTORED,
            message=_RESTORED,
            bump=True,
            probes=1,
            sending_at=Sql("coalesce(sending_at, statement_timestamp())"),
            unknown_since=NOW,
            not_before=NOW,
        )
