"""The pages that no journey crosses: each without a barrier, wide or narrow."""

import pytest

from accounts.models import User
from tenants.models import Membership, Tenant
from tests.browser.conftest import WIDTHS, Visit, sign_in
from tests.conftest import COMMITTED

pytestmark = [pytest.mark.browser, COMMITTED, pytest.mark.timeout(180)]

ADMINS = (
    "/t/acme/people/",
    "/t/acme/people/invite/",
    "/t/acme/people/invitations/",
    "/t/acme/people/teams/",
    "/t/acme/settings/",
    "/t/acme/settings/tokens/",
    "/t/acme/settings/sharing/",
    "/t/acme/settings/networks/",
    "/t/acme/settings/networks/linkedin/",
    "/t/acme/settings/networks/x/",
    "/t/acme/queue/",
    "/t/acme/dashboard/",
    "/t/acme/dashboard/definitions/",
    "/accounts/profile/",
    "/workplaces/",
    "/api/v1/docs/",
    "/ui/",
)
STRANGERS = (
    "/accounts/login/",
    "/accounts/magic/",
    "/accounts/password/reset/",
    "/invitations/no-such-invitation/",
    "/accounts/magic/no-such-link/",
)


@WIDTHS
def test_the_pages_of_an_admin(
    visit: Visit, ada: Membership, ana: Membership, viewport: dict[str, int]
) -> None:
    User.objects.filter(pk=ada.user_id).update(is_staff=True)
    visitor = visit(viewport)
    sign_in(visitor, ada.user)

    for path in ADMINS:
        visitor.open(path)
        visitor.check()


@WIDTHS
def test_the_pages_before_signing_in(
    visit: Visit, acme: Tenant, viewport: dict[str, int]
) -> None:
    visitor = visit(viewport)

    for path in STRANGERS:
        visitor.open(path)
        visitor.check()


@WIDTHS
def test_the_pages_that_say_no(
    visit: Visit, ana: Membership, viewport: dict[str, int]
) -> None:
    visitor = visit(viewport)
    sign_in(visitor, ana.user)

    for path in ("/t/acme/people/", "/t/globex/", "/no-such-page/"):
        visitor.open(path)
        visitor.faults.clear()  # the browser itself reports the status of the page
        visitor.check()
