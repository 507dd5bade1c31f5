"""One network: its facts as class attributes, and the few things it can do."""

from __future__ import annotations

import email.utils
import json
import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

from sharing.connectors import errors, forms, media
from sharing.connectors.bodies import Stream
from sharing.connectors.events import Event
from sharing.connectors.http import Answer, Files, Http, NeverSent, NoAnswer
from sharing.connectors.links import contains_url, replace_url
from sharing.connectors.modes import AppOption, Finding, Mode
from sharing.connectors.progress import Progress
from sharing.connectors.rates import Allowance, Rate, Scope, sane, untold, with_options
from sharing.connectors.text import Sentence, _, plain_ends
from sharing.connectors.types import (
    Ask,
    Credentials,
    Limits,
    Metrics,
    NotYet,
    Pending,
    Post,
    Posted,
    Profile,
    Tokens,
)

_TOO_LONG = _("The text is %(over)s characters too long (%(length)s of %(max)s).")
_EMPTY = _("Write something first.")
_FORBIDDEN = _("The text contains an invisible character that cannot be posted.")
SILENT = _("%(network)s cannot be reached at the moment. We will try again.")
UNSURE = _("%(network)s did not confirm the post. We are checking.")
_BUSY = _("%(network)s asked us to wait. We will try again.")
_REFUSED = _("%(network)s refused this post.")
GONE = _("Your connection to %(network)s has ended. Please connect it again.")
ODD = _("%(network)s answered in an unexpected way.")
LONGEST_NAME = 200
CLOCKS_AGREE = timedelta(days=1)  # or one of the two tells nothing

log = logging.getLogger("sharing.connectors")


