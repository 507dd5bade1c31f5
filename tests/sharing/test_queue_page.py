"""A member's own queue: what needs them, goes out, waits and went out lately."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from content_library.models import Item
from sharing import services, telling
from sharing.models import Account, Publication, Share, SharingRules
from sharing.queue import Group
from sharing.scheduling import choose, wall
from sharing.services import Part
from tenants.models import AuditEntry, Membership, Tenant
from tenants.scoping import acting_for
from tests.sharing.conftest import fresh, make_account, make_item

pytestmark = pytest.mark.django_db
FRAGMENT = {"HX-Request": "true"}
ZONE = "Europe/Copenhagen"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def web(client: Client, ana: Membership) -> Client:
    client.force_login(ana.user)
    return client


PAGE = "/t/acme/queue/"


def in_days(days: int, hour: int = 10) -> datetime:
    """Return that hour of a day to come, in the tenant's zone."""
    day = wall(timezone.now(), ZONE).date() + days * DAY
    return choose(datetime.combine(day, time(hour)), ZONE).at


Put = Callable[..., Publication]


@pytest.fixture
def put(item: Item, linkedin: Account) -> Put:
    """Return a function that shares and puts the publication where the test wants it."""
    number = iter(range(1000))

    def put(
        state: str = "ready", *, account: Account = linkedin, **fields: Any
    ) -> Publication:
        later = fields.pop("scheduled_at", None)
        by = account.membership
        with acting_for(by.tenant_id):
            share = services.share_item(
                by=by,
                item=fields.pop("item", item),
                parts=[Part(account, fields.pop("text", "I held the torch."))],
                idempotency_key=f"k{next(number)}",
                now=timezone.now(),
                scheduled_at=later,
            )
            publication: Publication = share.publications.get()
            if state != "ready" or fields:
                rows = Publication.objects.for_tenant(by.tenant_id)
                rows.filter(pk=publication.pk).update(state=state, **fields)
        return fresh(publication)

    return put


def groups(web: Client) -> dict[str, list[str]]:
    """Return what stands in each group of the page: the ids of the publications."""
    queue = web.get(PAGE).context["queue"]
    return {
        str(group): [step.publication.pk for entry in entries for step in entry.steps]
        for group, entries in queue.groups
    }


def page(web: Client) -> str:
    return web.get(PAGE).content.decode()


# -- Where things stand -----------------------------------------------------------------------


def test_an_empty_queue_offers_the_feed(web: Client) -> None:
    shown = page(web)

    assert "Nothing in your queue" in shown
    assert 'href="/t/acme/"' in shown


def test_each_thing_stands_in_its_group(web: Client, put: Put) -> None:
    now = timezone.now()
    asks = put("needs_user", reason="unconfirmed", sending_at=now)
    refused = put("failed", reason="refused")
    sending = put("sending", sending_at=now, lease_until=now + HOUR)
    unsure = put("unknown", sending_at=now, unknown_since=now)
    due = put("ready")
    limited = put("ready", reason="rate_limited", not_before=now + HOUR)
    chosen = put(scheduled_at=in_days(2))
    out = put("published", remote_id="urn:1", published_at=now, reason="")

    found = groups(web)

    # The newest refusal of the same item and account is the one that still counts.
    assert set(found) == set(Group) - {Group.BY_HAND}
    assert found["needs_you"] == [asks.pk]
    assert set(found["going_out"]) == {sending.pk, unsure.pk}
    assert found["waiting"] == [due.pk, limited.pk, chosen.pk]
    assert found["lately"] == [out.pk]
    assert all(refused.pk not in rows for rows in found.values())


def test_what_was_refused_needs_its_member(web: Client, put: Put) -> None:
    refused = put("failed", reason="refused", message={"msgid": "Too long for them."})

    assert groups(web) == {"needs_you": [refused.pk]}
    assert "Too long for them." in page(web)
    assert f"?again={refused.pk}" in page(web)


def test_what_is_due_goes_out_unless_a_post_before_it_is_in_doubt(
    web: Client, put: Put
) -> None:
    due = put("ready")
    assert groups(web) == {"going_out": [due.pk]}
    assert ">Going out</span>" in page(web)

    now = timezone.now()
    unsure = put("unknown", sending_at=now, unknown_since=now)

    assert groups(web) == {"going_out": [unsure.pk], "waiting": [due.pk]}
    assert "Waits until we know whether your post before it is out." in page(web)


