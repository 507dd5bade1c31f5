"""Sign-in by e-mail link: asked for, opened, used once within fifteen minutes."""

from datetime import datetime, timedelta
from functools import partial

from django.db import transaction

from accounts import tasks
from accounts.models import MagicLink, User
from common.ids import uuid7
from common.secret_links import digest, new_secret

LIFE = timedelta(minutes=15)


class LinkClosed(Exception):
    """Unknown, used or too old."""


@transaction.atomic
def request_link(*, email: str, next_path: str, language: str, now: datetime) -> None:
    """Have a link mailed, if the address is somebody's; in that language, unless they chose.

    A stranger's address rings for a row that is not there: who asks cannot tell.
    """
    link_id = uuid7()
    user = User.objects.filter(email__iexact=email.strip(), is_active=True).first()
    if user is not None:
        MagicLink.objects.filter(user=user, expires_at__lt=now).delete()
        MagicLink.objects.create(
            pk=link_id,
            user=user,
            token_hash=digest(new_secret()),
            next_path=next_path if len(next_path) <= 500 else "",
            expires_at=now + LIFE,
        )
    transaction.on_commit(
        partial(tasks.mail_magic_link.delay, str(link_id), language), robust=True
    )


def find_link(secret: str, now: datetime) -> MagicLink:
    """Return the open link without using it, or raise ``LinkClosed``."""
    links = MagicLink.objects.select_related("user")
    link = links.filter(
        token_hash=digest(secret),
        used_at=None,
        expires_at__gt=now,
        user__is_active=True,
    ).first()
    if link is None:
        raise LinkClosed
    return link


def use_link(secret: str, now: datetime) -> MagicLink:
    """Return the link and close it; of two who press at once, one is too late."""
    link = find_link(secret, now)
    mine = MagicLink.objects.filter(pk=link.pk, used_at=None).update(used_at=now)
    if not mine:
        raise LinkClosed
    return link
