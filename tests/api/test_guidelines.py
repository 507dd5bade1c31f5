from typing import Any

import pytest
from django.utils import timezone

from guidelines.models import Acknowledgement, GuidelineVersion
from guidelines.services import RuleText, write_guideline
from tenants.models import Membership
from tenants.scoping import acting_for
from tests.api.conftest import Program, problem_of

pytestmark = pytest.mark.django_db


def write(by: Membership, title: str, publish: bool = True) -> GuidelineVersion:
    rules = [
        RuleText("Thank people.", "Do not boast.", "Thanks, Bo!"),
        RuleText("Say where you work."),
    ]
    with acting_for(by.tenant_id):
        return write_guideline(
            by=by, title=title, introduction="Short.", rules=rules, publish=publish,
            now=timezone.now(),
        )  # fmt: skip


def test_a_guideline_reads_exactly_as_promised(
    ana_api: Program, cora: Membership
) -> None:
    version = write(cora, "Kind words")

    body = ana_api.get("guidelines/").json()

    assert body["count"] == 1
    published = body["results"][0].pop("published_at")
    assert published
    assert body["results"][0] == {
        "id": str(version.pk),
        "guideline": str(version.guideline_id),
        "title": "Kind words",
        "number": 1,
        "introduction": "Short.",
        "rules": [
            {"do": "Thank people.", "dont": "Do not boast.", "example": "Thanks, Bo!"},
            {"do": "Say where you work.", "dont": "", "example": ""},
        ],
        "acknowledged_at": None,
    }


def test_only_the_newest_published_version_holds(
    ana_api: Program, cora: Membership
) -> None:
    write(cora, "Kind words")
    write(cora, "Never published", publish=False)

    titles = [row["title"] for row in ana_api.get("guidelines/").json()["results"]]

    assert titles == ["Kind words"]


def test_reading_is_acknowledged_once(
    ana_api: Program, mo_api: Program, cora: Membership
) -> None:
    pk = write(cora, "Kind words").pk

    first, again = (ana_api.post(f"guidelines/{pk}/acknowledge/") for _ in range(2))

    assert first.status_code == 200
    assert first.json()["acknowledged_at"]
    assert again.json() == first.json()
    assert ana_api.get("guidelines/").json()["results"] == [first.json()]
    assert mo_api.get("guidelines/").json()["results"][0]["acknowledged_at"] is None
    with acting_for(cora.tenant_id):
        assert Acknowledgement.objects.for_tenant(cora.tenant_id).count() == 1


@pytest.mark.parametrize("which", ["theirs", "a draft"])
def test_what_holds_for_nobody_here_is_not_acknowledged(
    ana_api: Program, cora: Membership, eve: Membership, which: str
) -> None:
    version: Any = (
        write(eve, "Theirs") if which == "theirs" else write(cora, "Draft", False)
    )

    problem_of(ana_api.post(f"guidelines/{version.pk}/acknowledge/"), 404)
    assert ana_api.get("guidelines/").json()["count"] == 0
