"""Guidelines to read: a short way to publish some."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from guidelines import services
from guidelines.models import Guideline, GuidelineVersion
from guidelines.services import RuleText
from tenants.models import Membership
from tenants.scoping import acting_for

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
RULES = (
    RuleText("Say where you work", "Hide it", "I work at Acme"),
    RuleText("Ask when in doubt"),
)

Write = Callable[..., GuidelineVersion]


@pytest.fixture
def write() -> Write:
    """Return a function that writes a guideline: ``write(cora, publish=False)``."""

    def write(
        by: Membership,
        *rules: RuleText,
        guideline: Guideline | None = None,
        publish: bool = True,
        title: str = "Conduct",
    ) -> GuidelineVersion:
        with acting_for(by.tenant_id):
            return services.write_guideline(
                by=by,
                title=title,
                introduction="Be yourself.",
                rules=rules or RULES,
                publish=publish,
                now=NOON,
                guideline=guideline,
            )

    return write
