"""Moments in the words of a person: "tomorrow 08:45"."""

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.text import capfirst
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


def when_about(at: datetime, now: datetime) -> str:
    """Say it where there is little room: what is far away has a day and no hour."""
    days = (timezone.localdate(at) - timezone.localdate(now)).days
    return when(at, now) if 0 <= days < NEXT_DAYS else month_day(at)


def day(at: datetime, now: datetime) -> str:
    """Say the day of a moment to come: "Tomorrow", "Monday", "30 November"."""
    local, today = timezone.localtime(at), timezone.localdate(now)
    days = (local.date() - today).days
    if days == 0:
        return _("Today")
    if days == 1:
        return _("Tomorrow")
    near = 0 < days < NEXT_DAYS
    return capfirst(date_format(local, "l")) if near else month_day(at)


def month_day(at: datetime) -> str:
    return date_format(timezone.localtime(at), "MONTH_DAY_FORMAT")


def hour(at: datetime) -> str:
    return time_format(timezone.localtime(at).time(), "TIME_FORMAT")


def which_day(at: datetime) -> str:
    """Say the day of a moment: "Tuesday 24 November"."""
    local = timezone.localtime(at)
    return _("%(day)s %(date)s") % {
        "day": date_format(local, "l"),
        "date": date_format(local, "MONTH_DAY_FORMAT"),
    }
