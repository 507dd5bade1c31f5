"""Identifiers: opaque, made in Python, in the order of their making."""

import os
import secrets
import time
import uuid
from datetime import UTC, datetime

BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def uuid7() -> uuid.UUID:
    """Return a version-7 UUID (RFC 9562 §5.7): 48 bits of milliseconds, then random."""
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big")
    value = (milliseconds & (2**48 - 1)) << 80 | random
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return uuid.UUID(int=value)


def born_at(key: uuid.UUID) -> datetime:
    """Return when a version-7 UUID was made."""
    return datetime.fromtimestamp((key.int >> 80) / 1000, UTC)


def random_code(length: int) -> str:
    """Return ``length`` random base62 characters, from the system's generator."""
    return "".join(secrets.choice(BASE62) for _ in range(length))
