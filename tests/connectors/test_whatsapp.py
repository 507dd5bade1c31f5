"""WhatsApp is shared on with the member's own hands."""

from tests.connectors.by_hand import TEXT, ByHandContract


class TestWhatsApp(ByHandContract):
    slug = "whatsapp"
    composer = "https://wa.me/"
    asks = {"text": TEXT}
