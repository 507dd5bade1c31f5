"""Fields of API bodies and filters: what comes from outside is taken strictly."""

import re
from datetime import UTC, datetime
from typing import Any, TypeVar

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.request import Request

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
# A "+" that was not escaped in an address arrives as a space.
LOST_PLUS = re.compile(r"(T\S+) (\d\d:?\d\d)\Z")

Row = TypeVar("Row")


class Id(serializers.UUIDField):
    """An id. The words do not repeat what was sent."""

    default_error_messages = {"invalid": _("This is not an id.")}

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Text(serializers.CharField):
    """A string; a number is not one."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Choice(serializers.ChoiceField):
    """One of a few words. The words do not repeat what was sent."""

    default_error_messages = {
        "invalid_choice": _("This is not one of the words that are known here.")
    }


class Moment(serializers.DateTimeField):
    """A moment in this century; without an offset it is in the tenant's time zone."""

    default_error_messages = {
        "invalid": _("Write a moment such as 2026-11-23T09:00:00+01:00."),
        "far": _("Choose a moment between the years 2000 and 2100."),
    }

    def to_internal_value(self, value: Any) -> datetime:
        if not isinstance(value, str):
            self.fail("invalid")
        moment = super().to_internal_value(LOST_PLUS.sub(r"\1+\2", value))
        if not EARLIEST <= moment <= LATEST:
            self.fail("far")
        return moment


class Filters(serializers.Serializer[Any]):
    """Base of the filters of a list; a wrong value is an error at its name."""

    @classmethod
    def read(cls, request: Request) -> dict[str, Any]:
        """Return the filters that were asked for."""
        asked = cls(data=request.query_params)
        asked.is_valid(raise_exception=True)
        return {name: value for name, value in asked.validated_data.items() if value}
