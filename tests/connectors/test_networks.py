"""The repository keeps its promise: one network, one module, one test module."""

import ast
import importlib
import re
from pathlib import Path

import pytest

from sharing import networks
from sharing.connectors.modes import Mode
from tests.connectors.by_hand import ByHandContract
from tests.connectors.contract import Contract

ROOT = Path(__file__).resolve().parents[2]
SLUGS = sorted(networks.all_networks())

# These stand for the world outside and may speak of it by name.
ALLOWED = (
    "sharing/networks",
    "sharing/sandbox",
    "benchmarks",
    "tests",
    "docs",
    "tools",
    ".venv",
    ".local",
)


def is_published_on(slug):
    return Mode.API in networks.get(slug).works_in()


@pytest.mark.parametrize("slug", SLUGS)
def test_each_network_can_be_used_without_an_app(slug):
    assert set(networks.get(slug).works_in()) & {Mode.ASSISTED, Mode.KIT}


@pytest.mark.parametrize("slug", SLUGS)
def test_each_network_has_a_test_module_that_inherits_the_contract(slug):
    module = importlib.import_module(f"tests.connectors.test_{slug}")

    wanted = Contract if is_published_on(slug) else ByHandContract
    contracts = [
        one
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, wanted)
    ]
    assert slug in {getattr(one, "slug", None) for one in contracts}


@pytest.mark.parametrize("slug", SLUGS)
def test_each_network_tells_an_administrator_how_to_offer_it(slug):
    guide = (ROOT / "docs" / "networks" / f"{slug}.md").read_text()

    if is_published_on(slug) and networks.get(slug).needs_app:
        assert f"/connect/{slug}/callback/" in guide
        assert f"NETWORK_{slug.upper()}_CLIENT_ID" in guide
    else:
        assert "Nothing has to be registered" in guide


def test_a_slug_is_found_by_its_name_only():
    assert networks.get("linkedin").slug == "linkedin"
    with pytest.raises(KeyError):
        networks.get("__init__")


def test_the_answer_may_be_changed_without_harm():
    networks.all_networks().clear()

    assert networks.all_networks()


@pytest.mark.parametrize("slug", SLUGS)
def test_no_other_source_file_names_a_network(slug):
    found = [
        str(path.relative_to(ROOT))
        for path in (*sources("*.py"), *sources("*.html"))
        if names(path, slug)
    ]

    assert found == []


def sources(pattern):
    for path in sorted(ROOT.rglob(pattern)):
        place = path.relative_to(ROOT).as_posix()
        if not place.startswith(ALLOWED) and not re.search("demo|gallery", place):
            yield path


def names(path, slug):
    text = path.read_text()
    if not re.search(rf"\b{slug}\b", text, re.IGNORECASE):
        return False
    if path.suffix == ".html":
        return bool(re.search(rf"[=!]= ?['\"]{slug}['\"]", text))
    return any(_names(node, slug) for node in ast.walk(ast.parse(text)))


def _names(node, slug):
    """A long slug anywhere in a literal; a short one only where it is compared."""
    if len(slug) > 3:
        return (
            isinstance(node, ast.Constant)
            and _word(node.value, slug)
            and not _prose(node)
        )
    if isinstance(node, ast.Compare):
        return any(
            isinstance(part, ast.Constant) and part.value == slug
            for side in (node.left, *node.comparators)
            for part in ast.walk(side)
        )
    return False


def _word(value, slug):
    """A program's option like "-threads" is no network."""
    return isinstance(value, str) and bool(re.search(rf"(?<!-)\b{slug}\b", value))


def _prose(node):
    return " " in node.value.strip()
