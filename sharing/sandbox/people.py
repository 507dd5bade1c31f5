"""The people who live in the sandbox. Anybody else appears when named."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

CAST = ("Signe Holm", "Jonas Krogh", "Priya Nair")


@dataclass(frozen=True)
class Person:
    key: str
    name: str

    @property
    def handle(self) -> str:
        return self.key.replace("-", "_")[:15]

    @property
    def initials(self) -> str:
        return "".join(word[0] for word in self.name.split()[:2]).upper()

    def number(self, network: str) -> str:
        """An id too large for a JavaScript number, as real ones are."""
        digest = hashlib.sha256(f"{network}/{self.key}".encode()).digest()
        return str(10**18 + int.from_bytes(digest[:7]))

    def subject(self, client_id: str) -> str:
        """An id that differs from app to app."""
        digest = hashlib.sha256(f"{client_id}/{self.key}".encode())
        return digest.hexdigest()[:10]


def named(name: str) -> Person:
    """The person of that name or key; the same name always gives the same person."""
    name = " ".join(name.split())[:60] or CAST[0]
    key = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    if not key:
        key = hashlib.sha256(name.encode()).hexdigest()[:12]
    for known in CAST:
        if key == known.lower().replace(" ", "-"):
            return Person(key, known)
    return Person(key, name)


def cast() -> list[Person]:
    return [named(name) for name in CAST]
