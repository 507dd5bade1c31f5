"""Containers: what Instagram fetches and works on before anything can be published.

https://developers.facebook.com/docs/instagram-platform/content-publishing (read 2026-08)
One for a picture, a reel or a story; several and one around them for a carousel. Each id
is kept as soon as it is known. A container is published once at most, and says whether
it was: so it also tells, after an answer that never came, what became of the post.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sharing.connectors import errors
from sharing.connectors.media import Kind as MediaKind
from sharing.connectors.progress import Progress
from sharing.connectors.text import Sentence, _
from sharing.connectors.types import Media, NotYet, Post, Posted, Tokens
from sharing.networks.instagram.asking import is_story
from sharing.networks.instagram.graph import ANEW, FETCH, LOST, NOT_READY, Graph, id_of
from sharing.networks.instagram.problems import SUBCODES, Kind, problem_in

FINISHED, WORKING, BROKEN = "FINISHED", "IN_PROGRESS", "ERROR"
EXPIRED, PUBLISHED = "EXPIRED", "PUBLISHED"
STATES = {FINISHED, WORKING, BROKEN, EXPIRED, PUBLISHED}

MOST_TRIES = 3
NEWEST = 25  # posts that are looked through for one of ours
CLOCKS_DIFFER = timedelta(minutes=5)
ALT_MAX = 1000
QUICK, SLOW = 5.0, 60.0  # seconds between two looks at a container
HOUR = 3600.0

_NO_ADDRESS = _(
    "Instagram fetches pictures and videos itself, and cannot reach this installation. Please tell an administrator."
)
_NOT_TAKEN = _("Instagram could not take in your picture or video. Try another file.")
_SEEN_SOON = _("Instagram says that your post is out, but does not show it yet.")


class Containers(Graph):
    """What is asked of containers, whether before publishing or afterwards."""

    def state_of(
        self, container: str, tokens: Tokens, deadline: float | None = None
    ) -> tuple[str, str]:
        """What a container is at, and Instagram's words for it. Odd refusals tell nothing."""
        odd = False
        try:
            answer = self.call(
                "GET", self.at(container), tokens=tokens,
                params={"fields": "status_code,status"}, deadline=deadline,
            )  # fmt: skip
        except errors.QuestionRefused:
            odd = True
        said = {} if odd else answer.json()
        state = str(said.get("status_code"))
        if state not in STATES:
            raise self.odd()
        return state, str(said.get("status") or "")

    def newest(
        self, tokens: Tokens, owner: str, post: Post, since: datetime
    ) -> Posted | None:
        """The member's own post with these words since then. A story has no words.

        Raises when there may be more than Instagram has shown.
        """
        edge = "stories" if is_story(post) else "media"
        fields = "id,caption,timestamp,permalink"
        answer = self.call(
            "GET", self.at(f"{owner}/{edge}"), tokens=tokens,
            params={"fields": fields, "limit": str(NEWEST)},
        )  # fmt: skip
        listed = answer.json().get("data")
        if not isinstance(listed, list):
            raise self.odd()
        recent = [one for one in listed if _moment(one) >= since - CLOCKS_DIFFER]
        for one in recent:
            if id_of(one) and (is_story(post) or _same_words(one, post.text)):
                return Posted(id_of(one), address_in(one))
        if len(recent) >= NEWEST:
            raise self.odd()
        return None

    def of_a_container(self, status: str) -> errors.ConnectorError:
        """The error that a broken container tells of."""
        problem = problem_in(status)
        meaning = problem.meaning or SUBCODES[2207053]
        if meaning.kind is Kind.SPAM:
            return self.error(errors.Refused, meaning.sentence, reason=meaning.reason)
        return self.meant(meaning, None, None) or self.error(
            errors.TryLater, _NOT_TAKEN, after=30, reason=ANEW
        )