class Connector:
    """One network. Subclasses state facts and say how to send, read and explain."""

    slug: ClassVar[str]
    label: ClassVar[str]
    icon: ClassVar[str]  # SVG path data, one colour, 24 by 24
    limits: ClassVar[Limits]
    scopes: tuple[str, ...] = ()  # an instance may ask for others, by its options
    permissions: ClassVar[Mapping[str, str]] = {}  # scope -> what it lets us do
    needs_text: ClassVar[bool] = True
    asks: bool = False  # wants choices with each post: see share_form
    needs_media: ClassVar[bool] = False  # no post without a picture or a video
    # Files that it reads at their address itself, instead of being sent them.
    fetches_media: ClassVar[frozenset[media.Kind]] = frozenset()
    shows_card: ClassVar[bool] = False  # draws a link's card from what we tell it
    probe: ClassVar[bool] = False  # an identical second publish() names the first post
    finds: ClassVar[bool] = False  # find() can look for a post of unknown outcome
    measures: bool = False  # metrics() can tell something
    rates: ClassVar[tuple[Rate, ...]] = ()  # how often publish() may be called
    default_mode: ClassVar[Mode] = Mode.API  # where nobody has chosen, if possible
    attaches_link: ClassVar[bool] = False  # composer_url() takes the link beside a text
    prefills: ClassVar[bool] = False  # composer_url() takes the text along
    assisted_note: ClassVar[str] = ""  # what a member has to know before it opens
    app: str = ""  # one app's troubles are counted together, under this name
    products: ClassVar[tuple[str, ...]] = ()  # what to add to that app, word for word
    app_options: ClassVar[tuple[AppOption, ...]] = ()
    pending_for: ClassVar[timedelta] = timedelta(hours=24)  # then poll() is given up
    callbacks: ClassVar[frozenset[str]] = frozenset()  # kinds of calls it makes to us
    oldest_months: ClassVar[int] = 9  # a version of the API from then on wants a newer
    needs_app: ClassVar[bool] = True  # only with an app that is registered there
    asks_to_connect: ClassVar[tuple[Ask, ...]] = ()  # what a member types first
    many_servers: ClassVar[bool] = False  # members name theirs: ``Tokens.server``
    refreshable: ClassVar[bool] = False
    # How long a refresh token still works after it was traded for the next one.
    refresh_grace: ClassVar[timedelta] = timedelta(0)
    # How long before its end an access token is renewed. A day or more: also while
    # nobody uses the account, for networks where only a living token can be renewed.
    renew_before: ClassVar[timedelta] = timedelta(minutes=5)

    def __init__(
        self,
        credentials: Credentials,
        base_url: str | None = None,
        options: Mapping[str, str] | None = None,
    ) -> None:
        self.credentials = credentials
        self.base_url = base_url or None
        self.options = dict(options or {})
        self.http = Http(self.base_url, guarded=self.many_servers)
        rates = untold(self.rates) if self.base_url else self.rates
        self.budget = with_options(rates, self.options)

    # What stands on the network

    def compose(
        self, text: str, link: str, source_url: str = "", *, has_media: bool = False
    ) -> str:
        """The exact text to publish: a pasted source address becomes the tracked link.

        ``has_media``: a picture, video or document goes with it, so there is no card.
        """
        text = plain_ends(text)
        return replace_url(text, source_url, link) if link else text

    def version_months(self, today: date) -> int | None:
        """How old the version of the API is that we speak; None where there are none."""
        return None

    def length(self, text: str) -> int:
        """How long the network says this is. By default UTF-16 units, like browsers."""
        return len(text.encode("utf-16-le", "surrogatepass")) // 2

    def check(self, text: str) -> list[str]:
        """What is wrong with this text, as sentences; empty when nothing is."""
        problems: list[str] = []
        if self.needs_text and not text.strip():
            problems.append(Sentence(_EMPTY))
        if any(is_forbidden(char) for char in text):
            problems.append(Sentence(_FORBIDDEN))
        length, most = self.length(text), self.limits.max_chars
        if length > most:
            over = length - most
            problems.append(Sentence(_TOO_LONG, over=over, length=length, max=most))
        return problems

    def check_media(self, files: Sequence[media.Facts]) -> list[str]:
        """What is wrong with these files in one post; empty when nothing is.

        Judges what we would send: pictures that are made to fit first do so.
        """
        if not files:
            return [media.needed(self.label)] if self.needs_media else []
        return list(media.problems(self.limits.media, files, self.label))

    # What a network asks

    def share_form(
        self, tokens: Tokens, files: Sequence[media.Facts]
    ) -> forms.ShareForm:
        """What to ask this person about this post; speaks to the network.

        Only of a network that ``asks``. The answers arrive in ``post.options``.
        """
        return forms.ShareForm()

    def check_options(
        self, options: Mapping[str, str], files: Sequence[media.Facts]
    ) -> dict[str, Sentence]:
        """What is wrong with the answers, by field; asks nobody."""
        return {}

    def settle_options(
        self, options: Mapping[str, str], files: Sequence[media.Facts]
    ) -> dict[str, str]:
        """What counts of the answers: nothing that was not asked is kept."""
        return {}

    # By hand, where we do not publish

    @classmethod
    def works_in(cls) -> tuple[Mode, ...]:
        """The modes it can be used in: what it can send, what opens, and always a kit."""
        sends = cls.send is not Connector.send
        opens = cls.composer_url is not Connector.composer_url
        found = [Mode.API] * sends + [Mode.ASSISTED] * opens
        return (*found, Mode.KIT)

    def composer_url(self, text: str, link: str) -> str:
        """The address of the network's own composer, filled as far as it lets us."""
        return ""

    def compose_by_hand(
        self, text: str, link: str, source_url: str = "", mode: Mode = Mode.KIT
    ) -> str:
        """The text for a member to post: with the link, unless the composer brings it."""
        text = self.compose(text, link, source_url)
        brings_link = self.attaches_link and mode == Mode.ASSISTED
        if not link or brings_link or contains_url(text, link):
            return text
        return f"{text.rstrip()}\n\n{link}".lstrip()

    # The app

    def check_app(self, redirect_uri: str) -> list[Finding]:
        """Ask the network whether it knows the app, where that costs one cheap call."""
        return []

    # What a network does

    def prepare(
        self, tokens: Tokens, profile_id: str, post: Post, progress: Progress
    ) -> NotYet | None:
        """Do what may be done again before a post is published: upload, make containers.

        Nothing may stand on the network afterwards. None when all is ready; ``publish``
        then finds ``progress.made`` in ``post.made``. Called again after ``NotYet``, and
        after a worker fell or a first attempt at publishing failed: then it goes on
        where ``progress`` tells, and looks whether its handles still live.
        """
        return None

    def publish(
        self,
        tokens: Tokens,
        profile_id: str,
        post: Post,
        *,
        deadline: float | None = None,
    ) -> Posted | Pending:
        """Publish once, or raise. ``deadline`` is in ``time.monotonic()`` terms."""
        problems = self.check(post.text)
        if problems:
            raise errors.Refused(problems[0], reason="text")
        problems = self.check_media(post.media)
        if problems:
            raise errors.Refused(problems[0], reason="media")
        return self.send(tokens, profile_id, post, deadline)

    def send(
        self, tokens: Tokens, profile_id: str, post: Post, deadline: float | None
    ) -> Posted | Pending:
        raise NotImplementedError

    def poll(
        self,
        tokens: Tokens,
        profile_id: str,
        handle: Mapping[str, str],
        deadline: float | None,
    ) -> Posted | Pending:
        """Ask what became of a ``Pending``. Asked twice, it must not post twice.

        ``Refused`` means that this post will never stand.
        """
        raise NotImplementedError

    def profile(self, tokens: Tokens) -> Profile:
        raise NotImplementedError

    def find(
        self, tokens: Tokens, profile_id: str, post: Post, since: datetime
    ) -> Posted | Pending | None:
        """Look for a post whose outcome is unknown. None: not found."""
        return None

    def metrics(self, tokens: Tokens, remote_ids: Sequence[str]) -> dict[str, Metrics]:
        """Numbers by remote id; a post the network does not show is left out."""
        return {}

    def permalink(self, remote_id: str, handle: str = "") -> str:
        raise NotImplementedError

    def refresh(self, tokens: Tokens) -> Tokens:
        """A new pair. Store it before use: the old refresh token may be dead already."""
        raise self.error(errors.Disconnected, GONE, reason="no_refresh_token")

    def revoke(self, tokens: Tokens) -> None:
        """Tell the network to forget us. A token it no longer knows is fine."""

    def verify_callback(
        self, kind: str, headers: Mapping[str, str], body: bytes
    ) -> Event | None:
        """What a call from the network says, of one of our ``callbacks``.

        None when nothing proves that it comes from there. ``headers`` take any case.
        """
        return None

    def known_answers(self, handle: str, server: str) -> Mapping[str, str]:
        """What need not be typed again to reconnect an account; never a secret."""
        return {}

    def covers(self, granted: Sequence[str], scope: str) -> bool:
        """Whether what the member allowed holds this scope."""
        return scope in granted

    # How a subclass talks

    def call(
        self,
        method: str,
        url: str,
        *,
        tokens: Tokens | None = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        data: Mapping[str, str] | bytes | Stream | None = None,
        files: Files | None = None,
        creates: bool = False,
        deadline: float | None = None,
    ) -> Answer:
        """One call. Returns a 2xx answer; sorts everything else into errors.

        What is sent: ``body`` as JSON; ``data`` as a form, or raw where it is bytes or
        a ``Stream`` of a large file;
        with ``files`` (name to file name, bytes and type) as a form of parts.
        ``creates``: something may exist afterwards, so silence means Unknown.
        """
        sent = {"Accept": "application/json", **(headers or {})}
        if tokens:
            sent["Authorization"] = f"Bearer {tokens.access_token}"
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
            data = json.dumps(body, ensure_ascii=False).encode()
        problem: errors.ConnectorError | None = None
        try:
            answer = self.http.request(
                method, url, headers=sent, params=params, data=data, files=files,
                deadline=deadline,
            )  # fmt: skip
        except NeverSent:
            problem = self.error(errors.TryLater, SILENT, reason="unreachable")
        except NoAnswer:
            problem = self.silence(creates)
        if problem is None and not answer.ok:
            problem = self.explain(answer, tokens) or self.sort(answer, creates)
            problem.allowances = self.allowances(answer)
        if problem is not None:
            raise problem
        return answer

    def explain(
        self, answer: Answer, tokens: Tokens | None
    ) -> errors.ConnectorError | None:
        """What only this network says this way; None leaves it to ``sort``."""
        return None

    def sort(self, answer: Answer, creates: bool) -> errors.ConnectorError:
        """The meaning of a status where the network has no words of its own."""
        if answer.status == 401:
            return self.error(errors.Disconnected, GONE)
        if answer.status == 429:
            return self.error(
                errors.TryLater,
                _BUSY,
                after=sane(self.wait(answer)),
                reason="rate_limited",
                scope=self.exhausted(answer),
            )
        if 400 <= answer.status < 500 and answer.status != 408:
            refusal = errors.Refused if creates else errors.QuestionRefused
            return self.error(refusal, _REFUSED)
        return self.silence(creates)

    def silence(self, creates: bool) -> errors.ConnectorError:
        """No answer, or one that proves nothing."""
        if creates:
            return self.error(errors.Unknown, UNSURE)
        return self.error(errors.TryLater, SILENT, reason="no_answer")

    def wait(self, answer: Answer) -> float | None:
        """How long a 429 asks us to wait, in seconds, if it says."""
        return retry_after(answer.headers.get("Retry-After"), answered_at(answer))

    def exhausted(self, answer: Answer) -> Scope:
        """Whose calls a 429 says are used up: the widest of which none remain."""
        spent = {told.scope for told in self.allowances(answer) if told.remaining == 0}
        return next((scope for scope in Scope if scope in spent), Scope.ACCOUNT)

    def read_allowances(self, answer: Answer) -> tuple[Allowance, ...]:
        """What an answer tells of the rates, where the network tells it."""
        return ()

    def allowances(self, answer: Answer) -> tuple[Allowance, ...]:
        """The same, and a header that nobody foresaw spoils no answer."""
        try:
            return self.read_allowances(answer)
        except Exception:
            log.exception("the rates of %s could not be read", self.slug)
            return ()

    def odd(self) -> errors.ConnectorError:
        """An answer to a question that makes no sense."""
        return self.error(errors.TryLater, ODD, reason="bad_answer")

    def unproven(self) -> errors.ConnectorError:
        """A success that does not say which post it made."""
        return self.error(errors.Unknown, UNSURE, reason="no_id")

    def error(
        self, kind: type[errors.ConnectorError], msgid: str, **details: Any
    ) -> errors.ConnectorError:
        """An error whose sentence may name this network as ``%(network)s``."""
        return kind(sentence=Sentence(msgid, network=self.label), **details)


