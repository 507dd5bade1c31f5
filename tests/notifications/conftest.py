"""Notices of Ana, some old enough to be mailed."""

from datetime import timedelta
from typing import Any

import pytest

from common.ids import uuid7
from notifications.models import Notice
from notifications.notifying import notify
from tenants.models import Membership, Tenant
from tenants.scoping import acting_for


def tell(member: Membership, text: str = "It was stopped.", **more: Any) -> None:
    values = {"key": str(uuid7()), "message": {"msgid": text, "values": {}}} | more
    with acting_for(member.tenant_id):
        notify(tenant_id=member.tenant_id, members=[member.pk], **values)


def notices(tenant: Tenant) -> list[Notice]:
    with acting_for(tenant):
        return list(Notice.objects.for_tenant(tenant).order_by("created_at", "pk"))


def let_pass(member: Membership, **time: int) -> None:
    """Let this much time go by for the member's notices."""
    with acting_for(member.tenant_id):
        mine = Notice.objects.for_tenant(member.tenant_id).filter(membership=member)
        for name in ("created_at", "seen_at", "mailed_at"):
            there = mine.exclude(**{name: None})
            for notice in there:
                moment = getattr(notice, name) - timedelta(**time)
                mine.filter(pk=notice.pk).update(**{name: moment})


@pytest.fixture
def waiting(ana: Membership) -> Membership:
    """Ana has a notice that she has not seen for three minutes."""
    tell(ana)
    let_pass(ana, minutes=3)
    return ana
