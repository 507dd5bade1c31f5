"""People sign in while Redis is away, and nobody guesses at any speed."""

import logging
import socket
import time
from typing import Any

import pytest
from django.core.cache import cache, caches
from django.test import Client

from common.caching import ForgivingCache
from tenants.models import Membership
from tests.conftest import PASSWORD

LOGIN = "/accounts/login/"


def sign_in(client: Client, email: str, password: str) -> int:
    return client.post(LOGIN, {"login": email, "password": password}).status_code


@pytest.fixture
def with_password(ana: Membership) -> Membership:
    ana.user.set_password(PASSWORD)
    ana.user.save()
    return ana


def test_people_sign_in_and_out_and_see_their_pages(
    with_password: Membership, client: Client, redis_away: None
) -> None:
    assert sign_in(client, with_password.user.email, PASSWORD) == 302
    assert client.get("/t/acme/").status_code == 200
    assert client.post("/accounts/logout/").status_code == 302


@pytest.mark.parametrize(
    "path", [LOGIN, "/accounts/magic/", "/accounts/password/reset/"]
)
def test_pages_around_signing_in_open(
    db: None, client: Client, redis_away: None, path: str
) -> None:
    assert client.get(path).status_code == 200


def test_guessing_is_limited_by_the_process_itself(
    with_password: Membership, redis_away: None
) -> None:
    email = with_password.user.email

    answers = [sign_in(Client(), email, "wrong words") for _ in range(12)]

    assert answers[0] == 200
    assert sign_in(Client(), email, PASSWORD) != 302


def test_links_by_mail_are_limited_as_well(
    ana: Membership, client: Client, redis_away: None
) -> None:
    asked = [
        client.post("/accounts/magic/", {"email": ana.user.email}).status_code
        for _ in range(6)
    ]

    assert asked == [200] * 5 + [429]


def test_outage_is_logged_once(
    db: None, redis_away: None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "common.caching")

    for number in range(5):
        cache.set(f"key-{number}", number)

    assert len(caplog.records) == 1
    assert [cache.get(f"key-{number}") for number in range(5)] == list(range(5))


def test_silent_server_is_waited_for_once(
    db: None, settings: Any, redis_away: None
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as takes_calls_and_says_nothing:
        port = takes_calls_and_says_nothing.getsockname()[1]
        settings.CACHES = settings.CACHES | {
            "default": settings.CACHES["default"]
            | {"LOCATION": f"redis://127.0.0.1:{port}/0"}
        }
        began = time.monotonic()
        for number in range(20):
            cache.get(f"key-{number}")

        assert time.monotonic() - began < 3


def test_cache_is_redis_again_once_it_is_back(db: None, settings: Any) -> None:
    there = settings.CACHES["default"]["LOCATION"]
    ForgivingCache.silent_until[there] = time.monotonic() - 1

    cache.set("key", "value")

    assert caches["bells"].get("key") == "value"
    assert there not in ForgivingCache.silent_until
