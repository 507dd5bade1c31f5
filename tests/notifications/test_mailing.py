"""What a member did not see is mailed: soon, calmly, in one mail, never twice."""

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from notifications import mailing
from notifications.models import Notice
from notifications.notifying import see
from tenants.models import Membership, Tenant
from tenants.scoping import acting_for
from tests.conftest import COMMITTED
from tests.notifications.conftest import let_pass, notices, tell

pytestmark = pytest.mark.django_db
Mails = list[Any]


def test_fresh_notice_is_not_mailed_yet(ana: Membership, mailoutbox: Mails) -> None:
    tell(ana)

    assert mailing.mail_unseen() == 0
    assert mailoutbox == []


def test_several_notices_make_one_mail(waiting: Membership, mailoutbox: Mails) -> None:
    tell(waiting, "A second one.", page="sharing:accounts")

    assert mailing.mail_unseen() == 1

    (mail,) = mailoutbox
    assert mail.to == ["ana@acme.example"]
    for body in (mail.body, mail.alternatives[0][0]):
        assert "It was stopped." in body
        assert "A second one." in body
        assert f"/notices/{notices(waiting.tenant)[1].pk}/" in body


def test_next_sweep_mails_nothing_again(waiting: Membership, mailoutbox: Mails) -> None:
    assert [mailing.mail_unseen() for _ in range(3)] == [1, 0, 0]


def test_seen_notice_is_not_mailed(waiting: Membership, mailoutbox: Mails) -> None:
    with acting_for(waiting.tenant):
        see(tenant_id=waiting.tenant_id, member=waiting.pk)

    assert mailing.mail_unseen() == 0


def test_a_person_gets_one_mail_an_hour(waiting: Membership, mailoutbox: Mails) -> None:
    mailing.mail_unseen()
    tell(waiting, "Another.")
    let_pass(waiting, minutes=30)

    assert mailing.mail_unseen() == 0

    let_pass(waiting, minutes=31)
    assert mailing.mail_unseen() == 1
    assert "It was stopped." not in mailoutbox[1].body


def test_yesterdays_news_are_not_mailed(ana: Membership, mailoutbox: Mails) -> None:
    tell(ana)
    let_pass(ana, hours=25)

    assert mailing.mail_unseen() == 0


def test_the_mail_speaks_the_persons_language(
    waiting: Membership, mailoutbox: Mails
) -> None:
    waiting.user.language = "da"
    waiting.user.save()

    mailing.mail_unseen()

    assert "Hej Ana" in mailoutbox[0].body
    assert 'lang="da"' in mailoutbox[0].alternatives[0][0]


def test_subject_says_when_something_waits(
    waiting: Membership, mailoutbox: Mails
) -> None:
    tell(waiting, "Look.", kind=Notice.Kind.TO_DO)

    mailing.mail_unseen()

    assert mailoutbox[0].subject == "Acme: one of your shares needs you"


@pytest.mark.parametrize("change", ["left", "closed", "not wanted", "no sign-in"])
def test_who_left_or_wants_none_gets_no_mail(
    waiting: Membership, mailoutbox: Mails, change: str
) -> None:
    user, tenant = waiting.user, waiting.tenant
    user.wants_notices = change != "not wanted"
    user.is_active = change != "no sign-in"
    user.save()
    tenant.is_active = change != "closed"
    tenant.save()
    with acting_for(tenant):
        waiting.deactivated_at = timezone.now() if change == "left" else None
        waiting.save()

    assert mailing.mail_unseen() == 0
    assert mailoutbox == []


def test_each_tenant_mails_its_own(
    waiting: Membership, eve: Membership, mailoutbox: Mails
) -> None:
    tell(eve, "Only for Globex.")
    let_pass(eve, minutes=3)

    assert mailing.mail_unseen() == 2

    bodies = {mail.to[0]: mail.body for mail in mailoutbox}
    assert "Only for Globex." in bodies["eve@globex.example"]
    assert "Only for Globex." not in bodies["ana@acme.example"]


# -- Stop these mails ---------------------------------------------------------------------


def stop_path(mailoutbox: Mails) -> str:
    link = mailoutbox[0].extra_headers["List-Unsubscribe"].strip("<>")
    return "/" + link.split("/", 3)[3]


