"""A new password by e-mail: nobody learns from it who is known here."""

from typing import Any

import pytest
from django.test import Client

from accounts import mailing
from common.ids import uuid7
from tenants.models import Membership

pytestmark = pytest.mark.django_db
ASK = "/accounts/password/reset/"


def test_the_mail_is_sent_by_the_worker_and_its_link_sets_a_password(
    client: Client, ana: Membership, mailoutbox: list[Any]
) -> None:
    mailing.mail_password_reset(str(ana.user_id), language="da")

    (mail,) = mailoutbox
    link = mail.body.split("http://localhost", 1)[1].split()[0].partition("/")[2]
    page = client.get(f"/{link}", follow=True)
    words = "an entirely new phrase"
    client.post(page.request["PATH_INFO"], {"password1": words, "password2": words})
    ana.user.refresh_from_db()
    assert ana.user.check_password(words)
    assert mail.to == [ana.user.email]


def test_the_answer_takes_the_same_steps_for_a_strangers_address(
    client: Client,
    ana: Membership,
    mailoutbox: list[Any],
    django_capture_on_commit_callbacks: Any,
) -> None:
    rung = []
    for email in (ana.user.email, "nobody@acme.example"):
        with django_capture_on_commit_callbacks() as bells:
            answer = client.post(ASK, {"email": email})
        assert answer["Location"] == "/accounts/password/reset/done/"
        rung.append(len(bells))

    assert mailoutbox == []  # a mail server's time would tell
    assert rung == [1, 1]


def test_nobody_is_mailed_for_a_ring_without_a_person(
    ana: Membership, mailoutbox: list[Any]
) -> None:
    ana.user.is_active = False
    ana.user.save()

    for user_id in (uuid7(), ana.user_id):
        mailing.mail_password_reset(str(user_id))

    assert mailoutbox == []
