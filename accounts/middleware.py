"""What a signed-in person brings to each request: a language, and a session that lives on."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation


class PreferredLanguageMiddleware:
    """Activate the signed-in person's language; without one the browser's stands."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        timezone.deactivate()  # a thread keeps the zone of its last request
        if request.user.is_authenticated:
            renew_session(request)
            if request.user.language:
                translation.activate(request.user.language)
                request.LANGUAGE_CODE = translation.get_language()
        return self.get_response(request)


def renew_session(request: HttpRequest) -> None:
    """Count the session's life from the last day of use, by one write a day."""
    today = timezone.now().date().isoformat()
    if request.session.get("day") != today:
        request.session["day"] = today