@dataclass(frozen=True)
class Preparing:
    """One turn at getting a post ready, from where ``progress`` stands."""

    network: Containers
    tokens: Tokens
    owner: str
    post: Post
    progress: Progress

    def go_on(self) -> NotYet | None:
        """None when the post can be published, or stands already."""
        problem: errors.TryLater
        try:
            return self.step()
        except errors.TryLater as later:
            problem = later
        is_whole = bool(self.progress.get("container"))
        if problem.reason == LOST and is_whole:
            return self.search(problem)
        # A part that is lost alone was never published: parts are not.
        if problem.reason in (ANEW, FETCH, LOST):
            raise self.once_more(problem)
        raise problem

    def step(self) -> NotYet | None:
        container = self.progress.get("container")
        if not container:
            made = self.make()
            if isinstance(made, NotYet):
                return made
            container = made
            self.progress.keep(container=container)
        state, _words = self.state_of(container)
        if state == WORKING:
            return self.pause()
        if state == PUBLISHED:
            self.look()
            return None
        if state == EXPIRED:
            self.progress.start_anew()
            return NotYet(QUICK)
        self.check_quota()
        return None

    def state_of(self, container: str) -> tuple[str, str]:
        """The same, and a container that broke is an error."""
        state, words = self.network.state_of(
            container, self.tokens, self.progress.deadline
        )
        if state == BROKEN:
            raise self.network.of_a_container(words)
        return state, words

    # Making

    def make(self) -> str | NotYet:
        """The container to publish; of a carousel once all its parts are ready."""
        files = self.post.media
        if not all(file.url for file in files):
            raise self.network.error(
                errors.OperatorAction, _NO_ADDRESS, reason="media_address"
            )
        if not self.progress.get("at"):
            self.progress.keep(at=f"{time.time():.0f}")
        if is_story(self.post):
            return self.create({"media_type": "STORIES"} | place_of(files[0]))
        if len(files) == 1:
            return self.create(single(files[0]) | self.caption())
        parts = [self.part(number, file) for number, file in enumerate(files)]
        not_yet = self.wait_for(parts)
        if not_yet is not None:
            return not_yet
        around = {"media_type": "CAROUSEL", "children": ",".join(parts)}
        return self.create(around | self.caption())

    def part(self, number: int, file: Media) -> str:
        """The container of one picture or video of a carousel."""
        name = f"part{number}"
        made = self.progress.get(name)
        if made:
            return made
        made = self.create(in_carousel(file))
        self.progress.keep(**{name: made})
        return made

    def wait_for(self, parts: list[str]) -> NotYet | None:
        """Parts are ready one after the other; who was, is not asked about again."""
        done = int(self.progress.get("done") or 0)
        for part in parts[done:]:
            state, _words = self.state_of(part)
            if state == WORKING:
                return self.pause()
            if state == EXPIRED:
                self.progress.start_anew()
                return NotYet(QUICK)
            done += 1
            self.progress.keep(done=str(done))
        return None

    def create(self, params: dict[str, str]) -> str:
        answer = self.network.call(
            "POST", self.network.at(f"{self.owner}/media"), tokens=self.tokens,
            data=params, deadline=self.progress.deadline,
        )  # fmt: skip
        container = id_of(answer.json())
        if not container:
            raise self.network.odd()
        return container

    def caption(self) -> dict[str, str]:
        return {"caption": self.post.text} if self.post.text else {}

    def pause(self) -> NotYet:
        """Soon at first, then more and more rarely."""
        return NotYet(min(SLOW, max(QUICK, self.age() / 3)))

    def age(self) -> float:
        return max(0.0, time.time() - float(self.progress.get("at") or time.time()))

    # Trouble

    def once_more(self, problem: errors.TryLater) -> errors.ConnectorError:
        """Forget the containers and try again with fresh addresses, three times at most."""
        tries = int(self.progress.get("tries") or 0) + 1
        self.progress.start_anew()
        if tries >= MOST_TRIES:
            is_lost = problem.reason == LOST
            said = Sentence(_NOT_TAKEN) if is_lost else problem.sentence
            return errors.Refused(said, reason="media")
        self.progress.keep(tries=str(tries))
        after = (problem.after or 30.0) * tries
        return errors.TryLater(after, NOT_READY, sentence=problem.sentence)

    def search(self, problem: errors.TryLater) -> NotYet | None:
        """A container that is not to be seen: a minute's fault of theirs, or it is gone.

        Gone without having been published, before another one is made.
        """
        lost = int(self.progress.get("lost") or 0) + 1
        if lost < MOST_TRIES:
            self.progress.keep(lost=str(lost))
            raise errors.TryLater(problem.after, NOT_READY, sentence=problem.sentence)
        if not self.is_out():
            self.progress.start_anew()
            return NotYet(QUICK)
        return None

    def look(self) -> None:
        """The container was published, though we never heard so: find the post."""
        if not self.is_out():
            raise self.network.error(
                errors.TryLater, _SEEN_SOON, after=SLOW, reason=NOT_READY
            )

    def is_out(self) -> bool:
        since = datetime.fromtimestamp(float(self.progress.get("at") or 0), UTC)
        found = self.network.newest(self.tokens, self.owner, self.post, since)
        if found is not None:
            self.progress.keep(media=found.remote_id)
        return found is not None

    def check_quota(self) -> None:
        """Ask how many posts of a day are left: what the documentation says of it differs."""
        try:
            answer = self.network.call(
                "GET", self.network.at(f"{self.owner}/content_publishing_limit"),
                tokens=self.tokens, params={"fields": "quota_usage,config"},
                deadline=self.progress.deadline,
            )  # fmt: skip
        except (errors.QuestionRefused, errors.OperatorAction):
            return  # publishing itself will tell
        if is_used_up(answer.json()):
            raise self.network.used_up(HOUR)


