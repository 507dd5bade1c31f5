"""Pages of the REST API. Apart from ``api.py``: settings name it."""

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request


class Pages(PageNumberPagination):
    """``?page=2&page_size=20``; at most 200 rows a page."""

    page_size_query_param = "page_size"
    max_page_size = 200

    def get_page_size(self, request: Request) -> int:
        asked = request.query_params.get("page_size")
        if asked is None:
            return self.page_size or self.max_page_size
        if not (asked.isascii() and asked.isdecimal() and asked.strip("0")):
            raise ValidationError({"page_size": [_("Choose a number from 1 to 200.")]})
        return min(int(asked[:9]), self.max_page_size)