def test_what_waits_for_another_try_is_not_called_going_out(
    web: Client, put: Put
) -> None:
    put("ready", reason="retry", not_before=timezone.now() + HOUR)

    assert "Going out" not in page(web)
    assert "The network is not answering. Next try" in page(web)


def test_what_is_long_over_is_gone_from_the_page(web: Client, put: Put) -> None:
    over = put("cancelled", reason="by_member")
    assert groups(web) == {"lately": [over.pk]}

    old = timezone.now() - 8 * DAY
    with acting_for(over.tenant_id):
        rows = Publication.objects.for_tenant(over.tenant_id)
        rows.filter(pk=over.pk).update(updated_at=old)

    assert groups(web) == {}


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("scheduled", "as you chose"),
        ("quiet_hours", "after quiet hours"),
        ("rate_limited", "The network asked us to wait"),
        ("token_refresh", "The connection is being renewed"),
        ("operator", "switched off for us at the moment"),
        ("no_answer", "The network is not answering"),
    ],
)
def test_each_wait_has_a_plain_reason_and_a_time(
    web: Client, put: Put, reason: str, sentence: str
) -> None:
    put("ready", reason=reason, not_before=in_days(1, 8))

    shown = page(web)

    assert sentence in shown
    assert "tomorrow 08:00" in shown


def test_two_networks_of_one_share_stand_together(
    web: Client, item: Item, ana: Membership, linkedin: Account, x: Account
) -> None:
    with acting_for(ana.tenant_id):
        services.share_item(
            by=ana,
            item=item,
            parts=[Part(linkedin, "Long."), Part(x, "Short.")],
            idempotency_key="k",
            now=timezone.now(),
            scheduled_at=in_days(2),
        )

    [(group, [entry])] = web.get(PAGE).context["queue"].groups

    assert group == "waiting"
    assert [step.label for step in entry.steps] == ["LinkedIn", "X"]


# -- Live -------------------------------------------------------------------------------------


def test_it_asks_quickly_while_something_goes_out_and_slowly_otherwise(
    web: Client, put: Put
) -> None:
    put(scheduled_at=in_days(2))
    assert 'hx-trigger="every 15s"' in page(web)

    put("ready")
    assert 'hx-trigger="every 2s"' in page(web)


def test_nothing_new_is_answered_with_nothing(web: Client, put: Put) -> None:
    publication = put("ready")
    seen = web.get(PAGE).context["queue"].signature

    assert web.get(PAGE, {"seen": seen}, headers=FRAGMENT).status_code == 204

    with acting_for(publication.tenant_id):
        rows = Publication.objects.for_tenant(publication.tenant_id)
        rows.filter(pk=publication.pk).update(
            state="published", remote_id="1", published_at=timezone.now()
        )
    answer = web.get(PAGE, {"seen": seen}, headers=FRAGMENT)
    assert answer.status_code == 200
    assert "<html" not in answer.content.decode()
    assert "data-announce" in answer.content.decode()


def test_a_long_queue_takes_no_more_queries(web: Client, put: Put) -> None:
    counts = []
    for days in (1, 2, 3):
        put(scheduled_at=in_days(days))
        with CaptureQueriesContext(connection) as queries:
            web.get(PAGE)
        counts.append(len(queries))

    assert counts[1] == counts[2]


# -- Doing something about it -------------------------------------------------------------------


def act(publication: Publication, name: str) -> str:
    return reverse(f"sharing:publication_{name}", args=["acme", publication.pk])


def test_cancelling_leads_back_to_the_queue_and_is_said(web: Client, put: Put) -> None:
    publication = put(scheduled_at=in_days(2))

    answer = web.post(act(publication, "cancel"), {"next": PAGE}, follow=True)

    assert answer.redirect_chain == [(PAGE, 302)]
    assert "Cancelled." in answer.content.decode()
    assert fresh(publication).state == "cancelled"


