"""The link under each mail that stops these mails: it says who, and needs no sign-in."""

from django.core import signing
from django.urls import reverse

from accounts.models import User

SALT = "notifications.stop"


def address(user: User) -> str:
    """Return the path at which this person stops their mails."""
    return reverse("stop_notices", args=[signing.dumps(str(user.pk), salt=SALT)])


def whose(token: str) -> User | None:
    """Return the person whom a link speaks for."""
    try:
        pk = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    return User.objects.filter(pk=pk, is_active=True).first()


def stop(user: User) -> None:
    """Mail this person no notices any more; the profile turns them on again."""
    user.wants_notices = False
    user.save(update_fields=["wants_notices"])
