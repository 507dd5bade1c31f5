"""Rows of several tables reach the database in one message, or not at all."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from common.inserting import Written, inserted, send
from sharing.models import Draft, Share
from tenants.models import Membership, Team, Tenant
from tenants.scoping import acting_for
from tests.sharing.conftest import make_item

pytestmark = pytest.mark.django_db


def test_rows_of_two_tables_are_one_message(acme: Tenant, ana: Membership) -> None:
    item = make_item(acme)
    texts = {"": "50 % off; -- 'now'"}
    teams = [Team(tenant=acme, name=name) for name in ("Sales", "Supply")]
    draft = Draft(tenant=acme, membership=ana, item=item, texts=texts)

    with acting_for(acme), CaptureQueriesContext(connection) as queries:
        send(inserted(teams), inserted([draft]))

    with acting_for(acme):
        names = set(Team.objects.for_tenant(acme).values_list("name", flat=True))
        stored = Draft.objects.for_tenant(acme).get()
    assert len([one for one in queries if "INSERT" in one["sql"]]) == 1
    assert names == {"Sales", "Supply"}
    assert (stored.texts, stored.saved_at) == (texts, draft.saved_at)
    assert not any(row._state.adding for row in (*teams, draft))


def test_one_that_fails_writes_none(acme: Tenant) -> None:
    good = [Team(tenant=acme, name="Sales")]
    with (
        pytest.raises(IntegrityError),
        acting_for(acme),
        transaction.atomic(),
    ):
        send(
            inserted(good), Written("UPDATE tenants_team SET name = NULL RETURNING id")
        )

    with acting_for(acme):
        assert not Team.objects.for_tenant(acme).exists()


def test_what_is_there_already_is_passed_over_and_said(
    acme: Tenant, ana: Membership
) -> None:
    item = make_item(acme)

    def press(key: str) -> int:
        share = Share(tenant=acme, membership=ana, item=item, idempotency_key=key)
        return send(inserted([share], unless_there=True))

    with acting_for(acme):
        assert [press("one"), press("one"), press("two")] == [1, 0, 1]
        assert Share.objects.for_tenant(acme).count() == 2


def test_another_tenants_row_is_refused_by_the_database(
    acme: Tenant, globex: Tenant
) -> None:
    foreign: Any = [Team(tenant=globex, name="Sales")]
    with pytest.raises(Exception, match="row-level security"), acting_for(acme):
        send(inserted(foreign))
