"""TikTok tells us unasked: believed when signed, and then obeyed."""

import json
import time
from typing import Any

import pytest
from django.test import Client

from sharing.models import Account
from tenants.models import Membership
from tenants.scoping import acting_for
from tests.connectors.test_tiktok import signature
from tests.sharing.conftest import make_account

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _tiktok(settings: Any) -> None:
    settings.NETWORKS_ENVIRON = settings.NETWORKS_ENVIRON | {
        "NETWORK_TIKTOK_CLIENT_ID": "app",
        "NETWORK_TIKTOK_CLIENT_SECRET": "app-secret",
    }


def call(secret: str, who: str) -> int:
    said = {
        "client_key": "app",
        "event": "authorization.removed",
        "create_time": int(time.time()),
        "user_openid": who,
        "content": json.dumps({"reason": 1}),
    }
    body = json.dumps(said).encode()
    answer = Client(enforce_csrf_checks=True).post(
        "/connect/tiktok/hooks/events/",
        body,
        content_type="application/json",
        headers={"TikTok-Signature": signature(secret, body, int(time.time()))},
    )
    return answer.status_code


def state(account: Account) -> str:
    with acting_for(account.tenant_id):
        rows = Account.objects.for_tenant(account.tenant_id)
        return str(rows.get(pk=account.pk).state)


def test_who_took_the_rights_away_is_disconnected_and_nobody_else(
    ana: Membership, cora: Membership, eve: Membership
) -> None:
    mine = make_account(ana, "tiktok", remote_id="open-1")
    colleagues = make_account(cora, "tiktok", remote_id="open-2")
    elsewhere = make_account(eve, "tiktok", remote_id="open-3")

    assert call("another-secret", "open-1") == 403
    assert state(mine) == Account.State.CONNECTED
    assert call("app-secret", "open-1") == 200

    assert state(mine) == Account.State.DISCONNECTED
    assert state(colleagues) == state(elsewhere) == Account.State.CONNECTED
