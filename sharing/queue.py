"""A member's own queue: what needs them, goes out, waits, and went out lately.

Nobody else ever sees it. Reads only, in a fixed number of queries.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, TextChoices
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sharing.handing_off import ASKED_FOR
from sharing.models import Publication, Reason, Share, State
from sharing.models.publication import FINAL
from sharing.progress import Step, is_spread, network_of
from sharing.saying import when
from sharing.time_form import TimeForm
from sharing.timetable import Offer, Timetable
from tenants.models import Membership

LATELY = timedelta(days=7)
MOST_LATELY = 50


class Group(TextChoices):
    """The parts of the page, from the top."""

    NEEDS_YOU = "needs_you", gettext_lazy("Needs you")
    GOING_OUT = "going_out", gettext_lazy("Going out")
    WAITING = "waiting", gettext_lazy("Waiting")
    BY_HAND = "by_hand", gettext_lazy("Yours to post")
    LATELY = "lately", gettext_lazy("Lately")


@dataclass(frozen=True)
class QueueStep(Step):
    """One publication in the queue, at a moment."""

    now: datetime = field(kw_only=True)
    in_doubt: Collection[
        UUID | None
    ] = ()  # accounts with a post that may be out or not

    @property
    def group(self) -> Group:
        """READY counts as going out from the moment on at which it may."""
        row = self.publication
        if row.state in (State.NEEDS_USER, State.FAILED) or row.needs_reconnect:
            return Group.NEEDS_YOU
        if row.state == State.HANDED_OFF:
            return Group.BY_HAND
        if row.state in FINAL:
            return Group.LATELY
        if row.state == State.READY and (row.not_before > self.now or self.is_behind):
            return Group.WAITING
        return Group.GOING_OUT

    @property
    def is_behind(self) -> bool:
        """Due, but the same account's post before it has to be settled first."""
        row = self.publication
        is_due = row.state == State.READY and row.not_before <= self.now
        return is_due and row.account_id in self.in_doubt

    @property
    def why(self) -> str:
        """What it waits for or what became of it, in plain words."""
        row = self.publication
        if self.is_behind:
            return _("Waits until we know whether your post before it is out.")
        if self.group == Group.WAITING:
            words = {"time": when(row.not_before, self.now)}
            if row.reason == Reason.SCHEDULED and is_spread(row, row.share):
                return _("Goes out %(time)s, apart from colleagues' posts.") % words
            if row.explanation and row.reason not in WAITS:
                return row.explanation + " " + _("Next try %(time)s.") % words
            return WAITS.get(row.reason, no_answer)() % words
        if row.state == State.PUBLISHED and row.published_at:
            return _("Out since %(time)s.") % {"time": when(row.published_at, self.now)}
        return row.explanation or ENDED.get(row.reason, str)()

    @property
    def words(self) -> str:
        if self.publication.state == State.READY:
            waits = self.group == Group.WAITING
            return str(State.READY.label) if waits else _("Going out")
        return super().words

    @property
    def signature(self) -> str:
        row = self.publication
        return f"{row.pk}{row.state}{row.token}{row.reason}{row.not_before}{self.group}"


# Why a row waits; each says until when.
WAITS: dict[str, Callable[[], str]] = {
    Reason.SCHEDULED: lambda: _("Goes out %(time)s, as you chose."),
    Reason.QUIET_HOURS: lambda: _("Goes out %(time)s, after quiet hours."),
    Reason.RATE_LIMITED: lambda: _("The network asked us to wait. Next try %(time)s."),
    Reason.BUDGET: lambda: _("Your workplace's posts for this month are used up. Next try %(time)s."),
    Reason.TOKEN_REFRESH: lambda: _("The connection is being renewed. Next try %(time)s."),
    Reason.OPERATOR: lambda: _("The network is switched off for us at the moment. Next try %(time)s."),
}  # fmt: skip


def no_answer() -> str:
    """What every other wait comes from."""
    return _("The network is not answering. Next try %(time)s.")


