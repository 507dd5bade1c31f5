"""How far a share has come, for the member who pressed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext as _

from sharing.configured import UnknownNetwork, mode_of, network_called
from sharing.connectors.base import Connector
from sharing.connectors.http import reroute
from sharing.connectors.modes import Mode
from sharing.handing_off import HandOff, is_asked
from sharing.models import Publication, Reason, Share, State
from sharing.pacing import FOR_LATER
from sharing.saying import when, when_about
from sharing.scheduling import Chosen

PATIENCE = timedelta(seconds=30)

TONES = {
    State.PUBLISHED: "good",
    State.FAILED: "bad",
    State.NEEDS_USER: "warn",
    State.UNKNOWN: "info",
    State.REMOVED: "warn",
}


@dataclass(frozen=True)
class Step:
    """One publication on its way."""

    publication: Publication
    network: Connector | None

    @property
    def label(self) -> str:
        return self.network.label if self.network else self.publication.network

    @property
    def url(self) -> str:
        """Where the post stands; in a demo, where the sandbox shows it."""
        url = self.publication.url
        return reroute(url, self.network.base_url) if url and self.network else url

    @property
    def can_reconnect(self) -> bool:
        """The member can help by connecting again, and that is possible here."""
        row = self.publication
        if self.network is None or not row.needs_reconnect:
            return False
        return mode_of(row.network, row.tenant_id) == Mode.API

    @property
    def hand_off(self) -> HandOff | None:
        """What the member needs to post it themselves, while they are asked for it."""
        row = self.publication
        if self.network is None or not is_asked(row, timezone.now()):
            return None
        return HandOff(row, self.network, row.tenant.slug)

    @property
    def tone(self) -> str:
        return TONES.get(State(self.publication.state), "")

    @property
    def is_busy(self) -> bool:
        return self.publication.is_moving

    @property
    def is_for_later(self) -> bool:
        """Waits for a time that is known; nothing is being done about it meanwhile."""
        publication = self.publication
        return publication.state == State.READY and publication.reason in FOR_LATER

    @property
    def goes_out(self) -> str:
        """When it goes out and why then; empty for what is not waiting for a time."""
        if not self.is_for_later:
            return ""
        words = {"time": when(self.publication.not_before, timezone.now())}
        if self.publication.reason == Reason.QUIET_HOURS:
            return _("Goes out %(time)s, after quiet hours.") % words
        return _("Goes out %(time)s.") % words

    @property
    def words(self) -> str:
        """The state in a word or two; a wait that is no wait is called going out."""
        publication = self.publication
        if publication.state == State.READY and publication.reason in ("new", "retry"):
            return _("Going out")
        if publication.state == State.HANDED_OFF:
            return _("Yours to post") if self.hand_off else _("Not confirmed")
        return publication.get_state_display()


@dataclass(frozen=True)
class Progress:
    share: Share
    steps: Sequence[Step]
    is_slow: bool

    @property
    def is_settled(self) -> bool:
        return not any(step.is_busy for step in self.steps)

    @property
    def is_all_out(self) -> bool:
        return all(step.publication.state == State.PUBLISHED for step in self.steps)

    @property
    def hand_offs(self) -> int:
        """How many are the member's own to post."""
        return sum(step.hand_off is not None for step in self.steps)

    @property
    def needs_hand(self) -> bool:
        states = {step.publication.state for step in self.steps}
        return bool(states & {State.NEEDS_USER, State.FAILED})

    @property
    def is_for_later(self) -> bool:
        """Nothing moves before its time, and something waits for that."""
        moving = [step for step in self.steps if step.is_busy]
        return bool(moving) and all(step.is_for_later for step in moving)

    @property
    def first_at(self) -> str:
        """When the first of those that wait for their time goes out."""
        times = [one.publication.not_before for one in self.steps if one.is_for_later]
        return when(min(times), timezone.now()) if times else ""

    @property
    def goes_out_about(self) -> str:
        """The same for a card, where there is little room."""
        times = [one.publication.not_before for one in self.steps if one.is_for_later]
        return when_about(min(times), timezone.now()) if times else ""

    @property
    def is_spread(self) -> bool:
        return any(is_spread(step.publication, self.share) for step in self.steps)

    @property
    def moved_time(self) -> str:
        """The wall time that was chosen, where the clock never shows it."""
        share = self.share
        if share.scheduled_at is None or share.scheduled_local is None:
            return ""
        chosen = Chosen(share.scheduled_at, share.scheduled_zone, share.scheduled_local)
        return time_format(chosen.local, "TIME_FORMAT") if chosen.is_moved else ""

    @property
    def interval(self) -> str:
        """How often to ask again: quickly while it is a matter of seconds."""
        if self.is_for_later:
            return "20s"
        return "5s" if self.is_slow else "1s"

    @property
    def signature(self) -> str:
        """Changes with what the screen shows, so that nothing is redrawn in vain."""
        rows = [
            f"{step.publication.state[:3]}{step.publication.token}.{step.publication.reason}"
            f"{step.publication.not_before.timestamp():.0f}"
            for step in self.steps
        ]
        return "-".join([*rows, "slow" if self.is_slow else "quick"])


def read_progress(share: Share, now: datetime) -> Progress:
    """Read the share's publications, in the order of the networks' names."""
    rows = Publication.objects.for_tenant(share.tenant_id).filter(share=share)
    publications = rows.select_related("account", "link", "item", "tenant").order_by(
        "network", "pk"
    )
    steps = [Step(one, network_of(one)) for one in publications]
    return Progress(share, steps, is_slow=now - share.created_at > PATIENCE)


def is_spread(publication: Publication, share: Share) -> bool:
    """Tell whether it goes out later than chosen, to stand apart from colleagues'."""
    if publication.state != State.READY or publication.reason not in FOR_LATER:
        return False
    return (
        share.scheduled_at is not None and publication.not_before > share.scheduled_at
    )


def network_of(publication: Publication) -> Connector | None:
    try:
        return network_called(publication.network, publication.tenant_id)
    except UnknownNetwork:
        return None
