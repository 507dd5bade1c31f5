"""What a network wants to know of the person who shares, asked right before it.

A form is plain data: the product draws it, and what came back is judged by the same data.
Every value is a string; a switch that is on says ``ON``, one that is off nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sharing.connectors.text import Sentence, _

ON = "on"

_MISSING = _("Choose one of these first.")

Condition = tuple[tuple[str, str], ...]  # each of these fields has this value


class Kind(StrEnum):
    """How a field is drawn."""

    CHOICE = "choice"
    SWITCH = "switch"


@dataclass(frozen=True)
class Bar:
    """Why something cannot be chosen; ``when`` tells under which condition, () for always."""

    why: str
    when: Condition = ()


@dataclass(frozen=True)
class Choice:
    value: str
    label: str
    bar: Bar | None = None


@dataclass(frozen=True)
class Field:
    """One question. Nothing is ever chosen beforehand.

    A field is shown, and counts, where ``shown_with`` holds. ``wants_one_of`` are
    switches of which one has to be on while this one is. ``missing`` is what is said
    when the answer is not complete. Conditions name fields that stand before.
    """

    name: str
    label: str
    kind: Kind
    choices: tuple[Choice, ...] = ()
    required: bool = False
    missing: str = ""
    help: str = ""
    bar: Bar | None = None
    shown_with: Condition = ()
    wants_one_of: tuple[str, ...] = ()


@dataclass(frozen=True)
class Note:
    """A sentence of the form; ``%(name)s`` in it stands for a link: name, words, address."""

    text: str
    links: tuple[tuple[str, str, str], ...] = ()
    shown_with: Condition = ()


@dataclass(frozen=True)
class ShareForm:
    """What to ask for one account. With ``stop`` nothing can be shared at the moment.

    ``name`` and ``avatar`` (a ``data:`` address) say for whom it is. ``notes`` are what
    the person is told beside the fields, ``consent`` what pressing Share agrees to.
    """

    fields: tuple[Field, ...] = ()
    name: str = ""
    avatar: str = ""
    notes: tuple[Note, ...] = ()
    consent: tuple[Note, ...] = ()
    stop: str = ""
    max_seconds: float | None = None


def holds(condition: Condition, values: Mapping[str, str]) -> bool:
    return all(values.get(name, "") == value for name, value in condition)


def is_barred(bar: Bar | None, values: Mapping[str, str]) -> bool:
    return bar is not None and holds(bar.when, values)


def settled(fields: Sequence[Field], given: Mapping[str, str]) -> dict[str, str]:
    """What counts of an answer: shown fields only, and nothing that was not offered."""
    values: dict[str, str] = {}
    for field in fields:
        value = str(given.get(field.name, "") or "")
        offered = {one.value for one in field.choices} or {ON}
        if value in offered and holds(field.shown_with, values):
            values[field.name] = value
    return values


def problems(fields: Sequence[Field], given: Mapping[str, str]) -> dict[str, Sentence]:
    """What is wrong with an answer, a sentence a field; empty when it is complete."""
    values = settled(fields, given)
    shown = (field for field in fields if holds(field.shown_with, values))
    found = {field.name: _problem(field, values) for field in shown}
    return {name: sentence for name, sentence in found.items() if sentence}


def _problem(field: Field, values: Mapping[str, str]) -> Sentence | None:
    value = values.get(field.name, "")
    bars = [one.bar for one in field.choices if one.value == value]
    bars += [field.bar] if value else []
    for bar in bars:
        if bar is not None and is_barred(bar, values):
            return as_sentence(bar.why)
    if field.required and not value:
        return as_sentence(field.missing or _MISSING)
    if value and field.wants_one_of:
        is_said = any(values.get(name) for name in field.wants_one_of)
        return None if is_said else as_sentence(field.missing or _MISSING)
    return None


def as_sentence(text: str) -> Sentence:
    return text if isinstance(text, Sentence) else Sentence(text)
