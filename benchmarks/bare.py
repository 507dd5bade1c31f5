"""The least a WSGI application can do: send everybody on."""

from collections.abc import Callable, Iterable
from typing import Any


def application(
    environ: dict[str, Any], start_response: Callable[..., Any]
) -> Iterable[bytes]:
    start_response(
        "302 Found",
        [("Location", "https://bench.example/page"), ("Content-Length", "0")],
    )
    return [b""]
