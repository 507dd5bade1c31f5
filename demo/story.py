"""The invented organisations, as their TOML files tell them."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "story"
PASSWORD = "nordlys-demo-2026"  # noqa: S105  printed on screen: a demo has no secrets
ROLES = ("employee", "curator", "manager", "admin")


@dataclass(frozen=True)
class Story:
    """One organisation: plain data."""

    tenant: dict[str, str]
    sign_ins: dict[str, str]
    teams: dict[str, list[str]]
    guidelines: dict[str, Any]
    topics: dict[str, list[str]]
    items: list[dict[str, Any]]
    voices: dict[str, list[str]]

    def people(self) -> Iterator[tuple[str, str, list[str]]]:
        """Yield each person's name, team and roles."""
        for team, names in self.teams.items():
            for name in names:
                yield name, team, self.roles_of(name)

    def roles_of(self, name: str) -> list[str]:
        return [role for role in ROLES if self.sign_ins[role] == name] or ["employee"]

    def email(self, name: str) -> str:
        letters = name.lower().translate(str.maketrans("øæå", "oaa"))
        return f"{letters.replace(' ', '.')}@{self.tenant['slug']}.example"


def stories() -> list[Story]:
    """Return every organisation of the demo."""
    return [Story(**read(path)) for path in sorted(FOLDER.glob("*.toml"), reverse=True)]


def read(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return tomllib.load(file)
