"""Calls to servers that members name: https on the open Internet, and nowhere else.

A name is resolved for each connection and the connection goes to the address that was
judged, so that a name may not change its mind between the two.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from typing import Any
from urllib.parse import urlsplit

import idna
from requests.adapters import HTTPAdapter
from urllib3 import PoolManager
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError

from sharing.connectors.watch import WatchedTls

HTTPS = 443
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# The last label holds a letter: numbers alone are an address, however it is written.
_HOST = re.compile(rf"(?=.{{4,253}}\Z)(?:{_LABEL}\.)+(?=[a-z0-9-]*[a-z]){_LABEL}")
_HANDLE = re.compile(r"@?[\w.-]{1,200}@(?P<host>[^@\s/]+)")
# Names that never leave a building (RFC 6761, RFC 6762, RFC 8375, ICANN).
_INSIDE = ("local", "localhost", "internal", "intranet", "lan", "home.arpa", "onion")
# An address of version 4, as a network that speaks version 6 alone reaches it (RFC 6052).
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")


def server_of(typed: str) -> str:
    """``https://host`` of what a person typed: a name, an address or a whole handle.

    Empty when it names no server that may be called.
    """
    typed = typed.strip().lower()
    handle = _HANDLE.fullmatch(typed)
    text = handle["host"] if handle else typed
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    if parts.scheme != "https" or "@" in parts.netloc or port not in (None, HTTPS):
        return ""
    host = in_ascii(host)
    return f"https://{host}" if is_host(host) else ""


def in_ascii(host: str) -> str:
    """The host as DNS knows it; empty when there can be none of that name."""
    try:
        return host if host.isascii() else idna.encode(host, uts46=True).decode()
    except UnicodeError:
        return ""


def is_host(host: str) -> bool:
    """A complete name of the public DNS: no number, no name of this network alone."""
    inside = any(host == name or host.endswith(f".{name}") for name in _INSIDE)
    return _HOST.fullmatch(host) is not None and not inside


def is_server(url: str) -> bool:
    """Whether an address is exactly one that ``server_of`` gives."""
    return bool(url) and server_of(url) == url


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open Internet, whatever it is wrapped in."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if ip in _TRANSLATED:
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)))
        if ip.sixtofour is not None or ip.teredo is not None:
            return False  # tunnels that no server stands behind any more
    return ip.is_global and not (ip.is_multicast or ip.is_reserved)


def public_addresses(host: str, port: int) -> list[str]:
    """Where the name leads; nothing when any of it is not the open Internet."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    return addresses if all(map(is_public, addresses)) else []


class _Connection(WatchedTls):
    def _new_conn(self) -> socket.socket:
        """Connect to an address that was judged; the certificate is still the name's."""
        name = self._dns_host
        problem = NewConnectionError(self, "this server may not be called")
        if self.port != HTTPS or not is_host(name):
            raise problem
        try:
            addresses = public_addresses(name, HTTPS)
        except (OSError, UnicodeError):
            raise problem from None
        try:
            for self._dns_host in addresses[:4]:
                try:
                    return super()._new_conn()
                except NewConnectionError as error:
                    problem = error
        finally:
            self._dns_host = name
        raise problem


class _Pool(HTTPSConnectionPool):
    ConnectionCls = _Connection


class GuardedAdapter(HTTPAdapter):
    """A transport that reaches public servers by https, and refuses all else unsent."""

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **options: Any
    ) -> None:
        super().init_poolmanager(connections, maxsize, block, **options)
        manager: PoolManager = self.poolmanager
        # Without plain http: a pool of that scheme cannot even be made.
        manager.pool_classes_by_scheme = {"https": _Pool}
