"""Tokens at rest: AES-256-GCM, bound to the row and column they belong to.

A ciphertext is ``version | key id length | key id | nonce | sealed``. Moved to
another row, column or tenant it does not open. The first key of ``TOKEN_KEYS``
writes; the others still read, which is how keys are changed.
"""

import base64
import binascii
import os
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

VERSION = b"\x01"
NONCE = 12


class Unreadable(Exception):
    """The ciphertext does not belong here, or its key is gone."""


@lru_cache(maxsize=4)
def keys(setting: str) -> dict[str, AESGCM]:
    """Return the keys of ``id:base64,…`` in their order."""
    ring: dict[str, AESGCM] = {}
    for part in filter(None, setting.split(",")):
        name, _, encoded = part.strip().partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            key = b""
        if not name or len(name) > 255 or len(key) != 32:
            raise ImproperlyConfigured(
                "TOKEN_KEYS must be id:base64-of-32-bytes, parted by commas"
            )
        ring[name] = AESGCM(key)
    if not ring:
        raise ImproperlyConfigured("TOKEN_KEYS holds no key")
    return ring


def seal(plain: str, *, tenant: UUID, row: UUID, column: str) -> bytes:
    """Encrypt for one column of one row; nothing stays nothing."""
    if not plain:
        return b""
    name, cipher = next(iter(keys(settings.TOKEN_KEYS).items()))
    nonce = os.urandom(NONCE)
    sealed = cipher.encrypt(nonce, plain.encode(), place(tenant, row, column))
    return VERSION + bytes([len(name)]) + name.encode() + nonce + sealed


def unseal(
    ciphertext: bytes | memoryview, *, tenant: UUID, row: UUID, column: str
) -> str:
    """Decrypt what ``seal`` made for the same place, or raise ``Unreadable``."""
    data = bytes(ciphertext)
    if not data:
        return ""
    start = 2 + data[1] if len(data) > 2 and data[:1] == VERSION else 0
    cipher = keys(settings.TOKEN_KEYS).get(data[2:start].decode(errors="replace"))
    if cipher is None:
        raise Unreadable
    nonce, sealed = data[start : start + NONCE], data[start + NONCE :]
    try:
        return cipher.decrypt(nonce, sealed, place(tenant, row, column)).decode()
    except (InvalidTag, ValueError):
        raise Unreadable from None


def place(tenant: UUID, row: UUID, column: str) -> bytes:
    """Return what binds a ciphertext to where it lives."""
    return f"{tenant}|{row}|{column}".encode()
