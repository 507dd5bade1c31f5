"""The mails about sign-in. A link's secret is made on its way into the mail."""

from datetime import datetime

from allauth.account.app_settings import PASSWORD_RESET_TOKEN_GENERATOR
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.urls import reverse

from accounts.models import MagicLink, User
from common.mail import send_mail
from common.secret_links import digest, new_secret


def mail_magic_link(link_id: str, *, language: str = "", now: datetime) -> None:
    """Send the link, with a new secret; do nothing when nobody may use it any more.

    ``language`` is that of the page where it was asked for.
    """
    secret = new_secret()
    links = MagicLink.objects.filter(pk=link_id, used_at=None, expires_at__gt=now)
    if not links.update(token_hash=digest(secret)):
        return
    user = links.select_related("user").get().user
    url = settings.PUBLIC_URL + reverse("accounts:magic_confirm", args=[secret])
    send_mail(
        "magic_link",
        to=user.email,
        language=user.language or language or settings.LANGUAGE_CODE,
        context={"user": user, "url": url},
    )


def mail_password_reset(user_id: str, *, language: str = "") -> None:
    """Send a link that sets a new password; do nothing when it is nobody's id.

    ``language`` is that of the page where it was asked for.
    """
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        return
    key = PASSWORD_RESET_TOKEN_GENERATOR().make_token(user)
    where = {"uidb36": user_pk_to_url_str(user), "key": key}
    page = reverse("account_reset_password_from_key", kwargs=where)
    send_mail(
        "password_reset",
        to=user.email,
        language=user.language or language or settings.LANGUAGE_CODE,
        context={"user": user, "url": settings.PUBLIC_URL + page},
    )
