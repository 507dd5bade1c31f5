"""Programs that speak for Acme's cast, and Globex's twin of everything."""

from typing import Any

import pytest
from django.test import Client

from content_library.models import Item
from sharing.models import Account
from tenants.models import Membership, Tenant
from tenants.scoping import acting_for
from tenants.tokens import create_api_token
from tests.sharing.conftest import make_account, make_item

API = "/api/v1/"
PROBLEM = "application/problem+json"


class Program(Client):
    """A client with a member's token: ``ana_api.post("shares/", {…})``."""

    def __init__(self, token: str, **options: Any) -> None:
        super().__init__(headers={"authorization": f"Bearer {token}"}, **options)
        self.token = token

    def generic(self, method: str, path: str, *args: Any, **kwargs: Any) -> Any:
        address = path if path.startswith(("/", "http")) else API + path
        return super().generic(method, address, *args, **kwargs)

    def ask(self, method: str, path: str, body: Any = None, **kwargs: Any) -> Any:
        """Send ``body`` as JSON."""
        kwargs.setdefault("content_type", "application/json")
        return getattr(self, method)(path, body, **kwargs)

    def share(self, body: Any, key: str = "press-1") -> Any:
        return self.ask("post", "shares/", body, headers={"idempotency-key": key})


def token_of(member: Membership) -> str:
    with acting_for(member.tenant_id):
        return create_api_token(membership=member, name="test")


@pytest.fixture(autouse=True)
def _networks(settings: Any) -> None:
    settings.NETWORKS_ENVIRON = {
        f"NETWORK_{network}_{name}": "app"
        for network in ("LINKEDIN", "X")
        for name in ("CLIENT_ID", "CLIENT_SECRET")
    } | {"NETWORK_X_MODE": "api"}


@pytest.fixture
def ana_api(ana: Membership) -> Program:
    return Program(token_of(ana))


@pytest.fixture
def cora_api(cora: Membership) -> Program:
    return Program(token_of(cora))


@pytest.fixture
def mo_api(mo: Membership) -> Program:
    return Program(token_of(mo))


@pytest.fixture
def ada_api(ada: Membership) -> Program:
    return Program(token_of(ada))


@pytest.fixture
def eve_api(eve: Membership) -> Program:
    return Program(token_of(eve))


@pytest.fixture
def item(acme: Tenant) -> Item:
    return make_item(acme)


@pytest.fixture
def draft(acme: Tenant) -> Item:
    return make_item(acme, state=Item.State.DRAFT, approved_at=None, title="Draft")


@pytest.fixture
def their_item(globex: Tenant) -> Item:
    return make_item(globex, title="CANARY", source_url="https://globex.example/")


@pytest.fixture
def linkedin(ana: Membership) -> Account:
    return make_account(ana, "linkedin")


@pytest.fixture
def x(ana: Membership) -> Account:
    return make_account(ana, "x")


@pytest.fixture
def their_account(eve: Membership) -> Account:
    return make_account(eve, "linkedin", remote_id="eve", handle="CANARY")


@pytest.fixture
def press(item: Item, linkedin: Account) -> dict[str, Any]:
    """The body of a press of Share."""
    return {
        "item": str(item.pk),
        "publications": [{"account": str(linkedin.pk), "text": "I held the torch."}],
        "scheduled_at": None,
    }


def errors_of(response: Any) -> dict[str, list[str]]:
    """Return the errors by field of a 400, which must be a problem document."""
    assert response.status_code == 400, response.content
    assert response["Content-Type"] == PROBLEM
    body = response.json()
    assert body["status"] == 400
    assert body["detail"]
    return body["errors"]  # type: ignore[no-any-return]


def problem_of(response: Any, status: int) -> dict[str, Any]:
    """Return the problem document with that status."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == PROBLEM
    body = response.json()
    assert body["status"] == status
    assert body["type"] == "about:blank"
    assert body["title"]
    assert body["detail"]
    return body  # type: ignore[no-any-return]
