"""How allauth behaves here: nobody signs up, people are invited."""

import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

logger = logging.getLogger(__name__)


class ByInvitationAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_mail(
        self, template_prefix: str, email: str, context: dict[str, Any]
    ) -> None:
        """Send within the request, as the secret is in it; a failure is the operator's to see.

        The page's answer stays the same: it must not tell whether an address is known.
        """
        try:
            super().send_mail(template_prefix, email, context)
        except OSError:
            logger.exception("mail %s was not sent", template_prefix)
