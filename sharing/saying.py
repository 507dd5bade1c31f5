"""Moments in the words of a person: "tomorrow 08:45"."""

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _

NEXT_DAYS = 7


def when(at: datetime, now: datetime) -> str:
    """Say a moment to come, or a recent one, in the active zone and language."""
    local, today = timezone.localtime(at), timezone.localdate(now)
    days = (local.date() - today).days
    words = {
        "time": time_format(local.time(), "TIME_FORMAT"),
        "day": date_format(local, "l"),
        "date": date_format(local, "MONTH_DAY_FORMAT"),
    }
    if days == -1:
        return _("yesterday %(time)s") % words
    if days == 0:
        return _("today %(time)s") % words
    if days == 1:
        return _("tomorrow %(time)s") % words
    if 1 < days < NEXT_DAYS:
        return _("%(day)s %(time)s") % words
    return _("%(day)s %(date)s, %(time)s") % words


def which_day(at: datetime) -> str:
    """Say the day of a moment: "Tuesday 24 November"."""
    local = timezone.localtime(at)
    return _("%(day)s %(date)s") % {
        "day": date_format(local, "l"),
        "date": date_format(local, "MONTH_DAY_FORMAT"),
    }
