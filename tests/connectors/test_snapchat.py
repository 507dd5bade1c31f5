"""Snapchat is shared on with the member's own hands."""

from tests.connectors.by_hand import LINK, ByHandContract


class TestSnapchat(ByHandContract):
    slug = "snapchat"
    composer = "https://www.snapchat.com/share"
    asks = {"link": LINK}
