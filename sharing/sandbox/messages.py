"""A request and a response, free of sockets, so that networks are plain functions."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qs


@dataclass(frozen=True)
class Part:
    """One field of a multipart form; a file has a name, a value has none."""

    body: bytes
    filename: str = ""
    content_type: str = ""

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query_string: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)  # names in lower case
    body: bytes = b""

    @property
    def query(self) -> dict[str, str]:
        return _flat(self.query_string)

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").split(";")[0].strip().lower()

    @property
    def form(self) -> dict[str, str]:
        if self.content_type != "application/x-www-form-urlencoded":
            return {}
        return _flat(self.body.decode("utf-8", "replace"))

    def fields(self, name: str) -> list[str]:
        """Every value of one field of the form."""
        if self.content_type != "application/x-www-form-urlencoded":
            return []
        return parse_qs(self.body.decode("utf-8", "replace"), True).get(name, [])

    @property
    def parts(self) -> dict[str, Part]:
        """The fields of a multipart form, the last one of each name."""
        if self.content_type != "multipart/form-data":
            return {}
        head = f"Content-Type: {self.headers['content-type']}\r\n\r\n".encode()
        form = BytesParser(policy=HTTP).parsebytes(head + self.body)
        return {
            str(part.get_param("name", "", "content-disposition")): Part(
                bytes(part.get_payload(decode=True) or b""),
                part.get_filename() or "",
                part.get_content_type() if part["content-type"] else "",
            )
            for part in (form.iter_parts() if form.is_multipart() else ())
        }

    @property
    def base(self) -> str:
        """Where the caller reached us, for addresses that we hand out."""
        scheme = self.headers.get("x-forwarded-proto", "http")
        return f"{scheme}://{self.headers.get('host', 'localhost')}"

    @property
    def json(self) -> Any:
        """The parsed body; None when it is not JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    @property
    def bearer(self) -> str:
        kind, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if kind.lower() == "bearer" else ""

    @property
    def basic(self) -> tuple[str, str] | None:
        kind, _, value = self.headers.get("authorization", "").partition(" ")
        if kind.lower() != "basic":
            return None
        try:
            decoded = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return None
        name, _, secret = decoded.partition(":")
        return name, secret


@dataclass
class Response:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def _flat(text: str) -> dict[str, str]:
    return {key: values[-1] for key, values in parse_qs(text, True).items()}


def as_json(data: Any, status: int = 200, **headers: str) -> Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    body = json.dumps(data, ensure_ascii=False).encode()
    return Response(status, body, {"Content-Type": "application/json", **names})


def redirect(url: str) -> Response:
    return Response(302, b"", {"Location": url, "Cache-Control": "no-store"})
