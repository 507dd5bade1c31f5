"""XING is shared on with the member's own hands."""

from tests.connectors.by_hand import LINK, ByHandContract


class TestXing(ByHandContract):
    slug = "xing"
    composer = "https://www.xing.com/spi/shares/new"
    asks = {"url": LINK}
