"""The web process: short links first, everything else is Django's."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "advocacy.settings")

django = get_wsgi_application()

from analytics import redirect  # noqa: E402  (needs the settings in place)


def application(
    environ: dict[str, Any], start_response: Callable[..., Any]
) -> Iterable[bytes]:
    """Answer one request."""
    if environ["PATH_INFO"].startswith(redirect.PREFIX):
        return redirect.answer(environ, start_response)
    redirect.wake()
    return django(environ, start_response)
