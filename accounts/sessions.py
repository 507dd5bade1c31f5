"""Sessions in the database, under a hash of their key: a copy of the table opens nothing.

The cookie holds the key; the row only what it hashes to.
"""

from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from common.secret_links import digest

COLUMN = 40  # as long as Django's column


def hashed(key: str) -> str:
    """Return what is stored of a key: 160 bits of its hash."""
    return digest(key)[:COLUMN]


class SessionStore(db.SessionStore):
    """Django's store; only the places that name a row say its hash."""

    def load(self) -> dict[str, Any]:
        rows = Session.objects.filter(expire_date__gt=timezone.now())
        row = rows.filter(session_key=hashed(self.session_key or "")).first()
        if row is None:
            self._session_key = None
            return {}
        data: dict[str, Any] = self.decode(row.session_data)
        return data

    def exists(self, session_key: str) -> bool:
        return super().exists(hashed(session_key))

    def create_model_instance(self, data: Any) -> Any:
        row = super().create_model_instance(data)
        row.session_key = hashed(row.session_key)
        return row

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key:
            super().delete(hashed(key))
