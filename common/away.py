"""What a page answers when something breaks: the database away is not a fault of ours.

While PostgreSQL restarts every request meets its absence, at any place. That is a 503
that says when to come again, not a 500.
"""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.csrf import requires_csrf_token
from django.views.defaults import server_error

AWAY = (OperationalError, InterfaceError)
COME_AGAIN = "5"  # seconds


@requires_csrf_token
def broken(request: HttpRequest) -> HttpResponse:
    """Answer for whatever no view has caught."""
    if isinstance(sys.exc_info()[1], AWAY):
        page = render_to_string("503.html")
        return HttpResponse(page, status=503, headers={"Retry-After": COME_AGAIN})
    return server_error(request)
