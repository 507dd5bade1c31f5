"""Limits on guessing count visitors, also behind the proxy."""

import runpy
from typing import Any

import pytest
from django.test import Client

from tenants.models import Membership
from tests.conftest import PASSWORD
from tools.terminal import ROOT

LOGIN = "/accounts/login/"


def behind_the_proxy(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set what the settings make of BEHIND_TLS_PROXY=1."""
    monkeypatch.setenv("BEHIND_TLS_PROXY", "1")
    made = runpy.run_path(str(ROOT / "advocacy/settings.py"))
    settings.BEHIND_TLS_PROXY = True
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = made.get("ALLAUTH_TRUSTED_PROXY_COUNT", 0)


def guess(client: Client, number: int) -> int:
    """Try a wrong password for somebody else each time; the visitor forges an address."""
    return client.post(
        LOGIN,
        {"login": f"nobody{number}@acme.example", "password": "wrong words"},
        headers={"X-Forwarded-For": f"198.51.100.{number}, 203.0.113.66"},
    ).status_code


def test_one_visitor_who_guesses_locks_nobody_else_out(
    ana: Membership, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    behind_the_proxy(settings, monkeypatch)
    ana.user.set_password(PASSWORD)
    ana.user.save()
    for number in range(40):
        guess(Client(), number)

    answer = Client().post(
        LOGIN,
        {"login": ana.user.email, "password": PASSWORD},
        headers={"X-Forwarded-For": "192.0.2.7"},
    )

    assert answer.status_code == 302


def test_a_forged_address_does_not_get_around_the_limit(
    db: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    behind_the_proxy(settings, monkeypatch)

    answers = {guess(Client(), number) for number in range(40)}

    assert 429 in answers
