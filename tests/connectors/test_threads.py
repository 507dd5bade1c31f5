"""Threads is shared on with the member's own hands."""

from tests.connectors.by_hand import TEXT, ByHandContract


class TestThreads(ByHandContract):
    slug = "threads"
    composer = "https://www.threads.net/intent/post"
    asks = {"text": TEXT}
