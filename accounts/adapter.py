"""How allauth behaves here: nobody signs up, people are invited."""

from functools import partial
from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from django.db import transaction
from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts import tasks
from common.ids import uuid7


class ByInvitationAdapter(DefaultAccountAdapter):
    error_messages: ClassVar[dict[str, Any]] = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("That e-mail address and password do not match."),
        "too_many_login_attempts": _("Too many attempts. Wait a few minutes."),
        "rate_limited": _("Too many attempts. Wait a few minutes."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_mail(
        self, template_prefix: str, email: str, context: dict[str, Any]
    ) -> None:
        """Have the worker mail a link for a new password: the only mail asked for here.

        A stranger's address rings for a person who is not there. Neither the answer nor
        the time it takes tells who is known.
        """
        user_id = context["user"].pk if "user" in context else uuid7()
        ring = partial(
            tasks.mail_password_reset.delay, str(user_id), translation.get_language()
        )
        transaction.on_commit(ring, robust=True)
