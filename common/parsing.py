"""The body of an API request. Apart from ``api.py``: settings name it."""

import json
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser


class TooLarge(APIException):
    status_code = 413
    default_code = "too_large"
    default_detail = gettext_lazy("The body may be 2 MB at most.")


class JSONBody(BaseParser):
    """JSON in UTF-8 (RFC 8259), of bounded size; whatever else is a 400, never a crash."""

    media_type = "application/json"

    def parse(
        self, stream: Any, media_type: Any = None, parser_context: Any = None
    ) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise TooLarge
        try:
            return json.loads(raw.decode(), parse_constant=refuse)
        except RecursionError:
            raise ParseError(_("The body is nested too deeply.")) from None
        except ValueError as error:
            sentence = _("The body is not JSON in UTF-8: %(error)s") % {"error": error}
            raise ParseError(sentence) from None


def refuse(name: str) -> Any:
    """Refuse ``NaN`` and ``Infinity``, which are Python's and not JSON's."""
    raise ValueError(name)
