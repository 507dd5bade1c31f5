"""Every network we know: one module each, found by looking into this package."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from sharing.connectors.base import Connector


@cache
def _found() -> dict[str, type[Connector]]:
    networks: dict[str, type[Connector]] = {}
    for module in pkgutil.iter_modules(__path__):
        connector = importlib.import_module(f"{__name__}.{module.name}").connector
        networks[connector.slug] = connector
    return networks


def all_networks() -> dict[str, type[Connector]]:
    """Slug to connector class, in a stable order."""
    return dict(_found())


def get(slug: str) -> type[Connector]:
    """The connector class of one network; KeyError when there is no such network."""
    return _found()[slug]
