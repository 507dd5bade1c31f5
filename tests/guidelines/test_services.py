"""Guidelines: which versions hold, and who has read them."""

from datetime import UTC, datetime, timedelta

import pytest

from guidelines import services
from guidelines.models import Acknowledgement, Guideline, GuidelineVersion
from guidelines.services import RuleText
from tenants.models import AuditEntry, Membership, Tenant
from tenants.scoping import acting_for

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
RULES = [RuleText("Say where you work", "Hide it", "I work at Acme"), RuleText("Ask")]


def write(
    by: Membership,
    *,
    guideline: Guideline | None = None,
    publish: bool = True,
    title: str = "Conduct",
    rules: list[RuleText] = RULES,
) -> GuidelineVersion:
    with acting_for(by.tenant_id):
        return services.write_guideline(
            by=by,
            title=title,
            introduction="Be yourself.",
            rules=rules,
            publish=publish,
            now=NOON,
            guideline=guideline,
        )


def texts(version: GuidelineVersion) -> list[str]:
    return [rule.do for rule in version.rules.order_by("position")]


def test_the_newest_published_version_holds(cora: Membership, acme: Tenant) -> None:
    first = write(cora)
    write(cora, guideline=first.guideline, rules=[RuleText("New")])
    write(cora, guideline=first.guideline, publish=False, rules=[RuleText("Draft")])

    with acting_for(acme):
        versions = services.current_versions(acme)

        assert [(v.number, texts(v)) for v in versions] == [(2, ["New"])]


def test_a_draft_alone_holds_for_nobody(
    cora: Membership, ana: Membership, acme: Tenant
) -> None:
    write(cora, publish=False)

    with acting_for(acme):
        assert services.current_versions(acme) == []
        assert services.unacknowledged(ana) == []


def test_guidelines_stand_in_the_tenants_order(cora: Membership, acme: Tenant) -> None:
    for title in ("Zebra", "Ape"):
        write(cora, title=title)

    with acting_for(acme):
        versions = services.current_versions(acme)

        assert [version.guideline.title for version in versions] == ["Zebra", "Ape"]


def test_another_tenants_guidelines_hold_only_there(
    eve: Membership, ana: Membership, acme: Tenant
) -> None:
    write(eve)

    with acting_for(acme):
        assert services.current_versions(acme) == []
        assert services.unacknowledged(ana) == []


def test_reading_a_version_is_noted_once(
    cora: Membership, ana: Membership, acme: Tenant
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
    cora: Membership, ana: Membership, acme: Tenant
) -> None:
    version = write(cora)

    with acting_for(acme):
        services.acknowledge(by=cora, version=version, now=NOON)

        assert services.unacknowledged(ana) == [version]


def test_a_new_version_is_asked_for_again(
    cora: Membership, ana: Membership, acme: Tenant
) -> None:
    first = write(cora)
    with acting_for(acme):
        services.acknowledge(by=ana, version=first, now=NOON)

    second = write(cora, guideline=first.guideline)

    with acting_for(acme):
        assert services.unacknowledged(ana) == [second]


def test_a_draft_cannot_be_acknowledged(
    cora: Membership, ana: Membership, acme: Tenant
) -> None:
    draft = write(cora, publish=False)

    with acting_for(acme), pytest.raises(services.NotPublished):
        services.acknowledge(by=ana, version=draft, now=NOON)


def test_writing_on_changes_the_draft_and_makes_no_second_one(
    cora: Membership, acme: Tenant
) -> None:
    draft = write(cora, publish=False)

    again = write(
        cora, guideline=draft.guideline, publish=False, rules=[RuleText("Only this")]
    )

    with acting_for(acme):
        assert again.pk == draft.pk
        assert texts(again) == ["Only this"]


def test_a_published_version_keeps_its_text(cora: Membership, acme: Tenant) -> None:
    first = write(cora)

    write(cora, guideline=first.guideline, rules=[RuleText("Other")])

    with acting_for(acme):
        assert texts(first) == ["Say where you work", "Ask"]


def test_writing_and_publishing_are_in_the_audit_log(
    cora: Membership, acme: Tenant
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
    cora: Membership, ana: Membership, acme: Tenant, django_assert_num_queries
) -> None:
    for title in ("One", "Two", "Three"):
        write(cora, title=title)

    with acting_for(acme), django_assert_num_queries(1):
        services.unacknowledged(ana)
