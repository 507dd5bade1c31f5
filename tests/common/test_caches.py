"""What one person read is in no cache when the next one sits down."""

import pytest
from django.test import Client

from tenants.models import Membership
from tenants.scoping import acting_for
from tenants.tokens import create_api_token


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/t/acme/", 200),
        ("/t/acme/people/", 403),
        ("/t/acme/nothing/", 404),
        ("/t/globex/", 404),
        ("/accounts/profile/", 200),
        ("/accounts/password/set/", 200),
        ("/connect/x/callback/?code=c&state=s", 200),
        ("/", 302),
    ],
)
def test_no_cache_keeps_what_a_signed_in_person_sees(
    client: Client, ana: Membership, globex: object, path: str, status: int
) -> None:
    client.force_login(ana.user)

    answer = client.get(path)

    assert answer.status_code == status
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("path", ["/api/v1/me/", "/api/v1/items/", "/api/v1/nothing/"])
def test_no_cache_keeps_what_a_token_reads(
    client: Client, ana: Membership, path: str
) -> None:
    with acting_for(ana.tenant_id):
        token = create_api_token(membership=ana, name="script")

    answer = client.get(path, headers={"Authorization": f"Bearer {token}"})

    assert "no-store" in answer["Cache-Control"]
