"""Lists ask the database the same few questions however long they are."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from content_library.models import SuggestedText
from content_library.topics import find_or_make_topics, put_topics
from guidelines.services import RuleText, write_guideline
from sharing import services
from sharing.models import Account
from tenants.models import Membership, Tenant
from tenants.scoping import acting_for
from tests.api.conftest import Program
from tests.sharing.conftest import make_item

pytestmark = pytest.mark.django_db

BOUNDARIES = ("SAVEPOINT", "RELEASE", "ROLLBACK")  # in tests only: requests are nested


def fill(acme: Tenant, ana: Membership, cora: Membership, accounts: list[Any]) -> None:
    """Add three of everything."""
    for number in range(3):
        item = make_item(acme, title=f"Item {number}")
        with acting_for(acme):
            put_topics(item, find_or_make_topics(acme.pk, ["One", str(item.pk)]))
            SuggestedText.objects.create(tenant=acme, item=item, text="Look")
            now = timezone.now()
            services.share_item(
                by=ana,
                item=item,
                parts=[services.Part(account, "Look") for account in accounts],
                idempotency_key=str(item.pk),
                now=now,
            )
            version = write_guideline(
                by=cora, title=str(item.pk), introduction="", publish=True,
                rules=[RuleText("Do"), RuleText("Do more")], now=now,
            )  # fmt: skip
            version.acknowledgements.create(tenant=acme, membership=ana, at=now)


@pytest.mark.parametrize(
    "path",
    ["feed", "items", "topics", "accounts", "shares", "publications", "guidelines"],
)
def test_a_list_costs_at_most_eight_queries_at_any_length(
    ana_api: Program,
    ana: Membership,
    cora: Membership,
    acme: Tenant,
    linkedin: Account,
    x: Account,
    path: str,
) -> None:
    def ask() -> tuple[int, int]:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            body = ana_api.get(f"{path}/").json()
        queries = [q["sql"] for q in captured if not q["sql"].startswith(BOUNDARIES)]
        # Given back at the end of a nested block; a request's own block needs it not.
        asked = [sql for sql in queries if "set_config" not in sql]
        return body["count"], len(asked) + 2

    fill(acme, ana, cora, [linkedin, x])
    ana_api.get("me/")
    few, cost = ask()
    fill(acme, ana, cora, [linkedin, x])
    many, later = ask()

    assert path == "accounts" or many > few > 0
    assert cost == later <= 8
