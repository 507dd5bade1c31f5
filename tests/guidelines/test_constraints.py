"""What the database itself refuses of guidelines."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from guidelines.models import Acknowledgement, Guideline, GuidelineVersion, Rule
from tenants.models import Membership, Tenant
from tenants.scoping import acting_for

from .conftest import NOON, Write

pytestmark = pytest.mark.django_db


def twin_acknowledgement(tenant: Tenant, mine: Any, theirs: Any) -> None:
    for _ in range(2):
        Acknowledgement.objects.create(
            tenant=tenant, version=mine, membership=mine.published_by, at=NOON
        )


def second_draft(tenant: Tenant, mine: Any, theirs: Any) -> None:
    for number in (8, 9):
        GuidelineVersion.objects.create(
            tenant=tenant, guideline=mine.guideline, number=number
        )


def twin_rules(tenant: Tenant, mine: Any, theirs: Any) -> None:
    draft = GuidelineVersion.objects.create(
        tenant=tenant, guideline=mine.guideline, number=9
    )
    for text in ("One", "Another"):
        Rule.objects.create(tenant=tenant, version=draft, position=1, do=text)


BROKEN: dict[str, Callable[[Tenant, Any, Any], Any]] = {
    "guideline_title_unique": lambda tenant, mine, theirs: Guideline.objects.create(
        tenant=tenant, title="Conduct"
    ),
    "version_number_unique": lambda tenant, mine, theirs: (
        GuidelineVersion.objects.create(
            tenant=tenant, guideline=mine.guideline, number=1, published_at=NOON
        )
    ),
    "version_one_draft": second_draft,
    "rule_position_unique": twin_rules,
    "version_published_stands": (
        lambda tenant, mine, theirs: GuidelineVersion.objects.for_tenant(tenant).update(
            introduction="Other"
        )
    ),
    "rule_published_stands": (
        lambda tenant, mine, theirs: Rule.objects.for_tenant(tenant).update(do="Other")
    ),
    "acknowledgement_once": twin_acknowledgement,
    "guidelines_rule_version_id_same_tenant": (
        lambda tenant, mine, theirs: Rule.objects.create(
            tenant=tenant, version=theirs, position=9, do="Stolen"
        )
    ),
    "guidelines_acknowledgement_version_id_same_tenant": (
        lambda tenant, mine, theirs: Acknowledgement.objects.create(
            tenant=tenant, version=theirs, membership=mine.published_by, at=NOON
        )
    ),
}


@pytest.mark.parametrize("constraint", BROKEN)
def test_the_database_refuses(
    constraint: str, write: Write, cora: Membership, eve: Membership, acme: Tenant
) -> None:
    mine, theirs = write(cora), write(eve)

    with (
        acting_for(acme),
        pytest.raises(IntegrityError) as refused,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        BROKEN[constraint](acme, mine, theirs)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    assert refused.value.__cause__.diag.constraint_name == constraint


def test_no_rule_joins_what_was_published(
    write: Write, cora: Membership, acme: Tenant
) -> None:
    published = write(cora)

    with (
        acting_for(acme),
        pytest.raises(IntegrityError, match="never changes"),
        transaction.atomic(),
    ):
        Rule.objects.create(tenant=acme, version=published, position=9, do="Late")


def test_a_tenant_that_leaves_takes_its_guidelines_along(
    write: Write, cora: Membership, acme: Tenant
) -> None:
    published = write(cora)

    with acting_for(acme):
        published.guideline.delete()

        assert not Rule.objects.for_tenant(acme).exists()
