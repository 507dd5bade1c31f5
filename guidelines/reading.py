"""What the guidelines page shows a member."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from guidelines.models import Acknowledgement, Guideline, GuidelineVersion
from guidelines.services import current_versions
from tenants.models import Membership, Tenant


@dataclass(frozen=True)
class Section:
    """One guideline: what holds now, when the member read it, and what held before."""

    version: GuidelineVersion
    read_at: datetime | None
    older: Sequence[GuidelineVersion]


def sections(membership: Membership) -> list[Section]:
    """Return the guidelines in the tenant's order, in a fixed number of queries."""
    current = current_versions(membership.tenant)
    read = read_moments(membership)
    older = older_versions(membership.tenant_id, current)
    return [
        Section(version, read.get(version.pk), older.get(version.guideline_id, []))
        for version in current
    ]


def read_moments(membership: Membership) -> dict[UUID, datetime]:
    rows = Acknowledgement.objects.for_tenant(membership.tenant_id)
    return dict(rows.filter(membership=membership).values_list("version_id", "at"))


def older_versions(
    tenant_id: UUID, current: Sequence[GuidelineVersion]
) -> dict[UUID, list[GuidelineVersion]]:
    """Return the published versions that hold no more, by guideline, newest first."""
    versions = GuidelineVersion.objects.for_tenant(tenant_id).exclude(published_at=None)
    versions = versions.exclude(pk__in=[version.pk for version in current])
    older: dict[UUID, list[GuidelineVersion]] = {}
    for version in versions.order_by("-number"):
        older.setdefault(version.guideline_id, []).append(version)
    return older


def unpublished(tenant: Tenant) -> list[Guideline]:
    """Return the guidelines that have never been published; only curators see them."""
    versions = GuidelineVersion.objects.for_tenant(tenant)
    published = versions.exclude(published_at=None).values("guideline")
    guidelines = Guideline.objects.for_tenant(tenant).exclude(pk__in=published)
    return list(guidelines.order_by("position", "pk"))


def latest_version(guideline: Guideline) -> GuidelineVersion:
    """Return the draft, or what holds when there is none."""
    versions = GuidelineVersion.objects.for_tenant(guideline.tenant_id)
    latest = versions.filter(guideline=guideline).latest("number")
    latest.guideline = guideline
    return latest
