"""Where to go next, when the browser says it."""

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def own_path(path: str) -> str:
    """Return the path if it stays on this site, else ``""``; a host is never allowed."""
    safe = path.startswith("/") and url_has_allowed_host_and_scheme(path, None)
    return path if safe else ""


def next_path(request: HttpRequest) -> str:
    """Return the safe ``next`` of a form or an address, else ``""``."""
    return own_path(request.POST.get("next") or request.GET.get("next") or "")
