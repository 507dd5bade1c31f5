"""Every address of the product, read from the URLconf itself."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver
from django.urls.resolvers import RegexPattern

PARAMETER = re.compile(r"<(?:(?P<converter>\w+):)?(?P<name>\w+)>")
GROUP = re.compile(r"\(\?P<(?P<name>\w+)>(?:[^()\\]|\\.)*\)")


@dataclass(frozen=True)
class Route:
    """One address with holes for its parameters."""

    path: str
    names: tuple[str, ...]
    view: Any

    @property
    def words(self) -> tuple[str, ...]:
        """The parameters that take any text, not only an id or a slug."""
        holes = PARAMETER.finditer(self.path)
        return tuple(h["name"] for h in holes if h["converter"] not in ("uuid", "slug"))

    @property
    def is_api(self) -> bool:
        return self.path.startswith("/api/")

    @property
    def basename(self) -> str:
        """What a router calls the objects of an API view."""
        return str(getattr(self.view, "initkwargs", {}).get("basename", ""))

    def fill(self, values: dict[str, str]) -> str:
        """Return the address with its holes filled."""
        return PARAMETER.sub(lambda hole: values[hole["name"]], self.path)


def all_routes(resolver: URLResolver, before: str = "/") -> Iterator[Route]:
    """Yield each route below the resolver."""
    for entry in resolver.url_patterns:
        path = before + written(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from all_routes(entry, path)
        elif isinstance(entry, URLPattern):
            names = tuple(hole["name"] for hole in PARAMETER.finditer(path))
            yield Route(path, names, entry.callback)


def written(pattern: Any) -> str:
    """Return the pattern as ``path()`` writes it; regular expressions lose their edges."""
    if not isinstance(pattern, RegexPattern):
        return str(pattern)
    return GROUP.sub(lambda group: f"<{group['name']}>", str(pattern)).strip("^$")
