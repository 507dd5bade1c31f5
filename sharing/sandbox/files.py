"""What people uploaded: kept as it came, and shown on the pages of the sandbox."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from sharing.sandbox.messages import Response

_SHOWN = ("image/", "video/", "application/pdf")


@dataclass(frozen=True)
class StoredFile:
    content_type: str
    body: bytes


class Files:
    """Files by a name that nobody guesses; in a folder if there is one, else in memory."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder / "files" if folder else None
        self._held: dict[str, StoredFile] = {}

    def add(self, content_type: str, body: bytes) -> str:
        name = secrets.token_urlsafe(16)
        if self._folder is None:
            self._held[name] = StoredFile(content_type, body)
        else:
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / name).write_bytes(body)
            (self._folder / f"{name}.json").write_text(json.dumps(content_type))
        return name

    def get(self, name: str) -> StoredFile | None:
        if self._folder is None:
            return self._held.get(name)
        path = self._folder / Path(name).name
        if not path.is_file() or path.suffix:
            return None
        said = path.with_name(f"{path.name}.json").read_text()
        return StoredFile(str(json.loads(said)), path.read_bytes())

    def clear(self) -> None:
        self._held.clear()
        for path in self._folder.glob("*") if self._folder else ():
            path.unlink(missing_ok=True)


def shown(file: StoredFile | None) -> Response:
    """The file for the browser, which may look at it and do nothing else with it."""
    if file is None:
        return Response(404)
    known = file.content_type.startswith(_SHOWN) and "svg" not in file.content_type
    kind = file.content_type if known else "application/octet-stream"
    rules = "default-src 'none'; sandbox"
    headers = {"Content-Type": kind, "X-Content-Type-Options": "nosniff"}
    return Response(200, file.body, headers | {"Content-Security-Policy": rules})
