"""Send one mail: subject, text and HTML from ``templates/mails/<name>/``."""

from collections.abc import Mapping
from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation


def send_mail(
    name: str,
    *,
    to: str,
    language: str,
    context: dict[str, Any],
    headers: Mapping[str, str] | None = None,
    connection: Any = None,
) -> None:
    """Write the mail in that language and hand it over; a failure is raised.

    ``connection`` is an open one to the mail server, for whoever sends several.
    """
    with translation.override(language):
        context = context | {"language": language}
        subject = render_to_string(f"mails/{name}/subject.txt", context)
        mail = EmailMultiAlternatives(
            subject=" ".join(subject.split()),
            body=render_to_string(f"mails/{name}/body.txt", context).strip() + "\n",
            to=[to],
            headers=dict(headers or {}),
            connection=connection,
        )
        html = render_to_string(f"mails/{name}/body.html", context)
        mail.attach_alternative(html, "text/html")
        mail.send()
