"""Sessions in the database, under a hash of their key: a copy of the table opens nothing.

The cookie holds the key; the row only what it hashes to.
"""

from datetime import datetime
from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from common.composed import composed
from common.secret_links import digest

COLUMN = 40  # as long as Django's column


@composed
def sessions_of(key_hash: str, now: datetime) -> QuerySet[Session]:
    return Session.objects.filter(session_key=key_hash, expire_date__gt=now)


def hashed(key: str) -> str:
    """Return what is stored of a key: 160 bits of its hash."""
    return digest(key)[:COLUMN]


class SessionStore(db.SessionStore):
    """Django's store; only the places that name a row say its hash."""

    def load(self) -> dict[str, Any]:
        rows = sessions_of(hashed(self.session_key or ""), timezone.now())
        if not rows:
            self._session_key = None
            return {}
        data: dict[str, Any] = self.decode(rows[0].session_data)
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
