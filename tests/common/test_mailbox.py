"""The demo's mailbox shows what was mailed, and exists in the demo alone."""

from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives, get_connection
from django.test import Client

pytestmark = pytest.mark.django_db
BACKEND = "django.core.mail.backends.filebased.EmailBackend"


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.DEMO = True
    settings.MAIL_DIR = str(tmp_path)
    return tmp_path


def send(folder: Path, subject: str, body: str, date: str = "") -> None:
    headers = {"Date": date} if date else {}
    mail = EmailMultiAlternatives(
        subject, body, to=["ana@acme.example"], headers=headers
    )
    mail.attach_alternative("<b>html</b>", "text/html")
    get_connection(BACKEND, file_path=str(folder)).send_messages([mail])


def test_mails_are_shown_newest_first_with_links_to_click(
    client: Client, folder: Path
) -> None:
    send(folder, "Ældst", "one", "Tue, 01 Sep 2026 12:00:00 +0000")
    send(folder, "Newest 🎈", "go: http://localhost:8000/accounts/magic/abc_-/\n")

    page = client.get("/dev/mail/")
    text = page.content.decode()

    assert [mail.subject for mail in page.context["mails"]] == ["Newest 🎈", "Ældst"]
    assert 'href="http://localhost:8000/accounts/magic/abc_-/"' in text
    assert page.context["mails"][0].to == "ana@acme.example"


def test_a_mail_cannot_write_into_the_page(client: Client, folder: Path) -> None:
    send(folder, "<script>alert(1)</script>", "<img src=x> javascript:alert(1)")

    text = client.get("/dev/mail/").content.decode()

    assert "<script>alert" not in text
    assert "<img src=x>" not in text
    assert 'href="javascript' not in text


def test_a_mail_that_is_half_written_breaks_nothing(
    client: Client, folder: Path
) -> None:
    (folder / "20260901-120000-1.log").write_bytes(b"Subject: half\nDate: gar")
    (folder / "20260901-120001-1.log").write_bytes(b"")

    assert client.get("/dev/mail/").status_code == 200


def test_an_empty_mailbox_says_so(client: Client, folder: Path) -> None:
    assert "No mail yet" in client.get("/dev/mail/").content.decode()


@pytest.mark.parametrize(("demo", "mail_dir"), [(False, "mails"), (True, "")])
def test_outside_the_demo_there_is_no_mailbox(
    client: Client, settings: Any, demo: bool, mail_dir: str
) -> None:
    settings.DEMO, settings.MAIL_DIR = demo, mail_dir

    assert client.get("/dev/mail/").status_code == 404
