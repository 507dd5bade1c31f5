"""After a restore: nothing is sent until every row that is not final was put in doubt.

The backup does not know what went out after it was taken. So the gate is closed, each
row that could still be sent becomes UNKNOWN, and only then the gate is opened again.
"""

from collections import Counter

from django.db.models import F, Q
from django.db.models.functions import Now

from sharing import publishing
from sharing.models import Publication, PublishingGate, Reason, State
from tenants.scoping import across_tenants

BATCH = 500
OPEN_ENDED = Q(
    state__in=[
        State.READY,
        State.CLAIMED,
        State.SENDING,
        State.PENDING,
        State.UNKNOWN,
        State.NEEDS_USER,
    ]
)
# The member has been asked already, or we are asking for this restore.
ASKED = Q(state=State.NEEDS_USER, reason=Reason.UNCONFIRMED) | Q(
    state=State.UNKNOWN, reason=Reason.RESTORED
)


def close_gate() -> int:
    """From now on nothing is claimed, sent or looked for; return the new epoch."""
    gate, _made = PublishingGate.objects.get_or_create(
        defaults={"is_open": False, "changed_at": Now()}
    )
    changes = {"is_open": False, "epoch": F("epoch") + 1, "changed_at": Now()}
    PublishingGate.objects.update(**changes)
    gate.refresh_from_db()
    return gate.epoch


def open_gate() -> None:
    """Let publications be claimed, sent and looked for again."""
    PublishingGate.objects.update(is_open=True, changed_at=Now())


def quarantine_all() -> Counter[str]:
    """Put every open-ended row in doubt; return how many there were of each state.

    Until none is left: a worker that had claimed before the gate closed moves its row
    once more, and finds the gate closed when it wants to send.
    """
    moved: Counter[str] = Counter()
    while batch := open_ended():
        for publication in batch:
            state = publication.state
            moved[state] += publishing.quarantine(publication)
    return +moved


def open_ended() -> list[Publication]:
    with across_tenants(reason="a restore concerns every tenant"):
        rows = Publication.objects.across_tenants(reason="each is written in its own")
        return list(rows.filter(OPEN_ENDED).exclude(ASKED).order_by("pk")[:BATCH])
