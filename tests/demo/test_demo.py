"""The invented organisations: whatever stands in them could have come about for real."""

from typing import Any

import pytest
from django.core.management import call_command

from demo.management.commands import seed_demo
from sharing.invariants import check_all
from sharing.models import Publication
from tenants.models import Membership, Tenant
from tenants.scoping import acting_for

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(180)]


@pytest.fixture
def demo(settings: Any, tmp_path: Any) -> list[Tenant]:
    settings.DEMO, settings.MEDIA_ROOT = True, tmp_path / "media"
    settings.NETWORKS_ENVIRON = {
        f"NETWORK_{network}_{name}": "app"
        for network in ("LINKEDIN", "X")
        for name in ("CLIENT_ID", "CLIENT_SECRET")
    } | {"NETWORK_X_MODE": "api"}
    call_command(seed_demo.Command(), sandbox_state=tmp_path / "sandbox")
    return list(Tenant.objects.order_by("slug"))


def test_the_demo_holds_every_invariant_and_is_told_once(demo: list[Tenant]) -> None:
    [harbour, nordlys] = demo
    assert (harbour.language, nordlys.language) == ("en", "da")
    assert [finding.invariant.code for finding in check_all() if finding.broken] == []
    with acting_for(nordlys):
        shared = Publication.objects.for_tenant(nordlys).count()
    assert shared > 50

    with acting_for(nordlys):
        staff = Membership.objects.for_tenant(nordlys).filter(user__is_staff=True)
        assert [member.roles for member in staff] == [["admin"]]

    call_command(seed_demo.Command())

    with acting_for(nordlys):
        assert Publication.objects.for_tenant(nordlys).count() == shared
