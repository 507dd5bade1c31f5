"""Guidelines: which versions hold, and who has read them."""

from datetime import timedelta

import pytest

from guidelines import services
from guidelines.models import Acknowledgement, GuidelineVersion
from guidelines.services import RuleText
from tenants.models import AuditEntry, Membership, Tenant
from tenants.scoping import acting_for

from .conftest import NOON, Write

pytestmark = pytest.mark.django_db


def texts(version: GuidelineVersion) -> list[str]:
    return [rule.do for rule in version.rules.order_by("position")]


def test_the_newest_published_version_holds(
    write: Write, cora: Membership, acme: Tenant
) -> None:
    first = write(cora)
    write(cora, RuleText("New"), guideline=first.guideline)
    write(cora, RuleText("Draft"), guideline=first.guideline, publish=False)

    with acting_for(acme):
        versions = services.current_versions(acme)

        assert [(v.number, texts(v)) for v in versions] == [(2, ["New"])]


def test_a_draft_alone_holds_for_nobody(
    write: Write, cora: Membership, ana: Membership, acme: Tenant
) -> None:
    write(cora, publish=False)

    with acting_for(acme):
        assert services.current_versions(acme) == []
        assert services.unacknowledged(ana) == []


def test_guidelines_stand_in_the_tenants_order(
    write: Write, cora: Membership, acme: Tenant
) -> None:
    for title in ("Zebra", "Ape"):
        write(cora, title=title)

    with acting_for(acme):
        versions = services.current_versions(acme)

        assert [version.guideline.title for version in versions] == ["Zebra", "Ape"]


def test_another_tenants_guidelines_hold_only_there(
    write: Write, eve: Membership, ana: Membership, acme: Tenant
) -> None:
    write(eve)

    with acting_for(acme):
        assert services.current_versions(acme) == []
        assert services.unacknowledged(ana) == []


def test_reading_a_version_is_noted_once(
    write: Write, cora: Membership, ana: Membership, acme: Tenant
) -> None:
    version = write(cora)

    with acting_for(acme):
        assert services.unacknowledged(ana) == [version]
        for minutes in (0, 5):
            later = NOON + timedelta(minutes=minutes)
            services.acknowledge(by=ana, version=version, now=later)

        assert services.unacknowledged(ana) == []
        assert [a.at for a in Acknowledgement.objects.for_tenant(acme)] == [NOON]


def test_one_members_reading_is_not_anothers(
    write: Write, cora: Membership, ana: Membership, acme: Tenant
) -> None:
    version = write(cora)

    with acting_for(acme):
        services.acknowledge(by=cora, version=version, now=NOON)

        assert services.unacknowledged(ana) == [version]


def test_a_new_version_is_asked_for_again(
    write: Write, cora: Membership, ana: Membership, acme: Tenant
) -> None:
    first = write(cora)
    with acting_for(acme):
        services.acknowledge(by=ana, version=first, now=NOON)

    second = write(cora, guideline=first.guideline)

    with acting_for(acme):
        assert services.unacknowledged(ana) == [second]


def test_a_draft_cannot_be_acknowledged(
    write: Write, cora: Membership, ana: Membership, acme: Tenant
) -> None:
    draft = write(cora, publish=False)

    with acting_for(acme), pytest.raises(services.NotPublished):
        services.acknowledge(by=ana, version=draft, now=NOON)


def test_writing_on_changes_the_draft_and_makes_no_second_one(
    write: Write, cora: Membership, acme: Tenant
) -> None:
    draft = write(cora, publish=False)

    again = write(cora, RuleText("Only this"), guideline=draft.guideline, publish=False)

    with acting_for(acme):
        assert again.pk == draft.pk
        assert texts(again) == ["Only this"]


def test_a_published_version_keeps_its_text(
    write: Write, cora: Membership, acme: Tenant
) -> None:
    first = write(cora)

    write(cora, RuleText("Other"), guideline=first.guideline)

    with acting_for(acme):
        assert texts(first) == ["Say where you work", "Ask when in doubt"]


def test_writing_and_publishing_are_in_the_audit_log(
    write: Write, cora: Membership, acme: Tenant
) -> None:
    first = write(cora)
    write(cora, guideline=first.guideline, title="Good conduct")

    with acting_for(acme):
        entries = AuditEntry.objects.for_tenant(acme).order_by("at", "id")
        assert [entry.action for entry in entries] == [
            "guideline.created",
            "guideline.drafted",
            "guideline.published",
            "guideline.renamed",
            "guideline.drafted",
            "guideline.published",
        ]
        assert {entry.actor_id for entry in entries} == {cora.pk}


def test_who_has_read_costs_one_query(
    write: Write,
    cora: Membership,
    ana: Membership,
    acme: Tenant,
    django_assert_num_queries,
) -> None:
    for title in ("One", "Two", "Three"):
        write(cora, title=title)

    with acting_for(acme), django_assert_num_queries(1):
        services.unacknowledged(ana)
