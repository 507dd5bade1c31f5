"""Choosing a time in the composer; what has to be said before the press."""

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from content_library.models import Item
from sharing import services
from sharing.models import Account, Share, SharingRules
from sharing.scheduling import choose, suggest, wall
from tenants.models import Membership, Tenant
from tenants.scoping import acting_for
from tests.sharing.conftest import make_item

pytestmark = pytest.mark.django_db
ZONE = "Europe/Copenhagen"
DAY = timedelta(days=1)


@pytest.fixture
def web(client: Client, ana: Membership) -> Client:
    client.force_login(ana.user)
    return client


def in_days(days: int, hour: int = 10) -> datetime:
    """Return that hour of a day to come as the clock shows it."""
    day = wall(timezone.now(), ZONE).date() + days * DAY
    return datetime.combine(day, time(hour))


def url(item: Item) -> str:
    return reverse("sharing:compose", args=["acme", item.pk])


def press(web: Client, item: Item, account: Account, **fields: Any) -> HttpResponse:
    data = {"key": "k1", "text": "I held the torch.", "account": [str(account.pk)]}
    return web.post(url(item), data | fields)


def later(local: datetime) -> dict[str, str]:
    return {"share": "later", "day": f"{local:%Y-%m-%d}", "time": f"{local:%H:%M}"}


def shares(member: Membership) -> list[Share]:
    with acting_for(member.tenant_id):
        return list(Share.objects.for_tenant(member.tenant_id))


@pytest.fixture
def always_quiet(acme: Tenant) -> SharingRules:
    """Quiet hours that began an hour ago and end in three."""
    now = wall(timezone.now(), ZONE)
    start, end = now - timedelta(hours=1), now + timedelta(hours=3)
    with acting_for(acme):
        return SharingRules.objects.create(
            tenant=acme,
            quiet_from=start.time().replace(second=0, microsecond=0),
            quiet_until=end.time().replace(second=0, microsecond=0),
        )


def test_good_times_are_buttons_and_now_stays_the_main_one(
    web: Client, item: Item, linkedin: Account
) -> None:
    page = web.get(url(item)).content.decode()

    for one in suggest(SharingRules(), timezone.now(), ZONE):
        assert f'name="at" value="{one.local:%Y-%m-%dT%H:%M}"' in page
    assert page.count("button--primary") == 1
    assert "Time in Europe/Copenhagen" in page


def test_a_good_time_takes_one_press(
    web: Client, item: Item, linkedin: Account, ana: Membership
) -> None:
    local = in_days(2, 8)

    answer = press(web, item, linkedin, at=f"{local:%Y-%m-%dT%H:%M}", share="")
    page = web.get(answer["Location"]).content.decode()

    [share] = shares(ana)
    assert share.scheduled_local == local
    assert share.scheduled_at == choose(local, ZONE).at
    assert "08:00" in page
    assert "Your queue" in page


def test_a_day_and_an_hour_of_ones_own(
    web: Client, item: Item, linkedin: Account, ana: Membership
) -> None:
    press(web, item, linkedin, **later(in_days(3, 14)))

    [share] = shares(ana)
    assert share.scheduled_local == in_days(3, 14)


def test_share_now_means_now_whatever_stands_in_the_fields(
    web: Client, item: Item, linkedin: Account, ana: Membership
) -> None:
    press(web, item, linkedin, share="now", day="2026-13-99", time="10:00")

    [share] = shares(ana)
    assert share.scheduled_at is None


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"share": "later"}, "day"),
        ({"share": "later", "day": "2026-13-99", "time": "10:00"}, "day"),
        ({"share": "later", "day": "0001-01-01", "time": "10:00"}, "day"),
        ({"share": "later", "day": "2020-01-01", "time": "10:00"}, "day"),
        ({"share": "later", "day": "2099-01-01", "time": "10:00"}, "day"),
        ({"share": "later", "day": "2026-12-01", "time": "noon"}, "time"),
        ({"at": "soon"}, "day"),
        ({"at": "0001-01-01T00:00"}, "day"),
    ],
)
def test_a_time_that_will_not_do_is_refused_and_nothing_typed_is_lost(
    web: Client,
    item: Item,
    linkedin: Account,
    ana: Membership,
    fields: dict[str, str],
    field: str,
) -> None:
    answer = press(web, item, linkedin, **fields)
    page = answer.content.decode()

    assert answer.status_code == 422
    assert field in answer.context["composer"].form.errors
    assert "I held the torch." in page
    assert '<details class="later" id="compose-later" open>' in page
    assert fields.get("time", "") in page
    assert not shares(ana)
    with acting_for(ana.tenant_id):
        assert services.find_draft(ana, item) == {"": "I held the torch."}


