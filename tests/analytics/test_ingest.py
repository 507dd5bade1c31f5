import json
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from redis import Redis

from analytics import recording, retention
from analytics.ingest import ingest
from analytics.models import Click, DailyRollup, LinkRollup
from analytics.stream import FIELD, STREAM
from analytics.tasks import keep_house
from common.ids import uuid7
from sharing.models import TrackedLink
from tenants.models import Tenant
from tenants.scoping import acting_for
from tests.analytics.conftest import FIREFOX, Visit, clicks_of

pytestmark = pytest.mark.django_db

Arrive = Callable[[], int]
NOBODY = "00000000-0000-0000-0000-000000000000"


def line(to: TrackedLink, /, **fields: Any) -> bytes:
    """Return an event as the web process writes it."""
    event = {
        "id": uuid7().hex,
        "at": timezone.now().timestamp(),
        "link": str(to.pk),
        "tenant": str(to.tenant_id),
        "method": "GET",
        "ua": FIREFOX,
        "prefetch": False,
        "private": False,
        "visitor": "aa",
    }
    return json.dumps(event | fields).encode()


def sums(tenant: Tenant, rollup: Any = DailyRollup) -> tuple[int, int, int]:
    """Return raw, machine and human over all days."""
    with acting_for(tenant):
        rows = rollup.objects.for_tenant(tenant).values_list(
            "clicks_raw", "clicks_machine", "clicks_human"
        )
        return tuple(map(sum, zip(*rows, strict=True))) or (0, 0, 0)  # type: ignore[return-value]


def test_a_second_look_of_the_same_reader_is_a_repeat(
    visit: Visit, link: TrackedLink, arrive: Arrive, acme: Tenant
) -> None:
    visit(f"/l/{link.code}")
    visit(f"/l/{link.code}")
    visit(f"/l/{link.code}", USER_AGENT=FIREFOX.replace("140", "141"))

    assert arrive() == 3
    assert [tier for tier, _ in clicks_of(acme)] == ["human", "repeat", "human"]
    assert sums(acme) == sums(acme, LinkRollup) == (3, 0, 2)


@pytest.mark.parametrize(
    ("method", "headers", "reason"),
    [
        ("HEAD", {}, "head"),
        ("GET", {"SEC_PURPOSE": "prefetch;prerender"}, "prefetch"),
        ("GET", {"PURPOSE": "prefetch"}, "prefetch"),
        ("GET", {"X_MOZ": "prefetch"}, "prefetch"),
        ("GET", {"USER_AGENT": ""}, "no_user_agent"),
        ("GET", {"USER_AGENT": "LinkedInBot/1.0 (compatible)"}, "known_bot"),
        ("GET", {"USER_AGENT": "Slackbot-LinkExpanding 1.0"}, "known_bot"),
        ("GET", {"USER_AGENT": "facebookexternalhit/1.1"}, "known_bot"),
        ("GET", {"USER_AGENT": "Twitterbot/1.0"}, "known_bot"),
        ("GET", {"USER_AGENT": "curl/8.5.0"}, "known_bot"),
    ],
)
def test_machines_are_set_apart_with_a_named_reason(
    visit: Visit,
    link: TrackedLink,
    arrive: Arrive,
    acme: Tenant,
    method: str,
    headers: dict[str, str],
    reason: str,
) -> None:
    visit(f"/l/{link.code}", method, **headers)
    arrive()

    assert clicks_of(acme) == [("machine", reason)]
    assert sums(acme) == (1, 1, 0)


@pytest.mark.parametrize("header", ["SEC_GPC", "DNT"])
def test_who_asks_not_to_be_told_apart_is_not_counted_as_a_person(
    visit: Visit, link: TrackedLink, arrive: Arrive, acme: Tenant, header: str
) -> None:
    visit(f"/l/{link.code}", **{header: "1"})
    arrive()

    assert clicks_of(acme) == [("repeat", "opted_out")]
    with acting_for(acme):
        assert bytes(Click.objects.for_tenant(acme).get().visitor) == b""


def test_the_same_stream_delivered_twice_is_counted_once(
    link: TrackedLink, redis: Redis, acme: Tenant
) -> None:
    lines = [line(link, visitor=f"{number:02x}") for number in range(30)]
    for _ in range(2):
        for one in lines:
            redis.xadd(STREAM, {FIELD: one})
        ingest(redis, timezone.now())

    assert sums(acme) == sums(acme, LinkRollup) == (30, 0, 30)
    assert len(clicks_of(acme)) == 30
    assert redis.xlen(STREAM) == 0


def test_a_run_that_died_before_its_commit_is_done_again(
    link: TrackedLink, redis: Redis, acme: Tenant, monkeypatch: Any
) -> None:
    redis.xgroup_create(STREAM, "ingest", id="0", mkstream=True)
    redis.xadd(STREAM, {FIELD: line(link)})
    redis.xreadgroup("ingest", "worker", {STREAM: ">"})

    assert ingest(redis, timezone.now()) == 0
    monkeypatch.setattr("analytics.ingest.ABANDONED_AFTER", timedelta(0))
    assert ingest(redis, timezone.now()) == 1


