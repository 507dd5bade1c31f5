"""What a load balancer and a deployment ask."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client

from common.health import require_migrations


def test_the_process_says_that_it_lives_without_asking_anybody(client: Client) -> None:
    assert client.get("/livez").json() == {"alive": True}


@pytest.mark.django_db
def test_ready_names_each_thing_that_work_needs(client: Client) -> None:
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {
        "database": True,
        "fenced": True,
        "migrations": True,
        "token_key": True,
        "ready": True,
    }


@pytest.mark.django_db
def test_a_database_that_takes_nothing_is_not_ready(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["database"]) == (503, False)


@pytest.mark.django_db
def test_a_migration_that_is_missing_is_not_ready(client: Client) -> None:
    require_migrations.cache_clear()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'accounts'")

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["migrations"]) == (503, False)


@pytest.mark.django_db
@pytest.mark.parametrize("keys", ["", "1", "1:", "1:c2hvcnQ=", "1:no base64"])
def test_a_key_that_cannot_seal_is_not_ready(
    client: Client, settings: Any, keys: str
) -> None:
    settings.TOKEN_KEYS = keys

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["token_key"]) == (503, False)
