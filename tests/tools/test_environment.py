import pytest

from tools import environment
from tools.roles import with_user
from tools.services import broker_url, given_addresses
from tools.terminal import Problem


def test_the_secrets_of_a_demo_are_private_and_stay(tmp_path):
    kept = tmp_path / "secrets.json"

    first, second = environment.kept_secrets(kept), environment.kept_secrets(kept)

    assert first == second
    assert kept.stat().st_mode & 0o777 == 0o600


def test_two_demos_share_no_secret(tmp_path):
    here = environment.kept_secrets(tmp_path / "here.json")
    there = environment.kept_secrets(tmp_path / "there.json")

    assert not set(here.values()) & set(there.values())


def test_a_demo_speaks_to_the_sandbox_alone(tmp_path):
    env = environment.for_demo(9000, 9010, tmp_path)

    assert env["PUBLIC_URL"] == "http://localhost:9000"
    addresses = {value for name, value in env.items() if name.endswith("_BASE_URL")}
    assert addresses == {"http://localhost:9010"}


def test_given_addresses_are_used_as_they_are():
    given = {
        "DATABASE_URL": "postgresql://app@db/x",
        "DATABASE_OWNER_URL": "postgresql://owner@db/x",
        "REDIS_URL": "redis://cache/1",
    }

    assert given_addresses(given) == given | {"CELERY_BROKER_URL": "redis://cache/1"}


def test_nothing_is_given_where_nothing_is_named():
    assert given_addresses({"PATH": "/bin"}) == {}


def test_a_database_that_does_not_let_us_in_is_one_sentence():
    with pytest.raises(Problem, match="DATABASE_URL does not let us in"):
        given_addresses({"DATABASE_URL": "postgresql://nobody@/x?host=/nowhere"})


def test_celery_gets_its_own_spelling_of_a_socket():
    assert broker_url("unix:///run/valkey.sock") == "redis+socket:///run/valkey.sock"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://root:x@db:5432/a", "postgresql://app:p%2Fw@db:5432/a"),
        (
            "postgresql://db/a?sslmode=require",
            "postgresql://app:p%2Fw@db/a?sslmode=require",
        ),
        ("postgresql://root@/a?host=/run", "postgresql://app:p%2Fw@/a?host=/run"),
    ],
)
def test_only_the_role_of_an_address_is_exchanged(url, expected):
    assert with_user(url, "app", "p/w") == expected
