"""Send one mail: subject, text and HTML from ``templates/mails/<name>/``."""

from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation


def send_mail(name: str, *, to: str, language: str, context: dict[str, Any]) -> None:
    """Write the mail in that language and hand it over; a failure is raised."""
    with translation.override(language):
        context = context | {"language": language}
        subject = render_to_string(f"mails/{name}/subject.txt", context)
        mail = EmailMultiAlternatives(
            subject=" ".join(subject.split()),
            body=render_to_string(f"mails/{name}/body.txt", context).strip() + "\n",
            to=[to],
        )
        html = render_to_string(f"mails/{name}/body.html", context)
        mail.attach_alternative(html, "text/html")
        mail.send()