def place_of(file: Media) -> dict[str, str]:
    kind = "video_url" if file.kind == MediaKind.VIDEO else "image_url"
    return {kind: file.url}


def described(file: Media) -> dict[str, str]:
    """Words for those who do not see it; videos take none."""
    alt = file.alt.strip()[:ALT_MAX]
    return {"alt_text": alt} if alt and file.kind == MediaKind.IMAGE else {}


def single(file: Media) -> dict[str, str]:
    """A picture, or a reel: a video alone is always one."""
    params = place_of(file) | described(file)
    if file.kind == MediaKind.VIDEO:
        params = {"media_type": "REELS", "share_to_feed": "true"} | params
    return params


def in_carousel(file: Media) -> dict[str, str]:
    params = place_of(file) | described(file) | {"is_carousel_item": "true"}
    if file.kind == MediaKind.VIDEO:
        params = {"media_type": "VIDEO"} | params
    return params


def is_used_up(said: object) -> bool:
    listed = said.get("data") if isinstance(said, dict) else None
    told = listed[0] if isinstance(listed, list) and listed else {}
    config = told.get("config") if isinstance(told, dict) else None
    total = config.get("quota_total") if isinstance(config, dict) else None
    usage = told.get("quota_usage") if isinstance(told, dict) else None
    return isinstance(total, int) and isinstance(usage, int) and usage >= total > 0


def address_in(found: object) -> str:
    """Where people see a post, as Instagram tells it: no id leads there."""
    url = found.get("permalink") if isinstance(found, dict) else None
    is_fit = isinstance(url, str) and url.startswith("https://") and len(url) <= 500
    return str(url) if is_fit else ""


def _same_words(found: dict[str, object], text: str) -> bool:
    """Blanks apart, which Instagram may change."""
    return str(found.get("caption") or "").split() == text.split()


def _moment(found: object) -> datetime:
    told = found.get("timestamp") if isinstance(found, dict) else None
    try:
        return datetime.strptime(str(told), "%Y-%m-%dT%H:%M:%S%z")
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
