"""What runs later for a person. Each task calls one function."""

from typing import Any

from celery import shared_task
from django.utils import timezone

from accounts import mailing
from accounts.models import MagicLink
from accounts.sessions import SessionStore

# Mail failures pass quickly or not at all: a few tries within the link's life.
FEW_TRIES: dict[str, Any] = {
    "autoretry_for": (OSError,),
    "retry_backoff": 5,
    "retry_backoff_max": 60,
    "max_retries": 4,
}


@shared_task(name="accounts.mail_magic_link", **FEW_TRIES)
def mail_magic_link(link_id: str, language: str = "") -> None:
    mailing.mail_magic_link(link_id, language=language, now=timezone.now())


@shared_task(name="accounts.mail_password_reset", **FEW_TRIES)
def mail_password_reset(user_id: str, language: str = "") -> None:
    mailing.mail_password_reset(user_id, language=language)


@shared_task(name="accounts.keep_house", expires=3600)
def keep_house(**_later: object) -> None:
    """Keep no session and no link beyond its life."""
    SessionStore.clear_expired()
    MagicLink.objects.filter(expires_at__lt=timezone.now()).delete()
