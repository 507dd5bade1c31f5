"""Problem documents (RFC 9457), for views and middleware alike."""

import json
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse

MEDIA_TYPE = "application/problem+json"


def outline(status: int, detail: str) -> dict[str, Any]:
    """Return a problem document without errors by field."""
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }


class ProblemResponse(HttpResponse):
    """A problem as the answer of a plain Django view or middleware."""

    def __init__(self, status: int, detail: str) -> None:
        body = json.dumps(outline(status, detail))
        super().__init__(body, status=status, content_type=MEDIA_TYPE)
