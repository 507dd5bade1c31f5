"""While the database is away, everybody is asked to come again."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from tenants.models import Membership
from tests.conftest import COMMITTED

pytestmark = COMMITTED


@pytest.fixture
def signed_in(ana: Membership) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(ana.user)
    return client


@pytest.fixture
def database_away(signed_in: Client) -> Iterator[None]:
    """Nobody listens where PostgreSQL is said to be."""
    connection.close()
    used = connection.settings_dict
    connection.settings_dict = used | {"HOST": "127.0.0.1", "PORT": "1"}
    yield
    connection.close()
    connection.settings_dict = used


def come_again(response: Any) -> bool:
    return response.status_code == 503 and int(response["Retry-After"]) > 0


def test_page_says_to_load_it_again(signed_in: Client, database_away: None) -> None:
    response = signed_in.get("/t/acme/")

    assert come_again(response)
    assert "<h1" in response.content.decode()


def test_program_reads_the_same_as_a_problem(database_away: None) -> None:
    client = Client(raise_request_exception=False)
    token = {"authorization": "Bearer adv_" + "x" * 43}

    response = client.get("/api/v1/me/", headers=token)

    assert come_again(response)
    assert response["Content-Type"] == "application/problem+json"
