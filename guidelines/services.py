"""Guidelines: which versions hold, who has read them, and how a new one is made."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Prefetch, QuerySet

from common.composed import composed
from guidelines.models import Acknowledgement, Guideline, GuidelineVersion, Rule
from tenants import audit
from tenants.models import Membership, Tenant


class NotPublished(Exception):
    """A draft holds for nobody yet, so nobody can have read it."""


@dataclass(frozen=True)
class RuleText:
    """What a rule says, before it is part of a version."""

    do: str
    dont: str = ""
    example: str = ""


# -- Reading --------------------------------------------------------------------------


def current_versions(tenant: Tenant) -> list[GuidelineVersion]:
    """Return the newest published version of each guideline, with its rules."""
    rules = Prefetch("rules", Rule.objects.for_tenant(tenant).order_by("position"))
    versions = GuidelineVersion.objects.for_tenant(tenant).current()
    return in_order(versions.select_related("guideline").prefetch_related(rules))


def unacknowledged(membership: Membership) -> list[GuidelineVersion]:
    """Return the current versions that the member has not said to have read."""
    return in_order(unread_versions(membership.tenant_id, membership.pk))


@composed
def unread_versions(tenant_id: UUID, membership_id: UUID) -> QuerySet[GuidelineVersion]:
    versions = GuidelineVersion.objects.for_tenant(tenant_id)
    read = Acknowledgement.objects.for_tenant(tenant_id).filter(
        version=OuterRef("pk"), membership=membership_id
    )
    current = versions.current().values("pk")
    unread = versions.filter(~Exists(read), pk__in=current)
    return unread.select_related("guideline")


def in_order(versions: Iterable[GuidelineVersion]) -> list[GuidelineVersion]:
    """Return the versions as the tenant has ordered its guidelines."""
    return sorted(
        versions,
        key=lambda version: (version.guideline.position, version.guideline.pk),
    )


# -- Acknowledging ----------------------------------------------------------------------


def acknowledge(*, by: Membership, version: GuidelineVersion, now: datetime) -> None:
    """Note that the member has read the version. Once is enough."""
    if version.published_at is None:
        raise NotPublished
    Acknowledgement.objects.for_tenant(by.tenant_id).get_or_create(
        tenant_id=by.tenant_id,
        version=version,
        membership=by,
        defaults={"at": now},
    )


@transaction.atomic
def acknowledge_all(
    *, by: Membership, versions: Sequence[GuidelineVersion], now: datetime
) -> None:
    """Note that the member has read all of ``versions``."""
    for version in versions:
        acknowledge(by=by, version=version, now=now)


# -- Writing ----------------------------------------------------------------------------


@transaction.atomic
def write_guideline(
    *,
    by: Membership,
    title: str,
    introduction: str,
    rules: Sequence[RuleText],
    publish: bool,
    now: datetime,
    guideline: Guideline | None = None,
) -> GuidelineVersion:
    """Keep the text as the guideline's draft and, with ``publish``, let it hold from now.

    A published version never changes: writing on makes the next one.
    """
    guideline = guideline_named(title, by, guideline)
    draft = open_draft(guideline, by)
    draft.introduction = introduction
    draft.save(update_fields=["introduction"])
    replace_rules(draft, rules)
    if publish:
        publish_version(draft, by=by, now=now)
    return draft


def guideline_named(
    title: str, by: Membership, guideline: Guideline | None
) -> Guideline:
    """Return the guideline, locked and under its title; a new one goes to the end."""
    guidelines = Guideline.objects.for_tenant(by.tenant_id)
    if guideline is None:
        last = guidelines.aggregate(last=Max("position"))["last"]
        made = Guideline.objects.create(
            tenant_id=by.tenant_id,
            title=title,
            position=0 if last is None else last + 1,
        )
        audit.record("guideline.created", made, by=by, title=title)
        return made
    held = guidelines.select_for_update().get(pk=guideline.pk)
    if held.title != title:
        audit.record("guideline.renamed", held, by=by, old=held.title, new=title)
        held.title = title
        held.save(update_fields=["title"])
    return held


def open_draft(guideline: Guideline, by: Membership) -> GuidelineVersion:
    """Return the guideline's draft; make the next version when there is none."""
    versions = GuidelineVersion.objects.for_tenant(guideline.tenant_id).filter(
        guideline=guideline
    )
    draft = versions.filter(published_at=None).first()
    if draft is None:
        newest = versions.aggregate(newest=Max("number"))["newest"] or 0
        draft = GuidelineVersion.objects.create(
            tenant_id=guideline.tenant_id, guideline=guideline, number=newest + 1
        )
        audit.record("guideline.drafted", draft, by=by, number=draft.number)
    return draft


def replace_rules(draft: GuidelineVersion, rules: Sequence[RuleText]) -> None:
    """Put ``rules`` in the place of the draft's present ones."""
    Rule.objects.for_tenant(draft.tenant_id).filter(version=draft).delete()
    Rule.objects.bulk_create(
        Rule(
            tenant_id=draft.tenant_id,
            version=draft,
            position=position,
            do=rule.do,
            dont=rule.dont,
            example=rule.example,
        )
        for position, rule in enumerate(rules, start=1)
    )


def publish_version(draft: GuidelineVersion, *, by: Membership, now: datetime) -> None:
    """Let the draft hold from ``now``; each member is asked again to read it."""
    draft.published_at = now
    draft.published_by = by
    draft.save(update_fields=["published_at", "published_by"])
    audit.record("guideline.published", draft, by=by, number=draft.number)
