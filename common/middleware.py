"""Answers that need no business: oversized bodies, and what a page may use."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _

from common.problems import ProblemResponse

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


class KeepNowhereMiddleware:
    """Whatever says nothing of caches is kept by none: no colleague goes back to it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response


View = TypeVar("View", bound=Callable[..., Any])


def takes_files(view: View) -> View:
    """Let people whom this view admits send it bodies of up to ``MAX_UPLOAD_BYTES``."""
    view.takes_files = True  # type: ignore[attr-defined]
    return view


class BodyLimitMiddleware:
    """Refuse a body over the limit before any of it is read."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if body_length(request) > self.most(request):
            return too_large(request)
        return self.get_response(request)

    def most(self, request: HttpRequest) -> int:
        if body_length(request) <= settings.MAX_BODY_BYTES:
            return settings.MAX_BODY_BYTES
        try:
            view = resolve(request.path_info).func
        except Resolver404:
            return settings.MAX_BODY_BYTES
        if getattr(view, "takes_files", False):
            return settings.MAX_UPLOAD_BYTES
        return settings.MAX_BODY_BYTES


class LargeBodyMiddleware:
    """Take a large body from people whom its view lets in; nobody else fills the disk.

    After authentication, and before anything reads the body.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        is_large = body_length(request) > settings.MAX_BODY_BYTES
        if is_large and not self.may(request):
            return too_large(request)
        return self.get_response(request)

    def may(self, request: HttpRequest) -> bool:
        if not request.user.is_authenticated:
            return False
        match = resolve(request.path_info)
        admits = getattr(match.func, "admits", None)
        return admits is None or bool(admits(request, **match.kwargs))


def body_length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def too_large(request: HttpRequest) -> HttpResponse:
    sentence = _("What you sent is too large. Choose a smaller file.")
    if request.path.startswith("/api/"):
        response: HttpResponse = ProblemResponse(413, sentence)
    else:
        response = render(request, "400.html", {"sentence": sentence}, status=413)
    response.headers["Connection"] = "close"
    return response


class ApiErrorsMiddleware:
    """Below ``/api/`` an error page of Django's becomes a problem document."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        if response.status_code < 400 or not is_page:
            return response
        if not request.path.startswith("/api/"):
            return response
        problem = ProblemResponse(response.status_code, self.sentence(response))
        if wait := response.headers.get("Retry-After"):
            problem.headers["Retry-After"] = wait
        return problem

    def sentence(self, response: HttpResponse) -> str:
        if response.status_code == 503:
            return _("We are back in a moment. Please try again.")
        if response.status_code >= 500:
            return _("Something went wrong on our side. It is safe to ask again.")
        return _("This request could not be understood.")