def test_what_cannot_be_a_click_is_dropped_without_harm_to_the_rest(
    link: TrackedLink, redis: Redis, acme: Tenant
) -> None:
    odd = [
        b"",
        b"{}",
        b"[]",
        b"\xff\xfe",
        b'{"id": 1}',
        line(link, at="NaN"),
        line(link, at=1e40),
        line(link, id="x"),
        line(link, visitor="zz"),
        line(link, tenant=NOBODY),
        line(link, link=NOBODY),
        line(link, at=0),
    ]
    for one in [*odd, line(link)]:
        redis.xadd(STREAM, {FIELD: one})

    assert ingest(redis, timezone.now()) == 1
    assert redis.xlen(STREAM) == 0


def test_a_click_with_another_tenants_link_is_nobodys(
    link: TrackedLink, redis: Redis, acme: Tenant, globex: Tenant
) -> None:
    redis.xadd(STREAM, {FIELD: line(link, tenant=str(globex.pk))})

    assert ingest(redis, timezone.now()) == 0
    assert clicks_of(acme) == clicks_of(globex) == []


def test_a_click_counts_on_the_tenants_own_day(
    link: TrackedLink, redis: Redis, acme: Tenant
) -> None:
    now = timezone.now().replace(hour=22, minute=59, second=0) - timedelta(days=3)
    redis.xadd(STREAM, {FIELD: line(link, at=now.timestamp())})
    Tenant.objects.update(time_zone="Pacific/Auckland")

    ingest(redis, timezone.now())

    with acting_for(acme):
        day = DailyRollup.objects.for_tenant(acme).get().day
    assert day == now.date() + timedelta(days=1)


def test_the_order_of_arrival_does_not_change_how_many_people_there_were(
    link: TrackedLink, redis: Redis, acme: Tenant
) -> None:
    now = timezone.now().timestamp()
    redis.xadd(STREAM, {FIELD: line(link, at=now - 5)})
    ingest(redis, timezone.now())
    redis.xadd(STREAM, {FIELD: line(link, at=now - 60)})
    redis.xadd(STREAM, {FIELD: line(link, at=now - 30)})
    ingest(redis, timezone.now())

    assert sums(acme) == (3, 0, 1)


def test_old_clicks_are_dropped_and_their_sums_stay(
    link: TrackedLink, redis: Redis, acme: Tenant
) -> None:
    now = timezone.now()
    redis.xadd(STREAM, {FIELD: line(link)})
    ingest(redis, now)

    retention.forget(acme, now + timedelta(days=3))
    with acting_for(acme):
        assert bytes(Click.objects.for_tenant(acme).get().visitor) == b""
    retention.forget(acme, now + timedelta(days=40))

    assert clicks_of(acme) == []
    assert sums(acme) == (1, 0, 1)


def test_visitors_of_a_closed_tenant_are_forgotten_as_well(
    redis: Redis, link: TrackedLink, acme: Tenant
) -> None:
    redis.xadd(STREAM, {FIELD: line(link, visitor="ab" * 16)})
    ingest(redis, timezone.now())
    with acting_for(acme):
        clicks = Click.objects.for_tenant(acme)
        clicks.update(clicked_at=timezone.now() - timedelta(days=3))
        assert bytes(clicks.get().visitor) != b""
    acme.is_active = False
    acme.save()

    keep_house()

    with acting_for(acme):
        assert bytes(Click.objects.for_tenant(acme).get().visitor) == b""


def test_months_are_made_ahead_and_dropped_when_nothing_can_be_in_them(
    acme: Tenant,
) -> None:
    retention.make_partitions([timezone.now().date() - timedelta(days=100)])
    retention.renew_partitions(timezone.now())

    months = partitions()

    assert len(months) == 2
    assert f"{timezone.now():analytics_click_%Y%m}" in months


@pytest.mark.parametrize(
    "call",
    ["drop_click_partitions('2999-01-01')", "make_click_partition('2999-01-01')"],
)
def test_no_call_of_the_application_drops_recent_months_or_makes_endless_ones(
    acme: Tenant, call: str
) -> None:
    retention.renew_partitions(timezone.now())
    before = sorted(partitions())

    with suppress(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SELECT analytics_{call}")

    assert sorted(partitions()) == before


def partitions() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class JOIN pg_inherits ON inhrelid = pg_class.oid"
            " WHERE inhparent = 'analytics_click'::regclass AND relname ~ '[0-9]$'"
        )
        return [name for (name,) in cursor.fetchall()]


def test_two_tenants_clicks_in_one_batch_stay_apart(
    visit: Visit,
    link: TrackedLink,
    arrive: Arrive,
    acme: Tenant,
    globex: Tenant,
    recorder: recording.Recorder,
) -> None:
    with acting_for(globex):
        theirs = TrackedLink.objects.for_tenant(globex).get()
    visit(f"/l/{link.code}")
    visit(f"/l/{theirs.code}")
    visit(f"/l/{theirs.code}")

    assert arrive() == 3
    assert (sums(acme), sums(globex)) == ((1, 0, 1), (2, 0, 1))
