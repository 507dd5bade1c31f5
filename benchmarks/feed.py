"""The feed of a large organisation against an empty page of the same template."""

from collections.abc import Callable, Iterator
from statistics import median

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from benchmarks import world
from benchmarks.bars import Bar, interleaved, median_ratio
from tenants.models import Tenant

ITEMS = 2000
MEMBERS = 5000
ROUNDS = 40


def measure() -> Iterator[Bar]:
    """The feed with 2 000 live items and 5 000 members."""
    large, empty = world.make_tenant("large"), world.make_tenant("empty")
    world.make_items(large, ITEMS)
    world.make_members(large, MEMBERS, teams=40)
    world.make_members(empty, 1)
    full_page, empty_page = page(large, "sharing:feed"), page(empty, "sharing:feed")
    for _ in range(3):
        full_page()
        empty_page()
    ours, theirs = interleaved([full_page, empty_page], ROUNDS)
    note = f"{1000 * median(ours):.1f} ms / {1000 * median(theirs):.1f} ms"
    yield Bar("queries", len(queries(full_page)), "≤", 8)
    yield Bar("time / time of an empty page", median_ratio(ours, theirs), "≤", 3, note)


def page(tenant: Tenant, name: str, query: str = "") -> Callable[[], object]:
    """Return what asks for a page as the tenant's manager."""
    client = Client()
    client.force_login(manager_of(tenant))
    address = reverse(name, args=[tenant.slug]) + query

    def ask() -> object:
        answer = client.get(address)
        assert answer.status_code == 200, answer.status_code
        return answer

    return ask


def manager_of(tenant: Tenant) -> world.User:
    return world.User.objects.get(email=f"m0@{tenant.slug}.example")


def queries(ask: Callable[[], object]) -> list[str]:
    """Return the statements of one request; where transactions begin and end is none."""
    with CaptureQueriesContext(connection) as asked:
        ask()
    frame = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
    statements = [query["sql"] for query in asked]
    return [sql for sql in statements if not sql.startswith(frame)]
