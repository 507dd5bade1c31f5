"""The network of docs/adding-a-network.md, as it stands there, keeps the contract."""

import re
from pathlib import Path

import pytest

from sharing import networks
from sharing.connectors.types import Profile
from tests.connectors.contract import ConnectorContract

PAGE = Path(__file__).resolve().parents[2] / "docs" / "adding-a-network.md"
MODULE, TESTS = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)


@pytest.fixture(autouse=True, scope="module")
def _one_network_more(tmp_path_factory):
    folder = tmp_path_factory.mktemp("networks")
    (folder / "example.py").write_text(MODULE)
    networks.__path__.append(str(folder))
    networks._found.cache_clear()
    yield
    networks.__path__.remove(str(folder))
    networks._found.cache_clear()


told = {"ConnectorContract": ConnectorContract, "Profile": Profile}
exec(TESTS, told)  # noqa: S102  the page's own test class
TestExample = told["TestExample"]