# Why something is over, where the row has no sentence of its own.
ENDED: dict[str, Callable[[], str]] = {
    Reason.BY_MEMBER: lambda: _("You cancelled it."),
    Reason.ITEM_CLOSED: lambda: _("The story was withdrawn or its time is over, so it was not sent."),
    Reason.ACCOUNT_GONE: lambda: _("The account was disconnected, so it was not sent."),
    Reason.MEMBER_LEFT: lambda: _("It was not sent."),
}  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """One share in one group, with those of its publications that stand there."""

    share: Share
    group: Group
    steps: Sequence[QueueStep]
    form: TimeForm | None = None
    timetable: Timetable | None = None

    @property
    def can_move(self) -> bool:
        return any(step.is_for_later for step in self.steps)

    @property
    def offer(self) -> Offer | None:
        """The time that answers one that was refused."""
        if self.form is None or self.timetable is None or self.form.offer is None:
            return None
        return self.timetable.offered(self.form.offer)

    @property
    def text(self) -> str:
        return self.steps[0].publication.text

    @property
    def sort_key(self) -> datetime:
        rows = [step.publication for step in self.steps]
        if self.group == Group.WAITING:
            return min(row.not_before for row in rows)
        return max(row.published_at or row.updated_at for row in rows)


@dataclass(frozen=True)
class Queue:
    now: datetime
    entries: Sequence[Entry]

    def of(self, group: Group) -> list[Entry]:
        """Return a group's entries: what waits by its time, the rest newest first."""
        found = [entry for entry in self.entries if entry.group == group]
        late_first = group != Group.WAITING
        return sorted(found, key=lambda entry: entry.sort_key, reverse=late_first)

    @property
    def groups(self) -> list[tuple[Group, list[Entry]]]:
        """Return the groups that have something in them."""
        found = [(group, self.of(group)) for group in Group]
        return [(group, entries) for group, entries in found if entries]

    @property
    def is_moving(self) -> bool:
        return any(entry.group == Group.GOING_OUT for entry in self.entries)

    @property
    def interval(self) -> str:
        """How often to ask again: quickly while something goes out."""
        return "2s" if self.is_moving else "15s"

    @property
    def signature(self) -> str:
        """Changes with what the page shows."""
        steps = [step.signature for entry in self.entries for step in entry.steps]
        shown = " ".join([*steps, str(timezone.localdate(self.now))])
        return sha256(shown.encode()).hexdigest()[:16]


def read_queue(by: Membership, now: datetime) -> Queue:
    """Read the member's own publications that matter now, grouped by share."""
    together: dict[tuple[object, Group], list[QueueStep]] = {}
    rows = rows_of(by, now)
    in_doubt = {row.account_id for row in rows if row.state == State.UNKNOWN}
    for row in rows:
        step = QueueStep(row, network_of(row), now=now, in_doubt=in_doubt)
        together.setdefault((row.share_id, step.group), []).append(step)
    entries = [
        Entry(steps[0].publication.share, group, steps)
        for (_share, group), steps in together.items()
    ]
    return Queue(now, entries)


def rows_of(by: Membership, now: datetime) -> list[Publication]:
    """Return what is not over, and the newest of what was settled lately."""
    mine = Publication.objects.for_tenant(by.tenant_id).filter(membership=by)
    mine = mine.select_related("account", "link", "item", "share", "tenant")
    over = Q(state__in=FINAL)
    unasked = Q(state=State.HANDED_OFF, created_at__lte=now - ASKED_FOR)
    waiting = mine.exclude(over | unasked).order_by("network", "pk")
    since = now - LATELY
    recent = Q(published_at=None, updated_at__gte=since) | Q(published_at__gte=since)
    lately = mine.filter(over & recent)
    # What was refused needs its member, until the same was shared there again.
    newer = Publication.objects.for_tenant(by.tenant_id).filter(
        membership=by,
        item=OuterRef("item"),
        account=OuterRef("account"),
        created_at__gt=OuterRef("created_at"),
    )
    lately = lately.exclude(Q(Exists(newer), state=State.FAILED))
    return [*waiting, *lately.order_by("-updated_at", "pk")[:MOST_LATELY]]
