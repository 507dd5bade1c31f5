"""The documentation names only what exists."""

import re

import pytest
from django.core.management import get_commands

from tools.terminal import ROOT

FILES = [
    str(name)
    for name in (path.relative_to(ROOT) for path in sorted(ROOT.rglob("*.*")))
    if not any(part.startswith(".") for part in name.parts)
]
PAGES = [name for name in FILES if name.endswith(".md")]
SPOKEN = re.compile(r"\bdocs/[\w/-]+\.(?:md|png)\b")


@pytest.mark.parametrize("document", PAGES)
def test_every_link_of_a_page_leads_somewhere(document):
    path = ROOT / document
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", path.read_text())

    assert [name for name in targets if not (path.parent / name).exists()] == []


def test_every_page_that_the_code_speaks_of_exists():
    code = [name for name in FILES if name.endswith((".py", ".toml", ".yml"))]
    spoken = {
        word for name in code for word in SPOKEN.findall((ROOT / name).read_text())
    }

    assert [word for word in sorted(spoken) if not (ROOT / word).exists()] == []


@pytest.mark.parametrize("document", PAGES)
def test_every_command_of_a_page_exists(document):
    text = (ROOT / document).read_text()
    ours = set(re.findall(r"^\./dev (\w+)", (ROOT / "dev").read_text(), re.MULTILINE))
    asked = set(re.findall(r"\./dev (\w+)", text))
    managed = set(re.findall(r"(?:manage\.py|\./dev manage) ([a-z]\w+)", text))

    assert asked <= ours
    assert managed <= set(get_commands())
