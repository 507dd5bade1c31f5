"""Answers that need no business: oversized bodies, and what a page may use."""

import json
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

GetResponse = Callable[[HttpRequest], HttpResponse]


class PermissionsPolicyMiddleware:
    """Deny every browser feature that no page of ours uses."""

    POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", self.POLICY)
        return response


class BodyLimitMiddleware:
    """Refuse a body over the limit before any of it is read."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            length = int(request.META.get("CONTENT_LENGTH") or 0)
        except ValueError:
            length = 0
        if length > settings.MAX_BODY_BYTES:
            return self.too_large(request)
        return self.get_response(request)

    def too_large(self, request: HttpRequest) -> HttpResponse:
        sentence = _("What you sent is too large. Files may be up to 10 MB.")
        if request.path.startswith("/api/"):
            body = {"type": "about:blank", "title": sentence, "status": 413}
            response: HttpResponse = JsonProblem(body)
        else:
            response = render(request, "400.html", {"sentence": sentence}, status=413)
        response.headers["Connection"] = "close"
        return response


class JsonProblem(HttpResponse):
    """A problem document (RFC 9457)."""

    def __init__(self, body: dict[str, object]) -> None:
        super().__init__(
            json.dumps(body),
            status=body["status"],
            content_type="application/problem+json",
        )