def test_mail_program_stops_the_mails_with_one_press(
    waiting: Membership, mailoutbox: Mails
) -> None:
    mailing.mail_unseen()
    stranger = Client(enforce_csrf_checks=True)

    answer = stranger.post(
        stop_path(mailoutbox), {"List-Unsubscribe": "One-Click"}, secure=False
    )

    assert answer.status_code == 200
    assert mailoutbox[0].extra_headers["List-Unsubscribe-Post"] == (
        "List-Unsubscribe=One-Click"
    )
    waiting.user.refresh_from_db()
    assert not waiting.user.wants_notices


def test_opening_the_link_stops_nothing(
    waiting: Membership, mailoutbox: Mails, client: Client
) -> None:
    mailing.mail_unseen()

    assert b"Stop these mails" in client.get(stop_path(mailoutbox)).content
    waiting.user.refresh_from_db()
    assert waiting.user.wants_notices


def test_invented_link_stops_nobody(waiting: Membership, client: Client) -> None:
    assert client.post("/mails/stop/invented/").status_code == 404


# -- Accidents ------------------------------------------------------------------------------


class MailServer:
    """Answers RCPT as it is told, or hangs up after it has the whole mail."""

    def __init__(self, rcpt: bytes, *, hangs_up: bool = False) -> None:
        self.rcpt, self.hangs_up, self.taken = rcpt, hangs_up, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        while True:
            try:
                caller, _ = self.listener.accept()
            except OSError:
                return
            with caller, caller.makefile("rb") as lines:
                self.talk(caller, lines)

    def talk(self, caller: socket.socket, lines: Any) -> None:
        caller.sendall(b"220 here\r\n")
        in_mail = False
        for line in lines:
            if in_mail:
                if line != b".\r\n":
                    continue
                in_mail, self.taken = False, self.taken + 1
                if self.hangs_up:
                    return
            elif line.upper().startswith(b"RCPT"):
                caller.sendall(self.rcpt)
                continue
            elif line.upper().startswith(b"DATA"):
                in_mail = True
                caller.sendall(b"354 go on\r\n")
                continue
            elif line.upper().startswith(b"QUIT"):
                caller.sendall(b"221 bye\r\n")
                return
            caller.sendall(b"250 fine\r\n")


@pytest.fixture
def mail_server(settings: Any) -> Iterator[Callable[..., MailServer]]:
    started: list[MailServer] = []

    def start(rcpt: bytes = b"250 fine\r\n", *, hangs_up: bool = False) -> MailServer:
        started.append(MailServer(rcpt, hangs_up=hangs_up))
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", started[-1].port
        return started[-1]

    yield start
    for server in started:
        server.listener.close()


def test_mail_server_away_means_later(
    waiting: Membership, mail_server: Callable[..., MailServer], settings: Any
) -> None:
    server = mail_server()
    settings.EMAIL_PORT = 1
    assert mailing.mail_unseen() == 0

    settings.EMAIL_PORT = server.port
    assert mailing.mail_unseen() == 1
    assert server.taken == 1


def test_mail_server_that_asks_to_wait_gets_it_later(
    waiting: Membership, mail_server: Callable[..., MailServer]
) -> None:
    server = mail_server(b"451 come back\r\n")
    assert mailing.mail_unseen() == 0

    server.rcpt = b"250 fine\r\n"
    assert mailing.mail_unseen() == 1


def test_address_that_is_refused_is_not_tried_again(
    waiting: Membership, mail_server: Callable[..., MailServer]
) -> None:
    server = mail_server(b"550 nobody here\r\n")
    mailing.mail_unseen()

    server.rcpt = b"250 fine\r\n"
    assert mailing.mail_unseen() == 0


def test_mail_of_unknown_fate_is_not_sent_twice(
    waiting: Membership, mail_server: Callable[..., MailServer]
) -> None:
    server = mail_server(hangs_up=True)

    for _ in range(2):
        mailing.mail_unseen()

    assert server.taken == 1
    assert notices(waiting.tenant)[0].seen_at is None


@COMMITTED
def test_two_sweeps_at_once_send_one_mail(
    waiting: Membership, acme: Tenant, mailoutbox: Mails
) -> None:
    def sweep(_number: int) -> int:
        try:
            return mailing.mail_unseen()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as sweeps:
        assert sum(sweeps.map(sweep, range(4))) == 1

    assert len(mailoutbox) == 1
