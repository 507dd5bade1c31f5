"""The web process: short links first, everything else is Django's."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "advocacy.settings")

django = get_wsgi_application()

from analytics import redirect  # noqa: E402  (needs the settings in place)
from common.charset import forget_charset  # noqa: E402


def application(
    environ: dict[str, Any], start_response: Callable[..., Any]
) -> Iterable[bytes]:
    """Answer one request."""
    redirect.wake()
    if environ["PATH_INFO"].startswith(redirect.PREFIX):
        return redirect.answer(environ, start_response)
    forget_charset(environ)
    return django(environ, start_response)
