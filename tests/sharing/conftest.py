"""A member of Acme with accounts on two networks, and an item worth sharing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from content_library.models import Item
from sharing import networks, services
from sharing.connectors.types import Tokens
from sharing.models import Account, Publication
from sharing.tokens import seal
from tenants.models import Membership, Tenant
from tenants.scoping import acting_for
from tests import canaries

LINKEDIN_POSTS = "https://api.linkedin.com/rest/posts"
X_POSTS = "https://api.x.com/2/tweets"


@pytest.fixture(autouse=True)
def _networks(settings: Any) -> None:
    settings.NETWORKS_ENVIRON = {
        "NETWORK_LINKEDIN_CLIENT_ID": "app",
        "NETWORK_LINKEDIN_CLIENT_SECRET": canaries.SECRET,
        "NETWORK_X_CLIENT_ID": "app",
        "NETWORK_X_CLIENT_SECRET": canaries.SECRET,
        "NETWORK_X_MODE": "api",
    }


@contextmanager
def a_network_that_pends() -> Iterator[None]:
    """Put the module of ``snail/`` beside the networks, as an author would."""
    folder = str(Path(__file__).parent / "snail")
    networks.__path__.append(folder)
    networks._found.cache_clear()
    try:
        yield
    finally:
        networks.__path__.remove(folder)
        networks._found.cache_clear()


@pytest.fixture
def snail_network(settings: Any) -> Iterator[None]:
    settings.NETWORKS_ENVIRON = settings.NETWORKS_ENVIRON | {
        "NETWORK_SNAIL_CLIENT_ID": "app",
        "NETWORK_SNAIL_CLIENT_SECRET": canaries.SECRET,
    }
    with a_network_that_pends():
        yield


def make_item(tenant: Tenant, **fields: object) -> Item:
    values = {
        "title": "How the new cables were laid",
        "summary": "Forty kilometres in nine days.",
        "source_url": "https://acme.example/cables",
        "state": Item.State.APPROVED,
        "approved_at": timezone.now(),
    }
    with acting_for(tenant):
        return Item.objects.create(tenant=tenant, **(values | fields))


def make_account(member: Membership, network: str, **fields: object) -> Account:
    account = Account(
        tenant_id=member.tenant_id,
        membership=member,
        network=network,
        remote_id=f"{network}-{member.user.first_name}",
        handle=member.user.first_name.lower(),
        name=member.user.name,
        connected_at=timezone.now(),
    )
    ends = datetime.now(UTC) + timedelta(days=30)
    sealed = seal(account, Tokens(canaries.ACCESS, canaries.REFRESH, ends))
    account.access_token, account.refresh_token = (
        sealed.access_token,
        sealed.refresh_token,
    )
    account.expires_at = ends
    for name, value in fields.items():
        setattr(account, name, value)
    with acting_for(member.tenant_id):
        account.save(force_insert=True)
    return account


@pytest.fixture
def item(acme: Tenant) -> Item:
    return make_item(acme)


@pytest.fixture
def linkedin(ana: Membership) -> Account:
    return make_account(ana, "linkedin")


@pytest.fixture
def x(ana: Membership) -> Account:
    return make_account(ana, "x")


@pytest.fixture
def snail(ana: Membership, snail_network: None) -> Account:
    return make_account(ana, "snail")


Press = Callable[..., Publication]


@pytest.fixture
def press(ana: Membership, item: Item) -> Press:
    """Return a function that shares the item and gives the publication."""

    def press(
        account: Account, text: str = "I held the torch.", key: str = "k1"
    ) -> Publication:
        with acting_for(ana.tenant_id):
            share = services.share_item(
                by=ana,
                item=item,
                parts=[services.Part(account, text)],
                idempotency_key=key,
                now=timezone.now(),
            )
            return share.publications.get()

    return press


def fresh(publication: Publication) -> Publication:
    """Return the row as it is now."""
    with acting_for(publication.tenant_id):
        return Publication.objects.for_tenant(publication.tenant_id).get(
            pk=publication.pk
        )
