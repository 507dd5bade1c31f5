"""The world of the tests: two tenants, each with its cast of people."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connections
from django.test.utils import setup_databases, teardown_databases

from accounts.models import User
from analytics import recording
from common.caching import ForgivingCache
from sharing import circuit, ending, renewing, setups, tokens
from sharing.publishing.seats import seats
from sharing.turns import turns
from tenants.models import Membership, Role, Team, Tenant
from tenants.scoping import acting_for
from tests import canaries

PASSWORD = "correct horse battery"

# For tests that need real commits: the owner's role empties the tables afterwards.
# Naming the apps lets it cascade to tables that Django does not manage.
COMMITTED = pytest.mark.django_db(
    transaction=True,
    databases=["default", "owner"],
    available_apps=settings.INSTALLED_APPS,
)


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any) -> Iterator[None]:
    """Migrate as the owner; the tests speak to the same database as the application's role."""
    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False, serialized_aliases=[])
        empty_clicks_too()
        yield
        connections["default"].close()  # a mirror is not closed by itself
        teardown_databases(made, verbosity=0)


def empty_clicks_too() -> None:
    """Django empties the tables it manages; the click table refers to one of them."""
    operations = connections["owner"].ops
    flush = operations.sql_flush

    def cascade(*args: Any, **options: Any) -> list[str]:
        return flush(*args, **options | {"allow_cascade": True})

    operations.sql_flush = cascade  # type: ignore[method-assign]


def pytest_configure() -> None:
    canaries.watch()


@pytest.fixture(autouse=True)
def _no_token_gets_out() -> Any:
    """Checked after every single test."""
    logging.getLogger().addHandler(canaries.LOG)  # once, however often it is said
    canaries.leaks.clear()
    yield
    assert canaries.leaks == []


@pytest.fixture(autouse=True)
def _empty_cache() -> Any:
    yield
    cache.clear()


PROCESS_MEMORY = (
    circuit.memory, seats, setups.memory, turns, tokens.broom, renewing.look, ending.look,
)  # fmt: skip


@pytest.fixture(autouse=True)
def _new_process() -> None:
    """What a process remembers of one test is nothing to another."""
    for memory in PROCESS_MEMORY:
        memory.forget()


@pytest.fixture(autouse=True)
def _own_spool(settings: Any, tmp_path: Path) -> Iterator[None]:
    """A click on a short link reaches no other test."""
    settings.SPOOL_DIR = tmp_path / "spool"
    yield
    recording.stop()


@pytest.fixture
def redis_away(settings: Any) -> Iterator[None]:
    """Nobody listens where Redis is said to be."""
    nowhere = {"LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {
        name: options | nowhere for name, options in settings.CACHES.items()
    }
    yield
    cache.clear()  # what the process remembered instead
    ForgivingCache.silent_until.clear()


@pytest.fixture
def acme(db: None) -> Tenant:
    return Tenant.objects.create(slug="acme", name="Acme", language="en")


@pytest.fixture
def globex(db: None) -> Tenant:
    return Tenant.objects.create(slug="globex", name="Globex", language="da")


Join = Callable[..., Membership]


@pytest.fixture
def join(acme: Tenant, globex: Tenant) -> Join:
    """Return a function that makes a member: ``join("ana", acme, Role.CURATOR)``."""

    def join(
        name: str, tenant: Tenant, *roles: str, team: Team | None = None
    ) -> Membership:
        email = f"{name}@{tenant.slug}.example"
        user = User.objects.filter(email=email).first() or User.objects.create_user(
            email, name=name.title()
        )
        with acting_for(tenant):
            return Membership.objects.create(
                tenant=tenant,
                user=user,
                roles=list(roles) or [Role.EMPLOYEE],
                team=team,
            )

    return join


@pytest.fixture
def ana(join: Join, acme: Tenant) -> Membership:
    """An employee of Acme."""
    return join("ana", acme)


@pytest.fixture
def cora(join: Join, acme: Tenant) -> Membership:
    """A curator of Acme."""
    return join("cora", acme, Role.CURATOR)


@pytest.fixture
def mo(join: Join, acme: Tenant) -> Membership:
    """A manager of Acme."""
    return join("mo", acme, Role.MANAGER)


@pytest.fixture
def ada(join: Join, acme: Tenant) -> Membership:
    """An admin of Acme."""
    return join("ada", acme, Role.ADMIN)


@pytest.fixture
def eve(join: Join, globex: Tenant) -> Membership:
    """Everything at Globex, nothing at Acme."""
    return join("eve", globex, Role.ADMIN)
