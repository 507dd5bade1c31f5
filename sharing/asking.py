"""What a network wants to know before a share, made ready to be drawn."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from content_library.models import ItemMedia
from sharing import circuit
from sharing.connectors import errors
from sharing.connectors.base import Connector
from sharing.connectors.forms import (
    Bar,
    Condition,
    Field,
    Kind,
    Note,
    ShareForm,
    settled,
)
from sharing.connectors.text import Sentence
from sharing.media import facts
from sharing.models import Account
from sharing.options import option_name, unanswered
from sharing.services import translated
from sharing.tokens import usable_tokens


@dataclass(frozen=True)
class Barred:
    """Why something cannot be chosen, and when: a condition for the browser."""

    why: str
    when: str


@dataclass(frozen=True)
class Option:
    value: str
    label: str
    is_chosen: bool
    bar: Barred | None


@dataclass(frozen=True)
class Question:
    """One field as it stands on the page."""

    name: str
    html_name: str
    id: str
    label: str
    help: str
    is_switch: bool
    is_on: bool
    options: Sequence[Option]
    bars: Sequence[Barred]
    shown_with: str
    wants: str  # names of the switches of which one has to be on
    missing: str
    error: str


@dataclass(frozen=True)
class Line:
    """A sentence, its links included, and when it holds."""

    html: SafeString
    shown_with: str


@dataclass(frozen=True)
class Asked:
    """A form for one account, or why there is none at the moment."""

    account: Account
    network: Connector
    form: ShareForm = field(default_factory=ShareForm)
    questions: Sequence[Question] = ()
    problem: str = ""

    @property
    def stop(self) -> str:
        return translated(self.form.stop)

    @property
    def notes(self) -> list[Line]:
        return [line(note) for note in self.form.notes]

    @property
    def consent(self) -> list[Line]:
        return [line(note) for note in self.form.consent]


def ask(
    account: Account,
    connector: Connector,
    files: Sequence[ItemMedia],
    given: Mapping[str, str],
    *,
    tell: bool,
) -> Asked:
    """Ask the network what to ask; ``tell`` says what is wrong with the answers so far.

    Speaks HTTP: call it outside a transaction. Trouble comes as a sentence.
    """
    try:
        if wait := circuit.gate_to_ask(circuit.app_of(connector, account.server)):
            raise errors.TryLater(reason=wait.reason)
        tokens = usable_tokens(account, connector)
        form = connector.share_form(tokens, facts(connector, files))
    except errors.ConnectorError as error:
        return Asked(account, connector, problem=translated(error.sentence))
    wrong = unanswered(connector, given, files) if tell else {}
    values = settled(form.fields, given)
    questions = [question(account, one, values, wrong) for one in form.fields]
    return Asked(account, connector, form, questions)


def question(
    account: Account,
    one: Field,
    values: Mapping[str, str],
    wrong: Mapping[str, Sentence],
) -> Question:
    name = option_name(account.pk, one.name)
    value = values.get(one.name, "")
    options = [
        Option(
            choice.value,
            translated(choice.label),
            choice.value == value,
            barred(choice.bar),
        )
        for choice in one.choices
    ]
    told = [option.bar for option in options] + [barred(one.bar)]
    return Question(
        name=one.name,
        html_name=name,
        id=f"compose-{name}",
        label=translated(one.label),
        help=translated(one.help),
        is_switch=one.kind == Kind.SWITCH,
        is_on=bool(value),
        options=options,
        bars=list(
            dict.fromkeys(
                bar for bar in told if bar and bar.why != translated(one.help)
            )
        ),
        shown_with=as_data(one.shown_with),
        wants=" ".join(one.wants_one_of),
        missing=translated(one.missing),
        error=translated(wrong[one.name]) if one.name in wrong else "",
    )


def barred(bar: Bar | None) -> Barred | None:
    return Barred(translated(bar.why), as_data(bar.when)) if bar else None


def as_data(condition: Condition) -> str:
    """Return a condition as the page's script reads it."""
    return json.dumps([list(pair) for pair in condition])


def line(note: Note) -> Line:
    """Put the links into a sentence; everything else in it is text."""
    links = {
        name: format_html(
            '<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>',
            url,
            _(words),
        )
        for name, words, url in note.links
    }
    text = conditional_escape(translated(note.text) if not links else _(str(note.text)))
    html = mark_safe(str(text) % links if links else str(text))  # noqa: S308
    return Line(html, as_data(note.shown_with))
