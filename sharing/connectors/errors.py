"""The ways a network can fail us. Each one decides what happens to a publication."""

from __future__ import annotations

from sharing.connectors.rates import Allowance, Scope
from sharing.connectors.text import Sentence, _


class ConnectorError(Exception):
    """Base of all. ``sentence`` is for a person, ``reason`` is a code for the log."""

    default = _("The network could not do this.")
    default_reason = "error"
    allowances: tuple[Allowance, ...] = ()  # what the answer told of the rates

    def __init__(self, sentence: str = "", *, reason: str = "") -> None:
        sentence = sentence or self.default
        if not isinstance(sentence, Sentence):
            sentence = Sentence(sentence)
        self.sentence: Sentence = sentence
        self.reason = reason or self.default_reason
        super().__init__(str(sentence))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.reason!r}, {str(self.sentence)!r})"


class TryLater(ConnectorError):
    """Nothing was published, and that is proven; ``after`` seconds is the hint to wait.

    ``scope`` tells whose calls are used up when the network asked for fewer.
    """

    default = _("The network asked us to wait. We will try again.")
    default_reason = "retry"

    def __init__(
        self,
        after: float | None = None,
        reason: str = "",
        not_sent: bool = True,
        sentence: str = "",
        scope: Scope = Scope.ACCOUNT,
    ) -> None:
        super().__init__(sentence, reason=reason)
        self.after = after
        self.not_sent = not_sent
        self.scope = scope


class Refused(ConnectorError):
    """The network said no and will say no again: a person has to change something."""

    default = _("The network refused this post.")
    default_reason = "refused"


class QuestionRefused(Refused):
    """Not the post was refused but a question: it tells nothing of any post."""


class Duplicate(Refused):
    """The same text is already there; where the network tells, this says which post."""

    default = _("You have already posted exactly this text.")
    default_reason = "duplicate"

    def __init__(
        self,
        sentence: str = "",
        *,
        remote_id: str | None = None,
        url: str | None = None,
    ) -> None:
        super().__init__(sentence)
        self.remote_id = remote_id
        self.url = url


class Disconnected(ConnectorError):
    """The consent is gone or too small; only the member can give it again."""

    default = _("The connection to this account has ended. Please connect it again.")
    default_reason = "disconnected"


class OperatorAction(ConnectorError):
    """The app, its plan or its version is the trouble; no member can help."""

    default = _("This network needs attention from whoever runs this installation.")
    default_reason = "operator"


class Unknown(ConnectorError):
    """It was sent and nobody knows what became of it. Never send again blindly."""

    default = _("The network did not confirm the post. We are checking.")
    default_reason = "unknown"


class Stopped(ConnectorError):
    """While it was prepared the post was cancelled, or another worker has it now."""

    default = _("This post was taken back.")
    default_reason = "stopped"


class Mistyped(Refused):
    """What a member typed before connecting does not do; ``field`` is the ``Ask``'s name."""

    default = _("This does not work. Look at it once more.")
    default_reason = "mistyped"

    def __init__(
        self, sentence: str = "", *, field: str = "", reason: str = ""
    ) -> None:
        super().__init__(sentence, reason=reason)
        self.field = field


class Denied(ConnectorError):
    """The person pressed cancel on the consent page. Nothing is wrong."""

    default = _("You cancelled, so nothing was connected.")
    default_reason = "denied"
