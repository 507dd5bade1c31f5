"""What all API views share: errors as problem documents (RFC 9457)."""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from common.away import AWAY, COME_AGAIN
from common.problems import MEDIA_TYPE, ProblemResponse, outline

WHOLE = "non_field_errors"


class Away(exceptions.APIException):
    """The database restarts: the same request is welcome again in a moment."""

    status_code = 503
    default_code = "away"
    default_detail = gettext_lazy("We are back in a moment. Please try again.")
    wait = int(COME_AGAIN)  # becomes Retry-After


class Conflict(exceptions.APIException):
    """What is asked for does not fit the state the object is in."""

    status_code = 409
    default_code = "conflict"
    default_detail = gettext_lazy("That is no longer possible.")


def problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn an error into ``application/problem+json``."""
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    elif isinstance(error, AWAY):
        error = Away()
    response = exception_handler(error, context)
    if response is None:
        return None
    response.data = document(error, response)
    response.content_type = MEDIA_TYPE
    return response


def document(error: Exception, response: Response) -> dict[str, Any]:
    """Return the members of the problem: type, title, status, detail, errors by field."""
    body = outline(response.status_code, str(getattr(error, "detail", "")))
    if isinstance(error, exceptions.ValidationError):
        body["errors"] = dict(flatten(response.data))
        body["detail"] = next(iter(body["errors"].values()), [""])[0]
    else:
        code = getattr(error, "get_codes", lambda: None)()
        if isinstance(code, str):
            body["code"] = code
    return body


def flatten(errors: Any, path: str = "") -> Iterator[tuple[str, list[str]]]:
    """Yield ``("publications.0.text", [sentence…])`` for each field with errors."""
    if isinstance(errors, dict):
        for name, inner in errors.items():
            yield from flatten(inner, path if name == WHOLE else joined(path, name))
    elif isinstance(errors, list) and any(isinstance(e, dict | list) for e in errors):
        for position, inner in enumerate(errors):
            yield from flatten(inner, joined(path, position))
    elif errors:
        sentences = errors if isinstance(errors, list) else [errors]
        yield path or "body", [encodable(str(sentence)) for sentence in sentences]


def joined(path: str, name: Any) -> str:
    return f"{path}.{name}" if path else str(name)


def encodable(sentence: str) -> str:
    """Return the sentence without lone surrogates, which an echoed value may bring."""
    return sentence.encode("utf-8", "replace").decode()


@csrf_exempt
def unknown_address(request: HttpRequest, **kwargs: str) -> ProblemResponse:
    """Answer any address below ``/api/`` that no view has."""
    detail = _(
        "There is nothing at this address. Addresses of this API end in a slash."
    )
    return ProblemResponse(404, detail)