def test_a_fragment_says_it_in_a_toast(web: Client, put: Put) -> None:
    publication = put(scheduled_at=in_days(2))

    answer = web.post(
        act(publication, "cancel"), {"next": PAGE}, headers=FRAGMENT, follow=True
    )

    assert "Cancelled." in answer["HX-Trigger"]
    assert "<html" not in answer.content.decode()


def test_the_buttons_of_what_needs_a_member(web: Client, put: Put) -> None:
    put("needs_user", reason="unconfirmed", sending_at=timezone.now())
    put("needs_user", reason="gave_up")
    put("needs_user", reason="reconnect")

    shown = page(web)

    for words in ("Yes, it is on LinkedIn", "Try again", "Reconnect LinkedIn"):
        assert words in shown


def test_what_the_network_has_but_hides_needs_its_member(web: Client, put: Put) -> None:
    row = put(
        "pending", reason="reconnect", sending_at=timezone.now(), handle={"id": "1"}
    )

    assert groups(web) == {"needs_you": [row.pk]}
    assert "Reconnect LinkedIn" in page(web)


@pytest.mark.parametrize(
    ("name", "reason", "data"),
    [("retry", "gave_up", {}), ("answer", "unconfirmed", {"out": "no"})],
)
def test_trying_again_in_quiet_hours_waits_until_they_end_and_says_so(
    web: Client, put: Put, acme: Tenant, name: str, reason: str, data: dict[str, str]
) -> None:
    publication = put("needs_user", reason=reason, sending_at=timezone.now())
    now = wall(timezone.now(), ZONE)
    start, end = now - timedelta(hours=1), now + timedelta(hours=3)
    with acting_for(acme):
        SharingRules.objects.create(
            tenant=acme, quiet_from=start.time(), quiet_until=end.time()
        )

    answer = web.post(act(publication, name), data | {"next": PAGE}, follow=True)

    assert "after quiet hours." in answer.content.decode()
    row = fresh(publication)
    assert (row.state, row.reason) == ("ready", "quiet_hours")
    assert row.not_before > timezone.now() + timedelta(hours=2)


# -- Another time -------------------------------------------------------------------------------


def move_url(publication: Publication, slug: str = "acme") -> str:
    return reverse("sharing:share_move", args=[slug, publication.share_id])


def at(moment: datetime) -> dict[str, str]:
    local = wall(moment, ZONE)
    return {"day": f"{local:%Y-%m-%d}", "time": f"{local:%H:%M}"}


def share_of(publication: Publication) -> Share:
    with acting_for(publication.tenant_id):
        return Share.objects.for_tenant(publication.tenant_id).get(
            pk=publication.share_id
        )


def test_a_waiting_share_is_moved(web: Client, put: Put, acme: Tenant) -> None:
    publication, then = put(scheduled_at=in_days(2)), in_days(3, 14)

    answer = web.post(move_url(publication), at(then), follow=True)

    assert "Moved." in answer.content.decode()
    assert fresh(publication).not_before == then
    share = share_of(publication)
    assert (share.scheduled_at, share.scheduled_local) == (then, wall(then, ZONE))
    with acting_for(acme):
        assert AuditEntry.objects.for_tenant(acme).filter(action="share.moved").exists()


def test_a_time_that_a_colleague_has_is_a_little_later_and_that_is_said(
    web: Client, put: Put, cora: Membership
) -> None:
    then = in_days(3, 14)
    put(scheduled_at=then, account=make_account(cora, "linkedin"))
    publication = put(scheduled_at=in_days(2))

    web.post(move_url(publication), at(then))

    assert fresh(publication).not_before == then + timedelta(minutes=10)
    assert "apart from colleagues" in page(web)
    shared = reverse("sharing:shared", args=["acme", publication.share_id])
    assert "later than chosen" in web.get(shared).content.decode()


@pytest.mark.parametrize("state", ["claimed", "sending"])
def test_what_is_going_out_is_not_moved_and_that_is_said(
    web: Client, put: Put, state: str
) -> None:
    now = timezone.now()
    publication = put(scheduled_at=in_days(2))
    with acting_for(publication.tenant_id):
        rows = Publication.objects.for_tenant(publication.tenant_id)
        rows.filter(pk=publication.pk).update(
            state=state, lease_until=now + HOUR, sending_at=now
        )

    answer = web.post(move_url(publication), at(in_days(3)), follow=True)

    assert "already going out" in answer.content.decode()
    assert share_of(publication).scheduled_at == in_days(2)


