"""What the sandbox remembers: consents, tokens and posts, in an append-only journal."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections import defaultdict, deque
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sharing.sandbox.files import Files


@dataclass
class Code:
    """An authorization code: one use, one redirect address, a short life."""

    network: str
    client_id: str
    redirect_uri: str
    person: str
    scopes: tuple[str, ...]
    expires: float
    challenge: str = ""
    challenge_method: str = ""


@dataclass
class Grant:
    """One pair of tokens. All pairs that grew from one consent share a family."""

    network: str
    client_id: str
    person: str
    scopes: tuple[str, ...]
    access: str
    expires: float
    family: str
    refresh: str = ""
    refresh_expires: float = 0.0
    spent: bool = False
    revoked: bool = False


@dataclass
class StoredPost:
    """A post as the network keeps it. ``text`` is what people read.

    ``media`` names per file its ``kind`` (image, video, document, or thumbnail of the
    card), its ``file`` in the store, and what was said of it: ``alt``, ``title``.
    """

    network: str
    id: str
    person: str
    author: str
    text: str
    at: float
    fingerprint: str
    card: dict[str, str] = field(default_factory=dict)
    media: list[dict[str, str]] = field(default_factory=list)
    sent: dict[str, Any] = field(default_factory=dict)


class Clock:
    """Real time, which a test may push forward."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def now(self) -> float:
        return time.time() + self.ahead


class Store:
    """All state behind one lock. With a folder, consents and posts survive a restart."""

    def __init__(self, folder: str | Path | None = None) -> None:
        self.lock = threading.RLock()
        self.clock = Clock()
        self.codes: dict[str, Code] = {}
        self.grants: list[Grant] = []
        self.posts: list[StoredPost] = []
        self.uploads: dict[str, Any] = {}  # of files underway, by network and name
        self.calls: dict[str, deque[float]] = defaultdict(deque)
        self.notes: dict[str, Any] = {}  # whatever else a network remembers, by name
        self._by_access: dict[str, Grant] = {}
        self._by_refresh: dict[str, Grant] = {}
        self._last_id = self._last_snowflake = 0
        self.files = Files(Path(folder) if folder else None)
        self._file = Path(folder) / "sandbox.jsonl" if folder else None
        if self._file:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._replay()

    # Consents and tokens

    def add_code(self, code: Code) -> str:
        value = secrets.token_urlsafe(32)
        with self.lock:
            self.codes[value] = code
        return value

    def take_code(self, value: str) -> Code | None:
        """The code, once. Used, unknown or too old: None."""
        with self.lock:
            code = self.codes.pop(value, None)
        return code if code and code.expires > self.clock.now() else None

    def add_grant(self, grant: Grant) -> Grant:
        with self.lock:
            self._keep(grant)
            self._write("grant", asdict(grant))
        return grant

    def by_access(self, token: str) -> Grant | None:
        return self._by_access.get(token)

    def by_refresh(self, token: str) -> Grant | None:
        return self._by_refresh.get(token)

    def spend(self, grant: Grant) -> None:
        """The refresh token has been used: it and its access token are dead."""
        with self.lock:
            grant.spent = grant.revoked = True
            self._write("spend", {"access": grant.access})

    def revoke_family(self, family: str) -> None:
        with self.lock:
            self._revoke(family)
            self._write("revoke", {"family": family})

    def note(self, name: str, value: Any) -> None:
        with self.lock:
            self.notes[name] = value
            self._write("note", {"name": name, "value": value})

    # Posts

    def add_post(self, post: StoredPost) -> StoredPost:
        with self.lock:
            self.posts.append(post)
            self._write("post", asdict(post))
        return post

    def remove_post(self, post: StoredPost) -> None:
        with self.lock:
            self.posts.remove(post)
            self._write("remove", {"network": post.network, "id": post.id})

    def find_post(self, network: str, post_id: str) -> StoredPost | None:
        found = (p for p in self.posts if p.network == network and p.id == post_id)
        return next(found, None)

    def twin(
        self, network: str, person: str, fingerprint: str, within: float
    ) -> StoredPost | None:
        """An earlier post of the same person with the same content."""
        oldest = self.clock.now() - within
        for post in reversed(self.posts):
            same = (post.network, post.person, post.fingerprint)
            if same == (network, person, fingerprint) and post.at >= oldest:
                return post
        return None

    def new_id(self) -> str:
        """A rising 19-digit number, larger than a JavaScript number can hold."""
        with self.lock:
            now = int(self.clock.now() * 1000) << 20
            self._last_id = max(self._last_id + 1, now)
            return str(self._last_id)

    def new_snowflake(self) -> str:
        """The same, with the time where X's own ids carry it."""
        with self.lock:
            now = (int(self.clock.now() * 1000) - 1288834974657) << 22
            self._last_snowflake = max(self._last_snowflake + 1, now)
            return str(self._last_snowflake)

    # Everything

    def reset(self) -> None:
        with self.lock:
            for kept in (
                self.codes,
                self.grants,
                self.posts,
                self.calls,
                self.uploads,
                self.notes,
            ):
                kept.clear()
            self._by_access.clear()
            self._by_refresh.clear()
            self.files.clear()
            if self._file:
                self._file.write_text("")

    def _keep(self, grant: Grant) -> None:
        self.grants.append(grant)
        self._by_access[grant.access] = grant
        if grant.refresh:
            self._by_refresh[grant.refresh] = grant

    def _revoke(self, family: str) -> None:
        for grant in self.grants:
            if grant.family == family:
                grant.revoked = True

    def _spend(self, access: str) -> None:
        grant = self.by_access(access)
        if grant:
            grant.spent = grant.revoked = True

    def _write(self, kind: str, data: dict[str, Any]) -> None:
        if self._file:
            with self._file.open("a", encoding="utf-8") as journal:
                journal.write(json.dumps({"kind": kind, **data}) + "\n")

    def _replay(self) -> None:
        if not self._file or not self._file.exists():
            return
        for line in self._file.read_text("utf-8").splitlines():
            try:
                event = json.loads(line)
            except ValueError:
                continue  # the last line of a process that was killed
            self._apply(event.pop("kind"), event)

    def _apply(self, kind: str, event: dict[str, Any]) -> None:
        if kind == "grant":
            event["scopes"] = tuple(event["scopes"])
            self._keep(Grant(**event))
        elif kind == "spend":
            self._spend(event["access"])
        elif kind == "revoke":
            self._revoke(event["family"])
        elif kind == "remove":
            post = self.find_post(event["network"], event["id"])
            self.posts[:] = [one for one in self.posts if one is not post]
        elif kind == "note":
            self.notes[event["name"]] = event["value"]
        elif kind == "post":
            self.posts.append(StoredPost(**event))
