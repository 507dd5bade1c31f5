"""What all form pages share."""

from django.http import HttpRequest, QueryDict


def typed(request: HttpRequest) -> QueryDict | None:
    """Return what a form sent, be it nothing at all; None when the page is only shown."""
    return request.POST if request.method == "POST" else None