def test_a_time_in_quiet_hours_is_refused_with_the_next_one_to_press(
    web: Client, put: Put, acme: Tenant
) -> None:
    publication = put(scheduled_at=in_days(2))
    with acting_for(acme):
        SharingRules.objects.create(
            tenant=acme, quiet_from=time(18), quiet_until=time(7)
        )

    answer = web.post(move_url(publication), at(in_days(3, 20)), headers=FRAGMENT)
    shown = answer.content.decode()

    assert answer.status_code == 422
    assert "Quiet hours at your workplace" in shown
    assert 'value="20:00"' in shown  # what was typed is kept
    assert fresh(publication).not_before == in_days(2)
    offered = wall(in_days(4, 7), ZONE).strftime("%Y-%m-%dT%H:%M")
    assert f'value="{offered}"' in shown

    web.post(move_url(publication), {"at": offered})
    assert fresh(publication).not_before == in_days(4, 7)


def test_moving_a_share_is_not_one_more_share(
    web: Client, put: Put, acme: Tenant
) -> None:
    with acting_for(acme):
        SharingRules.objects.create(tenant=acme, most_per_day=1)
    publication = put(scheduled_at=in_days(2))

    web.post(move_url(publication), at(in_days(2, 15)))

    assert fresh(publication).not_before == in_days(2, 15)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"day": "2026-13-40", "time": "10:00"},
        {"day": "0001-01-01", "time": "10:00"},
        {"day": "9999-12-31", "time": "10:00"},
        {"day": "", "time": "10:00"},
        {"at": "soon"},
        {"at": "0001-01-01T00:00"},
        {"day": "a\0b", "time": "\0"},
    ],
)
def test_an_odd_time_is_refused_in_the_form(
    web: Client, put: Put, data: dict[str, str]
) -> None:
    publication = put(scheduled_at=in_days(2))

    answer = web.post(move_url(publication), data)

    assert answer.status_code == 422
    assert fresh(publication).not_before == in_days(2)


# -- Nobody else's business ---------------------------------------------------------------------


def test_a_member_sees_and_moves_only_their_own(
    client: Client,
    put: Put,
    ana: Membership,
    ada: Membership,
    mo: Membership,
    eve: Membership,
    globex: Tenant,
) -> None:
    """Managers and admins included; and the twin at another workplace."""
    hers = put(scheduled_at=in_days(2), text="Words of Ana")
    twin = put(
        account=make_account(eve, "linkedin"),
        item=make_item(globex, title="A story of Globex"),
        scheduled_at=in_days(2),
        text="Words of Eve",
    )

    for stranger, slug in ((ada, "acme"), (mo, "acme"), (eve, "globex")):
        client.force_login(stranger.user)
        shown = client.get(f"/t/{slug}/queue/").content.decode()
        assert "Words of Ana" not in shown
        assert client.post(move_url(hers, slug), at(in_days(3))).status_code == 404
    client.force_login(ana.user)
    assert "Words of Eve" not in page(client)
    assert client.post(move_url(twin), at(in_days(3))).status_code == 404
    assert client.get("/t/globex/queue/").status_code == 404
    assert fresh(hers).not_before == fresh(twin).not_before == in_days(2)


def test_the_menu_and_my_shares_lead_to_the_queue(web: Client) -> None:
    shown = web.get("/t/acme/shares/").content.decode()

    assert shown.count(f'href="{PAGE}"') >= 2


def test_a_notice_leaves_with_the_answer_it_asked_for(web: Client, put: Put) -> None:
    asks = put("needs_user", reason="unconfirmed", sending_at=timezone.now())
    with acting_for(asks.tenant_id):
        telling.tell(asks)
    assert "We could not confirm that" in page(web)

    answer = reverse("sharing:publication_answer", args=["acme", asks.pk])
    said = {"out": "yes", "next": PAGE}
    changed = web.post(answer, said, headers=FRAGMENT, follow=True).content.decode()

    assert "Out since" in changed
    assert "We could not confirm that" not in changed