def is_forbidden(char: str) -> bool:
    """Control characters, lone surrogates and non-characters: no network takes them."""
    point = ord(char)
    if point < 0x20:
        return char not in "\t\n\r"
    return point == 0x7F or 0xD800 <= point <= 0xDFFF or point & 0xFFFE == 0xFFFE


def plain_name(value: object) -> str:
    """A name as a network tells it, fit to be kept and shown: one line, not endless."""
    text = value if isinstance(value, str) else ""
    seen = "".join(" " if is_forbidden(char) else char for char in text)
    return " ".join(seen.split())[:LONGEST_NAME]


def answered_at(answer: Answer) -> datetime:
    """When the network answered, by its own clock: a worker's may be minutes off."""
    ours = datetime.now(UTC)
    theirs = http_date(answer.headers.get("Date"))
    return theirs if theirs and abs(theirs - ours) < CLOCKS_AGREE else ours


def http_date(value: str | None) -> datetime | None:
    try:
        moment = email.utils.parsedate_to_datetime((value or "").strip())
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def retry_after(value: str | None, now: datetime) -> float | None:
    """A Retry-After header (seconds or a date) as seconds from now."""
    value = (value or "").strip()
    if value.isascii() and value.isdecimal() and len(value) < 100:
        return float(value)
    moment = http_date(value)
    return max(0.0, (moment - now).total_seconds()) if moment else None
