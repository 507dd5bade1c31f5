"""What all API views share: errors as problem documents (RFC 9457)."""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler


def problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn an error into ``application/problem+json`` and undo what the view wrote."""
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    response = exception_handler(error, context)
    if response is None:
        return None
    if connection.in_atomic_block:
        transaction.set_rollback(True)
    response.data = document(error, response)
    response.content_type = "application/problem+json"
    return response


def document(error: Exception, response: Response) -> dict[str, Any]:
    """Return the members of the problem: type, title, status, detail, errors by field."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(response.status_code).phrase,
        "status": response.status_code,
    }
    if isinstance(error, exceptions.ValidationError):
        body["errors"] = (
            response.data if isinstance(response.data, dict) else {"": response.data}
        )
        body["detail"] = str(first_sentence(response.data))
    else:
        body["detail"] = str(getattr(error, "detail", ""))
        code = getattr(error, "get_codes", lambda: None)()
        if isinstance(code, str):
            body["code"] = code
    return body


def first_sentence(detail: Any) -> Any:
    """Return the first message of nested field errors."""
    while isinstance(detail, dict | list) and detail:
        detail = next(iter(detail.values())) if isinstance(detail, dict) else detail[0]
    return detail