def test_in_quiet_hours_the_composer_says_so_before_the_press(
    web: Client, item: Item, linkedin: Account, ana: Membership, always_quiet: object
) -> None:
    page = web.get(url(item)).content.decode()
    assert "after quiet hours." in page

    answer = press(web, item, linkedin, share="now")

    assert "after quiet hours." in web.get(answer["Location"]).content.decode()
    [share] = shares(ana)
    assert share.scheduled_at is not None


def test_an_item_that_ends_in_quiet_hours_is_no_promise(
    web: Client, acme: Tenant, linkedin: Account, always_quiet: object
) -> None:
    ending = make_item(acme, ends_at=timezone.now() + timedelta(hours=1))

    page = web.get(url(ending)).content.decode()

    assert "this can only be shared until" in page
    assert "Goes out" not in page


def test_outside_quiet_hours_it_says_nothing(
    web: Client, item: Item, linkedin: Account
) -> None:
    assert "quiet hours" not in web.get(url(item)).content.decode()


def test_a_full_day_offers_the_next_one_to_press(
    web: Client, item: Item, linkedin: Account, ana: Membership, acme: Tenant
) -> None:
    with acting_for(acme):
        SharingRules.objects.create(tenant=acme, most_per_day=1)
    press(web, item, linkedin, key="first", share="now")
    assert "is free." in web.get(url(item)).content.decode()

    answer = press(web, item, linkedin, share="now")

    assert answer.status_code == 422
    offered = answer.context["composer"].times[0].value
    assert datetime.fromisoformat(offered).date() == in_days(1).date()
    assert press(web, item, linkedin, at=offered).status_code == 302
    assert len(shares(ana)) == 2


def test_the_window_of_the_item_bounds_the_days(
    web: Client, acme: Tenant, linkedin: Account
) -> None:
    item = make_item(acme, ends_at=choose(in_days(4), ZONE).at)

    page = web.get(url(item)).content.decode()
    late = press(web, item, linkedin, **later(in_days(4)))

    assert f'max="{in_days(4):%Y-%m-%d}"' in page
    assert late.status_code == 422
    assert "This can only be shared until" in late.content.decode()


def test_enter_in_a_box_shares_nothing_by_itself(
    web: Client, item: Item, linkedin: Account, ana: Membership
) -> None:
    """A browser presses the form's first button then."""
    answer = press(web, item, linkedin, share="enter")

    assert answer.status_code == 200
    assert "I held the torch." in answer.content.decode()
    assert not shares(ana)


def test_enter_after_the_time_schedules(
    web: Client, item: Item, linkedin: Account, ana: Membership
) -> None:
    press(web, item, linkedin, **later(in_days(2)) | {"share": "enter"})

    [share] = shares(ana)
    assert share.scheduled_local == in_days(2)


def test_a_time_that_the_clocks_leave_out_is_put_forward_and_that_is_said(
    web: Client, item: Item, linkedin: Account, ana: Membership
) -> None:
    chosen = choose(datetime(2026, 3, 29, 2, 30), ZONE)  # noqa: DTZ001
    with acting_for(ana.tenant_id):
        share = services.share_item(
            by=ana,
            item=item,
            parts=[services.Part(linkedin, "Then.")],
            idempotency_key="k",
            now=chosen.at - DAY,
            scheduled_at=chosen.at,
            scheduled_local=chosen.local,
        )

    page = web.get(reverse("sharing:shared", args=["acme", share.pk]))

    assert "there is no 02:30" in page.content.decode()
