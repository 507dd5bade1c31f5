"""The demo's mailbox: what was mailed, from the files in ``MAIL_DIR``. Never in production."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

NEWEST = 100
EPOCH = datetime.fromtimestamp(0, UTC)
# The file backend writes mails one after the other, each followed by such a line.
RULE = b"\n" + b"-" * 79 + b"\n"


@dataclass(frozen=True)
class Mail:
    to: str
    subject: str
    text: str
    at: datetime | None


@never_cache
@require_safe
def mailbox(request: HttpRequest) -> HttpResponse:
    """Show the newest mails, their links to click."""
    if not settings.DEMO or not settings.MAIL_DIR:
        raise Http404
    return render(
        request, "common/mailbox.html", {"mails": read(Path(settings.MAIL_DIR))}
    )


def read(folder: Path) -> list[Mail]:
    """Return the newest mails first; a file still being written may miss its end."""
    files = sorted(folder.glob("*.log"), reverse=True)[:NEWEST]
    mails = [mail for file in files for mail in reversed(parse(file.read_bytes()))]
    mails.sort(key=lambda mail: mail.at or EPOCH, reverse=True)
    return mails[:NEWEST]


def parse(content: bytes) -> list[Mail]:
    messages = (
        message_from_bytes(part, policy=policy.default)
        for part in content.split(RULE)
        if part.strip()
    )
    return [to_mail(message) for message in messages]


def to_mail(message: EmailMessage) -> Mail:
    body = message.get_body(("plain",))
    return Mail(
        to=str(message["To"] or ""),
        subject=str(message["Subject"] or ""),
        text=body.get_content() if body else "",
        at=sent_at(str(message["Date"] or "")),
    )


def sent_at(date: str) -> datetime | None:
    """Return the moment; mail that says "-0000" means UTC."""
    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
