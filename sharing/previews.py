"""What will stand on a network, word for word, before it stands there. No database."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from content_library.models import Item
from sharing.attaching import Attached
from sharing.configured import Used
from sharing.connectors.base import Connector
from sharing.handing_off import Handed
from sharing.models import Account, TrackedLink
from sharing.services import (
    CODE_LENGTH,
    LONGEST_TEXT,
    Part,
    by_hand_problems,
    text_problems,
    with_files,
    words,
)

SAMPLE_WORD = "yourlink"


@dataclass(frozen=True)
class Preview:
    """One text as its network will show and count it."""

    text: str
    link_url: str
    length: int
    max_chars: int
    problems: list[str]
    card_title: str
    card_host: str
    attached: Attached
    shows_card: bool

    @property
    def left(self) -> int:
        return self.max_chars - self.length

    @property
    def over(self) -> int:
        return -self.left

    @property
    def is_over(self) -> bool:
        return self.left < 0

    @property
    def pieces(self) -> Iterator[tuple[str, bool]]:
        """The text in order, each part with whether it is the tracked link."""
        for number, part in enumerate(self.text.split(self.link_url)):
            if number:
                yield self.link_url, True
            if part:
                yield part, False


def preview(connector: Connector, account: Account, text: str, item: Item) -> Preview:
    """Compose, measure and check the text exactly as publishing will.

    Only the link's code differs: it is drawn when Share is pressed, in the same length.
    """
    text = text[: LONGEST_TEXT + 1]  # too long all the same, and soon measured
    part = with_files(Part(account, text), item)
    link_url = sample_link()
    composed = connector.compose(
        words(text), link_url if item.source_url else "", item.source_url,
        has_media=bool(part.attached.files),
    )  # fmt: skip
    return Preview(
        text=composed,
        link_url=link_url,
        length=connector.length(composed),
        max_chars=connector.limits.max_chars,
        problems=text_problems(part, item),
        attached=part.attached,
        shows_card=shows_card(connector, part.attached, item),
        card_title=item.title,
        card_host=host_of(link_url),
    )


def shows_card(connector: Connector, attached: Attached, item: Item) -> bool:
    """Tell whether the link is drawn as a card; where media go along, none is."""
    return bool(item.source_url) and not attached.files and not connector.needs_media


def preview_by_hand(by_hand: Used, text: str, item: Item) -> Preview:
    """The same for what the member posts themselves."""
    text = text[: LONGEST_TEXT + 1]
    link_url = sample_link()
    part = Handed(by_hand.network, by_hand.mode, text)
    composed = part.compose(link_url if item.source_url else "", item.source_url)
    problems = by_hand_problems(item, [part]).get("by_hand.0.text", [])
    return Preview(
        text=composed,
        link_url=link_url,
        length=by_hand.network.length(composed),
        max_chars=by_hand.network.limits.max_chars,
        problems=problems,
        attached=Attached(),
        shows_card=by_hand.network.attaches_link,
        card_title=item.title,
        card_host=host_of(link_url),
    )


def sample_link() -> str:
    """Return a tracked link of the right length that can be read as an example."""
    repeated = SAMPLE_WORD * (CODE_LENGTH // len(SAMPLE_WORD) + 1)
    return TrackedLink(code=repeated[:CODE_LENGTH]).url


def host_of(url: str) -> str:
    return urlsplit(url).netloc
