"""Secrets that travel in a link or a header; only their hash is kept."""

import hashlib
import secrets


def new_secret() -> str:
    """Return 256 random bits, safe in an address."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """Return what is stored of a secret: SHA-256, enough for 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()
