"""Words for people: translatable without knowing any web framework, counted as networks do."""

from __future__ import annotations


class Sentence(str):
    """English text that still knows its message id and the values put into it.

    The side that draws the screen translates with ``gettext(s.msgid) % s.values``;
    everybody else may use it as the plain string it is.
    """

    msgid: str
    values: dict[str, object]

    def __new__(cls, msgid: str, **values: object) -> Sentence:
        sentence = super().__new__(cls, msgid % values if values else msgid)
        sentence.msgid = msgid
        sentence.values = values
        return sentence


def _(msgid: str) -> str:
    """Mark a literal for the message extractor, change nothing."""
    return msgid


def kept(sentence: str) -> dict[str, object]:
    """Return a sentence as it is stored, to be translated when it is shown; none, nothing."""
    if isinstance(sentence, Sentence):
        return {"msgid": sentence.msgid, "values": sentence.values}
    return {"msgid": str(sentence), "values": {}} if sentence else {}


def plain_ends(text: str) -> str:
    """Return the text with the line ends that networks count: one character each."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
