"""Facebook is shared on with the member's own hands."""

from tests.connectors.by_hand import LINK, ByHandContract


class TestFacebook(ByHandContract):
    slug = "facebook"
    composer = "https://www.facebook.com/sharer/sharer.php"
    asks = {"u": LINK}
