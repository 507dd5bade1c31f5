"""Move one publication through its states. The only package that writes ``state``.

    READY -> CLAIMED -> SENDING -> PUBLISHED | PENDING | UNKNOWN | FAILED
                                -> READY       only on proof that nothing was sent
    PENDING -> PUBLISHED | PENDING | FAILED | UNKNOWN    the network says which
    CLAIMED -> READY, SENDING -> UNKNOWN       the lease expired (reaper)
    READY | CLAIMED -> CANCELLED               SENDING cannot be cancelled any more
    NEEDS_USER -> READY | PUBLISHED | CANCELLED    by the member alone
    HANDED_OFF -> PUBLISHED | CANCELLED            by the member's word, never by us

Each transition is one conditional UPDATE on state and token, with its event in the
same transaction. Only the database's clock decides. HTTP happens outside any
transaction. What to do about UNKNOWN and PENDING stands in ``settling.py``.
"""

from sharing.publishing.claiming import MARGIN, Work, claim, claim_next
from sharing.publishing.marking import mark_sending, objection_to, start_sending
from sharing.publishing.moving import (
    BROKE,
    is_open,
    lease,
    move,
    older,
    settle_time,
)
from sharing.publishing.outcomes import LONGEST, Outcome, is_anothers, record
from sharing.publishing.pending import ask_now, ask_renewed, is_overdue
from sharing.publishing.posts import frozen_post
from sharing.publishing.preparing import prepare
from sharing.publishing.sending import (
    finish,
    publish,
    publish_by_turns,
    publish_next,
    publish_passed_over,
    send,
)
from sharing.publishing.stopping import (
    cancel,
    cancel_all,
    close_hand_off,
    declare,
    quarantine,
    reap,
    release,
    reschedule,
)

__all__ = [
    "BROKE",
    "LONGEST",
    "MARGIN",
    "Outcome",
    "Work",
    "ask_now",
    "ask_renewed",
    "cancel",
    "cancel_all",
    "claim",
    "claim_next",
    "close_hand_off",
    "declare",
    "finish",
    "frozen_post",
    "is_anothers",
    "is_open",
    "is_overdue",
    "lease",
    "mark_sending",
    "move",
    "objection_to",
    "older",
    "prepare",
    "publish",
    "publish_by_turns",
    "publish_next",
    "publish_passed_over",
    "quarantine",
    "reap",
    "record",
    "release",
    "reschedule",
    "send",
    "settle_time",
    "start_sending",
]
