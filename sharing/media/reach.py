"""Whether networks that fetch files themselves can reach this installation at all."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from sharing.connectors.connector import Connector

# Names that no public DNS answers (RFC 6761, 6762, 8375, and what people use).
INSIDE = (
    ".local", ".internal", ".intranet", ".private", ".corp", ".home", ".lan",
    ".localdomain", ".localhost", ".home.arpa", ".test", ".invalid", ".example",
)  # fmt: skip


def media_is_public() -> bool:
    return not why_not_public()


def why_not_public() -> str:
    """Return why nobody outside can fetch our files, as a sentence; empty when they can.

    Judges ``PUBLIC_URL`` by its looks: a firewall in between it cannot see.
    """
    parts = urlsplit(settings.PUBLIC_URL)
    host = (parts.hostname or "").rstrip(".")
    if is_inside(host):
        return _(
            "Networks cannot fetch pictures and videos from here: %(host)s is known "
            "inside your own network only."
        ) % {"host": host}
    if parts.scheme != "https":
        return _(
            "Networks cannot fetch pictures and videos from here: "
            "the public address has to begin with https://."
        )
    return ""


def why_not_fetched(connector: Connector) -> str:
    """Return the same for a network that wants to fetch files; empty for any other.

    A stand-in for a network stands beside us, and reaches us by any name.
    """
    if connector.base_url or not connector.fetches_media:
        return ""
    return why_not_public()


def is_inside(host: str) -> bool:
    """Tell whether the host is one that only machines nearby know."""
    try:
        return not ip_address(host).is_global
    except ValueError:
        return "." not in host or f".{host}".endswith(INSIDE)
