"""What every network must keep that a member posts on with their own hands."""

import inspect
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest

from sharing import networks
from sharing.connectors.base import Connector
from sharing.connectors.modes import Mode
from sharing.connectors.types import Credentials

LINK = "https://go.example.com/l/k3Yq"
TEXT = "Øl & 50 % off: #grid+1 ☕\n\nSecond line"


class ByHandContract:
    """For a network that has no interface for posting. State the facts; tests come along."""

    slug: ClassVar[str]
    composer: ClassVar[str]  # the composer's address without what is asked
    asks: ClassVar[dict[str, str]]  # what is asked of it for TEXT and LINK

    @pytest.fixture
    def connector(self) -> Connector:
        return networks.get(self.slug)(Credentials(""))

    def test_the_slug_is_the_module_name(self, connector):
        assert inspect.getmodule(type(connector)).__name__.split(".")[-1] == self.slug

    def test_the_facts_are_stated(self, connector):
        assert connector.label
        assert connector.icon.startswith("M")
        assert connector.limits.max_chars > 0
        assert Mode.API not in connector.works_in()

    def test_the_composer_opens_with_what_it_takes(self, connector):
        parts = urlsplit(connector.composer_url(TEXT, LINK))

        asked = {name: one[0] for name, one in parse_qs(parts.query).items()}
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == self.composer
        assert asked == self.asks

    def test_the_link_is_in_the_text_or_beside_it(self, connector):
        text = connector.compose_by_hand("Mine", LINK, "", Mode.ASSISTED)

        assert (LINK in text) != connector.attaches_link
        assert LINK in connector.composer_url(text, LINK).replace("%3A", ":").replace(
            "%2F", "/"
        )
