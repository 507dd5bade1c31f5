"""No log tells what lets somebody in, or who read a link."""

import logging
import re
from datetime import timedelta
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from gunicorn.config import Config

from advocacy.access_log import AccessLog
from common.secret_links import digest, new_secret
from tenants.models import Invitation, Membership
from tenants.scoping import acting_for
from tools.terminal import ROOT

SECRET = new_secret()


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> StringIO:
    """What the product's own handler writes."""
    stream = StringIO()
    named = {handler.get_name(): handler for handler in logging.getLogger().handlers}
    monkeypatch.setattr(named["console"], "stream", stream)
    return stream


def invite(ada: Membership) -> str:
    now = timezone.now()
    with acting_for(ada.tenant_id):
        Invitation.objects.create(
            tenant_id=ada.tenant_id,
            email="new@acme.example",
            roles=["employee"],
            token_hash=digest(SECRET),
            invited_at=now,
            expires_at=now + timedelta(days=7),
        )
    return reverse("invitation", args=[SECRET])


def test_a_refused_answer_to_an_invitation_is_logged_without_its_secret(
    client: Client, ada: Membership, log: StringIO
) -> None:
    link = invite(ada)

    assert client.post(link, {"name": ""}).status_code == 422

    assert "/invitations/[hidden]/" in log.getvalue()
    assert SECRET not in log.getvalue()


@pytest.mark.parametrize("name", ["invitation", "accounts:magic_confirm"])
def test_a_forged_press_is_logged_without_the_links_secret(
    db: None, name: str, log: StringIO
) -> None:
    link = reverse(name, args=[SECRET])

    assert Client(enforce_csrf_checks=True).post(link).status_code == 403

    assert "[hidden]" in log.getvalue()
    assert SECRET not in log.getvalue()


# -- gunicorn's log of requests ---------------------------------------------------------


def line(path: str, **headers: str) -> str:
    """Return what gunicorn writes about one request."""
    config = Config()
    config.set("accesslog", "-")
    logger, stream = AccessLog(config), StringIO()
    for handler in logger.access_log.handlers:
        handler.stream = stream
    path_only, _, query = path.partition("?")
    environ = {
        "REQUEST_METHOD": "GET",
        "RAW_URI": path,
        "PATH_INFO": path_only,
        "QUERY_STRING": query,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "203.0.113.9",
        **headers,
    }
    answer = SimpleNamespace(status="200 OK", sent=5, headers=[])
    request = SimpleNamespace(headers=[])
    logger.access(answer, request, environ, timedelta(seconds=1))
    return stream.getvalue()


@pytest.mark.parametrize(
    "path",
    [
        "/invitations/{}/",
        "/accounts/magic/{}/",
        "/accounts/password/reset/key/1-{}/",
        "/connect/x/callback/?state=s&code={}",
    ],
)
def test_the_log_of_requests_names_the_page_and_no_secret(path: str) -> None:
    path = path.format(SECRET)
    came_from = line("/", HTTP_REFERER=f"https://advocacy.example{path}")

    assert "[hidden]" in line(path)
    assert SECRET not in line(path) + came_from


def test_the_log_of_requests_does_not_say_who_read_a_link() -> None:
    written = line("/l/abcdefghij")

    assert "/l/abcdefghij" in written
    assert "203.0.113.9" not in written


@pytest.mark.parametrize("file", ["Dockerfile", "tools/demo.py"])
def test_the_web_server_is_started_with_this_log(file: str) -> None:
    words = re.sub(r'[",\s\\]+', " ", (ROOT / file).read_text())

    assert "--logger-class advocacy.access_log.AccessLog" in words


def test_every_other_line_stays_as_it_was(log: StringIO) -> None:
    arguments: Any = ("/t/acme/", 3)
    logging.getLogger("tests").warning("%s took %d ms", *arguments)

    assert "/t/acme/ took 3 ms" in log.getvalue()
