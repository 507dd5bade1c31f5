"""A tenant's rules: quiet hours, caps, and posts of colleagues apart from each other."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from content_library.models import Item
from sharing import services
from sharing.models import Account, Publication, Share, SharingRules
from sharing.scheduling import choose
from sharing.services import Part, ShareRefused
from tenants.models import AuditEntry, Membership, Tenant
from tenants.scoping import acting_for
from tests.conftest import COMMITTED, Join
from tests.sharing.conftest import make_account, make_item

pytestmark = pytest.mark.django_db
COPENHAGEN = "Europe/Copenhagen"
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _in_copenhagen() -> Iterator[None]:
    """As the door does."""
    with timezone.override(COPENHAGEN):
        yield


def at(text: str) -> datetime:
    return choose(datetime.fromisoformat(text), COPENHAGEN).at


TUESDAY = at("2026-11-24T12:00")
EVENING = at("2026-11-24T20:00")

Rule = Callable[..., SharingRules]


@pytest.fixture
def rule(acme: Tenant) -> Rule:
    """Return a function that gives Acme its rules."""

    def rule(**fields: Any) -> SharingRules:
        with acting_for(acme):
            return SharingRules.objects.create(tenant=acme, **fields)

    return rule


@pytest.fixture
def quiet(rule: Rule) -> SharingRules:
    """Nothing goes out in the evening, at night and at weekends."""
    return rule(quiet_from=time(18), quiet_until=time(7), quiet_weekend=True)


Press = Callable[..., Share]


@pytest.fixture
def press(item: Item) -> Press:
    """Return a function that shares the item: ``press(account, now=…)``."""
    number = iter(range(10_000))

    def press(account: Account, **more: Any) -> Share:
        by = account.membership
        with acting_for(by.tenant_id):
            return services.share_item(
                by=by,
                item=more.pop("item", item),
                parts=[Part(account, "I held the torch.")],
                idempotency_key=more.pop("key", f"k{next(number)}"),
                now=more.pop("now", TUESDAY),
                **more,
            )

    return press


def refusal(press: Press, account: Account, **more: Any) -> ShareRefused:
    with pytest.raises(ShareRefused) as refused:
        press(account, **more)
    return refused.value


def waits_until(share: Share) -> datetime:
    with acting_for(share.tenant_id):
        return share.publications.get().not_before


def reason(share: Share) -> str:
    with acting_for(share.tenant_id):
        return share.publications.get().reason


# -- The time is kept as it was chosen ------------------------------------------------------


def test_zone_and_wall_time_are_kept_with_the_moment(press: Press, x: Account) -> None:
    local = datetime(2026, 11, 25, 8, 45)  # noqa: DTZ001  a wall time

    made = press(x, scheduled_at=at("2026-11-25T08:45"), scheduled_local=local)

    assert (made.scheduled_zone, made.scheduled_local) == (COPENHAGEN, local)
    assert made.scheduled_at == datetime(2026, 11, 25, 7, 45, tzinfo=UTC)


def test_the_database_keeps_all_three_or_none(ana: Membership, item: Item) -> None:
    for fields in (
        {"scheduled_at": TUESDAY},
        {"scheduled_zone": COPENHAGEN},
        {"scheduled_at": TUESDAY, "scheduled_zone": COPENHAGEN},
    ):
        with (
            pytest.raises(IntegrityError),
            transaction.atomic(),
            acting_for(ana.tenant_id),
        ):
            Share.objects.create(
                tenant_id=ana.tenant_id,
                membership=ana,
                item=item,
                idempotency_key="k",
                **fields,
            )


# -- Quiet hours --------------------------------------------------------------------------


@pytest.mark.usefixtures("quiet")
def test_now_in_quiet_hours_waits_until_they_end(press: Press, x: Account) -> None:
    made = press(x, now=EVENING)

    assert waits_until(made) == at("2026-11-25T07:00")
    assert reason(made) == "quiet_hours"


@pytest.mark.usefixtures("quiet")
def test_now_outside_quiet_hours_is_not_delayed(press: Press, x: Account) -> None:
    made = press(x, now=TUESDAY)

    assert waits_until(made) <= timezone.now()
    assert (reason(made), made.scheduled_at) == ("new", None)


@pytest.mark.usefixtures("quiet")
def test_a_chosen_time_in_quiet_hours_is_refused_with_the_next_possible_one(
    press: Press, x: Account
) -> None:
    refused = refusal(press, x, scheduled_at=at("2026-11-27T19:00"))

    assert refused.offer == at("2026-11-30T07:00")
    [sentence] = refused.errors["scheduled_at"]
    assert "Monday 07:00" in sentence


@pytest.mark.usefixtures("quiet")
def test_an_item_that_ends_in_quiet_hours_is_refused_and_that_is_said(
    press: Press, acme: Tenant, x: Account
) -> None:
    short = make_item(acme, ends_at=at("2026-11-25T06:00"))

    refused = refusal(press, x, item=short, now=EVENING)

    assert "until tomorrow 06:00" in refused.errors["scheduled_at"][0]
    assert refused.offer is None


@pytest.mark.parametrize("minutes", [0, 1])
def test_nothing_is_scheduled_at_or_after_the_end_of_its_item(
    press: Press, acme: Tenant, x: Account, minutes: int
) -> None:
    end = at("2026-11-25T10:00")
    item = make_item(acme, ends_at=end)

    refused = refusal(press, x, item=item, scheduled_at=end + minutes * MINUTE)

    assert "until tomorrow 10:00" in refused.errors["scheduled_at"][0]


# -- Caps ---------------------------------------------------------------------------------


def test_over_the_cap_of_a_day_the_next_free_one_is_named(
    rule: Rule, press: Press, x: Account
) -> None:
    rule(most_per_day=1)
    press(x, scheduled_at=at("2026-11-25T10:00"))
    press(x, scheduled_at=at("2026-11-26T10:00"))

    refused = refusal(press, x, scheduled_at=at("2026-11-25T23:59"))

    assert "Friday 27 November is free" in refused.errors["scheduled_at"][0]
    assert refused.offer == at("2026-11-27T08:45")


def test_over_the_cap_of_a_week_the_next_one_is_named(
    rule: Rule, press: Press, x: Account
) -> None:
    rule(most_per_week=2)
    press(x, scheduled_at=at("2026-11-25T10:00"))
    press(x, scheduled_at=at("2026-11-29T10:00"))

    refused = refusal(press, x, scheduled_at=at("2026-11-26T10:00"))

    assert "Monday 30 November is free" in refused.errors["scheduled_at"][0]


def test_a_share_now_counts_for_today(rule: Rule, press: Press, x: Account) -> None:
    rule(most_per_day=1)
    press(x, now=timezone.now())

    refused = refusal(press, x, now=timezone.now())

    assert "1 share per person and day" in refused.errors["scheduled_at"][0]


def test_what_was_cancelled_does_not_count(
    rule: Rule, press: Press, x: Account, ana: Membership
) -> None:
    rule(most_per_day=1)
    first = press(x, scheduled_at=at("2026-11-25T10:00"))
    with acting_for(ana.tenant_id):
        services.cancel_share(share=first, by=ana)

    assert press(x, scheduled_at=at("2026-11-25T11:00")).is_new


def test_no_day_is_named_that_is_too_far_away(
    rule: Rule, press: Press, x: Account
) -> None:
    rule(most_per_day=1)
    last = TUESDAY + timedelta(days=90)
    press(x, scheduled_at=last)

    refused = refusal(press, x, scheduled_at=last - MINUTE)

    assert "that day is full" in refused.errors["scheduled_at"][0]
    assert refused.offer is None


def test_the_cap_counts_each_person_alone(
    rule: Rule, press: Press, x: Account, cora: Membership
) -> None:
    rule(most_per_day=1)
    hers = make_account(cora, "x")

    press(x, scheduled_at=at("2026-11-25T10:00"))
    assert press(hers, scheduled_at=at("2026-11-25T10:00")).is_new


def test_another_tenant_has_rules_of_its_own(
    rule: Rule, press: Press, eve: Membership, globex: Tenant
) -> None:
    rule(quiet_from=time(18), quiet_until=time(7), most_per_day=1)
    theirs = make_account(eve, "x")
    item = make_item(globex)

    for _press in range(2):
        assert reason(press(theirs, item=item, now=EVENING)) == "new"


def test_the_same_key_is_the_same_share_when_the_day_is_full(
    rule: Rule, press: Press, x: Account
) -> None:
    rule(most_per_day=1)
    first = press(x, key="same", scheduled_at=at("2026-11-25T10:00"))

    again = press(x, key="same", scheduled_at=at("2026-11-25T10:00"))

    assert (again.pk, again.is_new) == (first.pk, False)


@COMMITTED
def test_two_presses_at_once_do_not_slip_under_the_cap(
    rule: Rule, press: Press, x: Account, ana: Membership
) -> None:
    rule(most_per_day=1)

    made = at_once([lambda: press(x, now=timezone.now()) for _press in range(3)])

    assert sorted(type(one).__name__ for one in made) == [
        "Share",
        "ShareRefused",
        "ShareRefused",
    ]


@COMMITTED
@pytest.mark.parametrize("cap", [None, 1])
def test_one_press_for_later_sent_three_times_at_once_is_one_share(
    rule: Rule, press: Press, x: Account, cap: int | None
) -> None:
    rule(most_per_day=cap)
    wanted = at("2026-11-25T08:45")

    made = at_once([lambda: press(x, key="same", scheduled_at=wanted)] * 3)

    assert len({share.pk for share in made}) == 1
    assert waits_until(made[0]) == wanted


@COMMITTED
def test_two_who_move_to_the_same_minute_at_once_do_not_both_get_it(
    press: Press, crowd: list[Account]
) -> None:
    wanted = at("2026-11-26T08:45")
    shares = [
        press(one, scheduled_at=at("2026-11-25T08:45") + number * timedelta(hours=2))
        for number, one in enumerate(crowd)
    ]

    def move(share: Share) -> bool:
        with acting_for(share.tenant_id):
            return services.move_share(
                share=share,
                by=share.membership,
                now=TUESDAY,
                to=wanted,
                local=datetime(2026, 11, 26, 8, 45),  # noqa: DTZ001  a wall time
            )

    moved = at_once([lambda share=share: move(share) for share in shares])  # type: ignore[misc]

    assert moved == [True] * 4
    times = sorted(waits_until(share) for share in shares)
    assert times == [wanted + number * 10 * MINUTE for number in range(4)]


def at_once(jobs: list[Callable[[], Any]]) -> list[Any]:
    """Do the jobs at the same moment; return what each gave or raised."""
    start, made = threading.Barrier(len(jobs)), []

    def work(job: Callable[[], Any]) -> None:
        start.wait()
        try:
            made.append(job())
        except ShareRefused as refused:
            made.append(refused)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[job]) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return made


# -- Apart from colleagues ----------------------------------------------------------------


@pytest.fixture
def crowd(acme: Tenant, join: Join) -> list[Account]:
    return [make_account(join(f"m{number}", acme), "x") for number in range(4)]


def test_colleagues_who_choose_the_same_time_are_ten_minutes_apart(
    press: Press, crowd: list[Account]
) -> None:
    wanted = at("2026-11-25T08:45")

    times = [waits_until(press(one, scheduled_at=wanted)) for one in crowd]

    assert times == [wanted + number * 10 * MINUTE for number in range(4)]


def test_other_networks_items_and_own_posts_are_no_reason_to_move(
    press: Press, crowd: list[Account], acme: Tenant, x: Account, linkedin: Account
) -> None:
    wanted, other = at("2026-11-25T08:45"), make_item(acme, title="Another")
    press(x, scheduled_at=wanted)

    for account, item in ((linkedin, None), (crowd[0], other), (x, None)):
        more = {"item": item} if item else {}
        assert waits_until(press(account, scheduled_at=wanted, **more)) == wanted


def test_nobody_is_moved_into_quiet_hours_or_past_the_item(
    rule: Rule, press: Press, crowd: list[Account], acme: Tenant
) -> None:
    rule(quiet_from=time(18), quiet_until=time(7), spread_minutes=30)
    ending = make_item(acme, ends_at=at("2026-11-25T12:10"))

    late = [
        waits_until(press(one, scheduled_at=at("2026-11-25T17:50"))) for one in crowd
    ]
    last = [
        waits_until(press(one, item=ending, scheduled_at=at("2026-11-25T12:00")))
        for one in crowd
    ]

    assert all(moment < at("2026-11-25T18:00") for moment in late)
    assert all(moment < at("2026-11-25T12:10") for moment in last)
    assert len(set(late)) == len(set(last)) == 4


@pytest.mark.usefixtures("quiet")
def test_the_morning_after_a_busy_evening_is_spread_as_well(
    press: Press, crowd: list[Account]
) -> None:
    times = [waits_until(press(one, now=EVENING)) for one in crowd]

    assert times == [at("2026-11-25T07:00") + n * 10 * MINUTE for n in range(4)]


def test_no_spread_when_the_tenant_wants_none(
    rule: Rule, press: Press, crowd: list[Account]
) -> None:
    rule(spread_minutes=0)
    wanted = at("2026-11-25T08:45")

    assert {waits_until(press(one, scheduled_at=wanted)) for one in crowd} == {wanted}


@COMMITTED
def test_two_who_choose_the_same_minute_at_once_do_not_both_get_it(
    press: Press, crowd: list[Account]
) -> None:
    wanted = at("2026-11-25T08:45")

    made = at_once(
        [lambda one=one: press(one, scheduled_at=wanted) for one in crowd]  # type: ignore[misc]
    )

    times = sorted(waits_until(share) for share in made)
    assert times == [wanted + number * 10 * MINUTE for number in range(4)]


# -- The admins' page -----------------------------------------------------------------------

PAGE = "/t/acme/settings/sharing/"
FINE = {
    "quiet_from": "18:00",
    "quiet_until": "07:00",
    "quiet_weekend": "on",
    "most_per_day": "2",
    "most_per_week": "",
    "spread_minutes": "15",
}


@pytest.fixture
def admin(client: Client, ada: Membership) -> Client:
    client.force_login(ada.user)
    return client


def test_an_admin_writes_the_rules_and_sees_them_again(
    admin: Client, acme: Tenant, ada: Membership
) -> None:
    assert admin.post(PAGE, FINE)["Location"] == PAGE
    page = admin.get(PAGE).content.decode()

    assert 'value="18:00"' in page
    with acting_for(acme):
        rules = SharingRules.objects.for_tenant(acme).get()
        entry = AuditEntry.objects.for_tenant(acme).get(action="sharing_rules.changed")
    assert (rules.quiet_until, rules.most_per_week) == (time(7), None)
    assert (rules.most_per_day, rules.spread_minutes) == (2, 15)
    assert entry.actor_id == ada.pk


def test_rules_are_changed_and_taken_away_again(admin: Client, acme: Tenant) -> None:
    admin.post(PAGE, FINE)
    none = {"spread_minutes": "0"}

    assert admin.post(PAGE, none).status_code == 302

    with acting_for(acme):
        rules = SharingRules.objects.for_tenant(acme).get()
    assert not rules.is_ever_quiet
    assert not rules.has_cap


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("quiet_from", ""),
        ("quiet_until", ""),
        ("quiet_until", "18:00"),
        ("quiet_until", "25:00"),
        ("most_per_day", "0"),
        ("most_per_day", "101"),
        ("most_per_week", "1"),
        ("spread_minutes", "61"),
        ("spread_minutes", ""),
    ],
)
def test_a_mistake_is_shown_where_it_was_made(
    admin: Client, acme: Tenant, field: str, value: str
) -> None:
    answer = admin.post(PAGE, FINE | {field: value})

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    with acting_for(acme):
        assert not SharingRules.objects.for_tenant(acme).exists()


def test_only_admins_open_the_page(
    client: Client, cora: Membership, mo: Membership, eve: Membership
) -> None:
    for member, status in ((cora, 403), (mo, 403), (eve, 404)):
        client.force_login(member.user)
        assert client.get(reverse("sharing:rules", args=["acme"])).status_code == status


def test_a_tenant_has_one_set_of_rules(rule: Rule) -> None:
    rule()
    with pytest.raises(IntegrityError), transaction.atomic():
        rule()


def test_publications_know_why_they_wait(press: Press, x: Account) -> None:
    made = press(x, scheduled_at=at("2026-11-25T08:45"))

    with acting_for(made.tenant_id):
        publication = Publication.objects.for_tenant(made.tenant_id).get()
        [event] = publication.events.all()
    assert (publication.reason, event.reason) == ("scheduled", "scheduled")
