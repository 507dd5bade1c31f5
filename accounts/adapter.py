"""How allauth behaves here: nobody signs up, people are invited."""

import logging
from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import gettext_lazy as _

logger = logging.getLogger(__name__)


class ByInvitationAdapter(DefaultAccountAdapter):
    error_messages: ClassVar[dict[str, Any]] = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("That e-mail address and password do not match."),
        "too_many_login_attempts": _("Too many attempts. Wait a few minutes."),
        "rate_limited": _("Too many attempts. Wait a few minutes."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def format_email_subject(self, subject: str) -> str:
        return subject  # no "[host]" in front

    def send_mail(
        self, template_prefix: str, email: str, context: dict[str, Any]
    ) -> None:
        """Send within the request, as the secret is in it; a failure is the operator's to see.

        The page's answer stays the same: it must not tell whether an address is known.
        """
        chosen = getattr(context.get("user"), "language", "")
        language = chosen or translation.get_language()
        try:
            with translation.override(language):
                context = context | {"language": language}
                super().send_mail(template_prefix, email, context)
        except OSError:
            logger.exception("mail %s was not sent", template_prefix)
