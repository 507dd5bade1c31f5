"""A tracked link in each tenant, and the web process's own way of answering for it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

import pytest
from django.utils import timezone
from redis import Redis

from analytics import recording, redirect
from analytics.ingest import ingest
from analytics.models import Click
from analytics.stream import client, patient_client
from common.ids import random_code
from content_library.models import Item
from sharing.models import Account, Publication, Share, State, TrackedLink
from tenants.models import Membership, Team, Tenant
from tenants.scoping import acting_for

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def make_item(tenant: Tenant, title: str = "Cables", **fields: Any) -> Item:
    values = {
        "title": title,
        "source_url": "https://acme.example/cables",
        "state": Item.State.APPROVED,
        "approved_at": timezone.now(),
    }
    with acting_for(tenant):
        return Item.objects.create(tenant=tenant, **(values | fields))


def make_link(item: Item, team: Team | None = None, network: str = "x") -> TrackedLink:
    with acting_for(item.tenant_id):
        return TrackedLink.objects.create(
            tenant_id=item.tenant_id,
            code=random_code(10),
            target_url="https://acme.example/cables?a=1&b=æ",
            item=item,
            team=team,
            network=network,
        )


def make_publication(
    member: Membership,
    item: Item,
    at: datetime | None = None,
    network: str = "x",
    **fields: Any,
) -> Publication:
    """Return a published publication with its share and its link."""
    at = at or timezone.now()
    with acting_for(member.tenant_id):
        account, _ = Account.objects.for_tenant(member.tenant_id).get_or_create(
            tenant_id=member.tenant_id,
            membership=member,
            network=network,
            defaults={"remote_id": random_code(12), "connected_at": at},
        )
        share = Share.objects.create(
            tenant_id=member.tenant_id,
            membership=member,
            item=item,
            team_id=member.team_id,
            idempotency_key=random_code(12),
        )
        values = {
            "state": State.PUBLISHED,
            "published_at": at,
            "remote_id": random_code(12),
            "url": f"https://{network}.example/post/1",
            "not_before": at,
            "text": "I held the torch.",
        }
        return Publication.objects.create(
            tenant_id=member.tenant_id,
            share=share,
            membership=member,
            item=item,
            account=account,
            link=make_link(item, member.team, network),
            network=network,
            **(values | fields),
        )


@pytest.fixture
def link(acme: Tenant, globex: Tenant) -> TrackedLink:
    make_link(make_item(globex))
    return make_link(make_item(acme))


@pytest.fixture
def redis() -> "Iterator[Redis]":
    patient_client().flushdb()
    yield patient_client()
    patient_client().flushdb()


@dataclass
class Answer:
    status: str
    headers: dict[str, str]
    body: bytes


Visit = Callable[..., Answer]


@pytest.fixture
def recorder(monkeypatch: Any, redis: Redis) -> Iterator[recording.Recorder]:
    """This process's recorder; its thread rests, the tests ship by hand."""
    made = recording.Recorder()
    monkeypatch.setattr(recording, "_recorder", made)
    yield made
    made.stop()


@pytest.fixture
def visit(recorder: recording.Recorder, monkeypatch: Any) -> Iterator[Visit]:
    """Return a function that opens a short link: ``visit("/l/abc", "HEAD", DNT="1")``."""
    redirect.destinations.cache_clear()
    monkeypatch.setattr(redirect, "guesses", redirect.Guesses())

    def visit(path: str, method: str = "GET", **headers: str) -> Answer:
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "REMOTE_ADDR": "192.0.2.7",
            "HTTP_USER_AGENT": FIREFOX,
            "wsgi.input": BytesIO(),
        }
        environ |= {f"HTTP_{name}": value for name, value in headers.items()}
        begun: list[Any] = []
        body = b"".join(redirect.answer(environ, lambda *line: begun.append(line)))
        return Answer(begun[0][0], dict(begun[0][1]), body)

    yield visit
    redirect.destinations.cache_clear()
    client().flushdb()


@pytest.fixture
def arrive(recorder: recording.Recorder, redis: Redis) -> Callable[[], int]:
    """Return a function that ships and takes in whatever was clicked."""

    def arrive() -> int:
        recorder.shipper.cycle()
        return ingest(redis, timezone.now())

    return arrive


def clicks_of(tenant: Tenant) -> list[tuple[str, str]]:
    """Return tier and reason of each click, in order."""
    with acting_for(tenant):
        rows = Click.objects.for_tenant(tenant).order_by("clicked_at")
        return list(rows.values_list("tier", "reason"))
