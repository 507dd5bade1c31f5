import json
from concurrent.futures import ThreadPoolExecutor
from datetime import time, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone
from rest_framework.fields import DateTimeField

from content_library.models import Item
from guidelines.services import RuleText, write_guideline
from sharing.models import Account, Publication, Share, SharingRules, State
from tenants.models import Membership, Tenant
from tenants.scoping import acting_for
from tests.api.conftest import Program, errors_of, problem_of
from tests.conftest import COMMITTED
from tests.sharing.conftest import make_account, make_item

pytestmark = pytest.mark.django_db

PUBLICATION = [
    "id", "share", "item", "network", "account", "mode", "state", "reason", "text",
    "tracked_url", "remote_id", "url", "not_before", "attempts", "published_at",
]  # fmt: skip


def rows(member: Membership, model: Any = Share) -> Any:
    with acting_for(member.tenant_id):
        return list(model.objects.for_tenant(member.tenant_id))


def update(member: Membership, **values: Any) -> None:
    with acting_for(member.tenant_id):
        Publication.objects.for_tenant(member.tenant_id).update(**values)


# -- Shapes -------------------------------------------------------------------------------


def test_a_share_and_its_publication_read_exactly_as_promised(
    ana_api: Program, press: dict[str, Any], item: Item, linkedin: Account
) -> None:
    made = ana_api.share(press)

    body = made.json()
    assert made.status_code == 201
    assert list(body) == [
        "id", "item", "created_at", "scheduled_at", "scheduled_zone", "scheduled_local",
        "publications",
    ]  # fmt: skip
    assert (body["item"], body["scheduled_at"]) == (str(item.pk), None)
    publication = body["publications"][0]
    assert list(publication) == PUBLICATION
    assert publication["tracked_url"].startswith(f"{settings.PUBLIC_URL}/l/")
    assert publication["text"].startswith("I held the torch.")
    known = ("share", "item", "network", "account", "mode", "state", "reason")
    assert [publication[name] for name in known] == [
        body["id"], str(item.pk), "linkedin", str(linkedin.pk), "api", "ready", "new",
    ]  # fmt: skip
    assert publication["attempts"] == 0
    assert publication["not_before"]
    for name in ("remote_id", "url", "published_at"):
        assert publication[name] is None
    assert made["Location"].endswith(f"/api/v1/shares/{body['id']}/")


def test_a_network_is_shared_on_by_hand_and_answered(
    ana_api: Program, press: dict[str, Any], linkedin: Account
) -> None:
    both = [*press["publications"], {"network": "xing", "text": "By hand"}]

    made = ana_api.share(press | {"publications": both}).json()["publications"]

    mine = next(one for one in made if one["network"] == "xing")
    assert (mine["account"], mine["mode"], mine["state"]) == (
        None,
        "assisted",
        "handed_off",
    )
    told = ana_api.ask(
        "post", f"/api/v1/publications/{mine['id']}/answer/", {"out": True}
    )
    assert (told.json()["state"], told.json()["reason"]) == ("published", "declared")


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"network": "facebook", "text": "Off here"}, "publications.0.network"),
        ({"text": "Nowhere"}, "publications.0.account"),
        ({"network": "threads", "text": "a" * 501}, "publications.0.text"),
    ],
)
def test_what_cannot_be_shared_by_hand_is_said_at_its_place(
    ana_api: Program, press: dict[str, Any], wrong: dict[str, str], place: str
) -> None:
    answer = ana_api.share(press | {"publications": [wrong]})

    assert list(errors_of(answer)) == [place]


def test_a_publication_that_is_out_tells_where(
    ana_api: Program, ana: Membership, press: dict[str, Any]
) -> None:
    pk = ana_api.share(press).json()["publications"][0]["id"]
    address = "https://www.linkedin.com/feed/update/urn:li:share:1/"
    update(
        ana, state=State.PUBLISHED, remote_id="urn:li:share:1", url=address,
        published_at=timezone.now(),
    )  # fmt: skip

    body = ana_api.get(f"publications/{pk}/").json()

    assert list(body) == PUBLICATION
    assert (body["state"], body["remote_id"]) == ("published", "urn:li:share:1")
    assert body["url"] == address
    assert body["published_at"]


def test_lists_and_single_objects_read_alike(
    ana_api: Program, press: dict[str, Any]
) -> None:
    share = ana_api.share(press).json()
    publication = share["publications"][0]

    assert ana_api.get("shares/").json() == {
        "count": 1, "next": None, "previous": None, "results": [share],
    }  # fmt: skip
    assert ana_api.get(f"shares/{share['id']}/").json() == share
    assert ana_api.get("publications/").json()["results"] == [publication]
    assert ana_api.get(f"publications/{publication['id']}/").json() == publication


def test_accounts_are_ones_own_and_tell_no_secret(
    ana_api: Program, linkedin: Account, x: Account, their_account: Account, mo: Any
) -> None:
    make_account(mo, "linkedin", remote_id="mo")
    with acting_for(linkedin.tenant_id):
        x.state, x.access_token, x.refresh_token = "disconnected", b"", b""
        x.save()

    answer = ana_api.get("accounts/")

    found = answer.json()["results"]
    assert [row["id"] for row in found] == [str(linkedin.pk)]
    assert list(found[0]) == [
        "id", "network", "handle", "name", "state", "connected_at",
    ]  # fmt: skip
    assert "canary" not in answer.content.decode().lower()


def test_the_feed_shows_what_can_be_shared_and_whether_it_was(
    ana_api: Program, mo_api: Program, press: dict[str, Any], draft: Item, acme: Tenant
) -> None:
    make_item(acme, ends_at=timezone.now() - timedelta(days=1))
    ana_api.share(press)

    mine, others = ana_api.get("feed/").json(), mo_api.get("feed/").json()

    assert mine["count"] == 1
    assert mine["results"][0]["shared"] is True
    assert others["results"][0]["shared"] is False
    assert {"title", "suggested_texts", "topics"} < set(mine["results"][0])


# -- The same press again -----------------------------------------------------------------


def test_the_same_key_gives_the_same_share_whatever_the_body_says(
    ana_api: Program, ana: Membership, press: dict[str, Any]
) -> None:
    first = ana_api.share(press)

    again = ana_api.share(press)
    other = ana_api.share(press | {"item": "nothing"})
    broken = ana_api.share("{")

    assert first.status_code == 201
    for answer in (again, other, broken):
        assert answer.status_code == 200
        assert answer.json() == first.json()
    assert len(rows(ana)) == 1


def test_another_key_is_another_share(
    ana_api: Program, ana: Membership, press: dict[str, Any]
) -> None:
    assert ana_api.share(press, "1").status_code == 201
    assert ana_api.share(press, "2").status_code == 201
    assert len(rows(ana)) == 2


def test_a_key_belongs_to_its_member(
    ana_api: Program, mo_api: Program, mo: Membership, press: dict[str, Any]
) -> None:
    account = make_account(mo, "linkedin", remote_id="mo")
    part = {"account": str(account.pk), "text": "Mine."}
    first = ana_api.share(press)

    second = mo_api.share(press | {"publications": [part]})

    assert second.status_code == 201
    assert second.json()["id"] != first.json()["id"]


@pytest.mark.parametrize("key", [None, "", "  ", "x" * 81, "a\tb", "bell\x07"])
def test_a_key_is_required_and_printable(
    ana_api: Program, ana: Membership, press: dict[str, Any], key: str | None
) -> None:
    headers = {} if key is None else {"idempotency-key": key}

    found = errors_of(ana_api.ask("post", "shares/", press, headers=headers))

    assert list(found) == ["Idempotency-Key"]
    assert rows(ana) == []


@pytest.mark.parametrize("key", ["x" * 80, "ü-key", '"quoted"', "a/b c"])
def test_any_printable_key_will_do(
    ana_api: Program, press: dict[str, Any], key: str
) -> None:
    assert ana_api.share(press, key).status_code == 201
    assert ana_api.share(press, key).status_code == 200


@COMMITTED
def test_two_presses_at_the_same_moment_make_one_share(
    ana_api: Program, ana: Membership, press: dict[str, Any]
) -> None:
    start = Barrier(2)

    def go(_number: int) -> Any:
        try:
            start.wait()
            return Program(ana_api.token).share(press)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(go, range(2)))

    assert sorted(answer.status_code for answer in answers) == [200, 201]
    assert answers[0].json() == answers[1].json()
    assert (len(rows(ana)), len(rows(ana, Publication))) == (1, 1)


# -- What is refused ----------------------------------------------------------------------


def test_ids_of_others_are_unknown_ids(
    ana_api: Program,
    ana: Membership,
    mo: Membership,
    press: dict[str, Any],
    their_item: Item,
    their_account: Account,
) -> None:
    nothing = "01900000-0000-7000-8000-000000000000"
    colleagues = make_account(mo, "linkedin", remote_id="mo")

    item_words = {
        tuple(errors_of(ana_api.share(press | {"item": str(pk)}))["item"])
        for pk in (nothing, their_item.pk)
    }
    account_words = {
        tuple(
            errors_of(
                ana_api.share(
                    press | {"publications": [{"account": str(pk), "text": "a"}]}
                )
            )["publications.0.account"]
        )
        for pk in (nothing, their_account.pk, colleagues.pk)
    }

    assert item_words == {("There is no such item.",)}
    assert account_words == {("You have no such account.",)}
    assert rows(ana) == []


def test_what_the_composer_refuses_is_refused_at_its_field(
    ana_api: Program, ana: Membership, press: dict[str, Any], x: Account
) -> None:
    first = press["publications"][0]
    long = {"account": str(x.pk), "text": "x" * 400}

    def wrong(**changes: Any) -> set[str]:
        return set(errors_of(ana_api.share(press | changes)))

    assert wrong(publications=[first, long]) == {"publications.1.text"}
    assert wrong(publications=[long | {"text": " "}]) == {"publications.0.text"}
    assert wrong(publications=[first, first]) == {"publications.1.account"}
    assert wrong(publications=[]) == {"publications"}
    assert wrong(scheduled_at="2020-01-01T00:00:00Z") == {"scheduled_at"}
    assert rows(ana) == []


def test_an_item_that_is_over_is_not_shared(
    ana_api: Program, press: dict[str, Any], item: Item, acme: Tenant
) -> None:
    with acting_for(acme):
        item.state = Item.State.ARCHIVED
        item.save()

    assert set(errors_of(ana_api.share(press))) == {"item"}


def test_guidelines_are_read_before_the_first_share(
    ana_api: Program, cora: Membership, press: dict[str, Any]
) -> None:
    with acting_for(cora.tenant_id):
        write_guideline(
            by=cora, title="Kind words", introduction="", publish=True,
            rules=[RuleText(do="Thank people.")], now=timezone.now(),
        )  # fmt: skip

    assert set(errors_of(ana_api.share(press))) == {"guidelines"}

    pk = ana_api.get("guidelines/").json()["results"][0]["id"]
    assert ana_api.post(f"guidelines/{pk}/acknowledge/").status_code == 200
    assert ana_api.share(press).status_code == 201


def test_a_scheduled_share_waits_for_its_time(
    ana_api: Program, press: dict[str, Any]
) -> None:
    when = timezone.now().replace(microsecond=0) + timedelta(days=2)

    body = ana_api.share(press | {"scheduled_at": when.isoformat()}).json()

    publication = body["publications"][0]
    assert (publication["state"], publication["reason"]) == ("ready", "scheduled")
    for moment in (body["scheduled_at"], publication["not_before"]):
        assert DateTimeField().to_internal_value(moment) == when


def test_a_scheduled_share_tells_zone_and_wall_time(
    ana_api: Program, press: dict[str, Any]
) -> None:
    day = (timezone.localdate() + timedelta(days=2)).isoformat()

    body = ana_api.share(press | {"scheduled_at": f"{day}T10:30"}).json()
    now = ana_api.share(press, key="now").json()

    assert body["scheduled_zone"] == "Europe/Copenhagen"
    assert body["scheduled_local"] == f"{day}T10:30:00"
    assert body["scheduled_at"].startswith(f"{day}T")
    assert (now["scheduled_zone"], now["scheduled_local"]) == (None, None)


def test_the_rules_of_the_tenant_are_errors_at_the_time(
    ana_api: Program, ana: Membership, press: dict[str, Any], acme: Tenant
) -> None:
    with acting_for(acme):
        rules = SharingRules.objects.create(
            tenant=acme, quiet_from=time(18), quiet_until=time(7)
        )
    day = (timezone.localdate() + timedelta(days=2)).isoformat()

    quiet = ana_api.share(press | {"scheduled_at": f"{day}T20:00"})

    assert "Quiet hours at your workplace" in errors_of(quiet)["scheduled_at"][0]
    with acting_for(acme):
        SharingRules.objects.for_tenant(acme).filter(pk=rules.pk).update(most_per_day=1)
    loud = press | {"scheduled_at": f"{day}T10:00"}
    assert ana_api.share(loud, key="first").status_code == 201
    assert "is free" in errors_of(ana_api.share(loud, key="second"))["scheduled_at"][0]
    assert len(rows(ana)) == 1


BAD = [
    (None, "body"), ([], "body"), ("text", "body"), (5, "body"),
    ({"item": None}, "item"), ({"item": 5}, "item"), ({"item": "\0"}, "item"),
    ({"item": ["a"]}, "item"), ({"item": 10**400}, "item"), ({"item": "x" * 9999}, "item"),
    ({"item": "\ud800"}, "item"), ({"item": {"id": 1}}, "item"),
    ({"publications": None}, "publications"), ({"publications": {}}, "publications"),
    ({"publications": "all"}, "publications"), ({"publications": [5]}, "publications.0"),
    ({"publications": [[]]}, "publications.0"), ({"publications": [None]}, "publications.0"),
    ({"publications": [{}] * 21}, "publications"),
    ({"publications": [{"text": "a"}]}, "publications.0.account"),
    ({"scheduled_at": 5}, "scheduled_at"), ({"scheduled_at": "soon"}, "scheduled_at"),
    ({"scheduled_at": "2099-01-01T00:00:00Z"}, "scheduled_at"),
    ({"scheduled_at": "9999-12-31T23:59:59-23:59"}, "scheduled_at"),
    ({"scheduled_at": []}, "scheduled_at"), ({"scheduled_at": "0001-01-01T00:00"}, "scheduled_at"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "place"), BAD, ids=lambda value: repr(value)[:40])
def test_a_bad_body_is_an_error_at_its_place_and_nothing_is_stored(
    ana_api: Program, ana: Membership, press: dict[str, Any], change: Any, place: str
) -> None:
    body = press | change if isinstance(change, dict) else change

    found = errors_of(ana_api.share(json.dumps(body)))

    assert place in found
    assert rows(ana) == rows(ana, Publication) == []


@pytest.mark.parametrize(
    "text", [None, 5, ["a"], {"a": 1}, "nul \0", "half \ud800", "x" * 10_001]
)
def test_a_bad_text_is_an_error_at_its_place(
    ana_api: Program, press: dict[str, Any], text: Any
) -> None:
    part = press["publications"][0] | {"text": text}

    found = errors_of(ana_api.share(press | {"publications": [part]}))

    assert set(found) == {"publications.0.text"}


def test_emoji_and_right_to_left_words_are_words(
    ana_api: Program, press: dict[str, Any]
) -> None:
    words = "שלום 👩🏽‍🔧 مرحبا\nÆØÅ"
    part = press["publications"][0] | {"text": words}

    body = ana_api.share(press | {"publications": [part]}).json()

    assert body["publications"][0]["text"].startswith(words)


# -- Afterwards ---------------------------------------------------------------------------


def test_a_share_is_cancelled_until_it_goes_out(
    ana_api: Program, ana: Membership, press: dict[str, Any]
) -> None:
    pk = ana_api.share(press).json()["id"]

    cancelled = ana_api.post(f"shares/{pk}/cancel/")

    assert cancelled.status_code == 200
    assert cancelled.json()["publications"][0]["state"] == "cancelled"
    assert ana_api.post(f"shares/{pk}/cancel/").status_code == 200


def test_what_is_going_out_is_not_cancelled(
    ana_api: Program, ana: Membership, press: dict[str, Any]
) -> None:
    share = ana_api.share(press).json()
    later = timezone.now() + timedelta(minutes=1)
    update(ana, state=State.SENDING, lease_until=later, sending_at=timezone.now())

    problem_of(ana_api.post(f"shares/{share['id']}/cancel/"), 409)
    publication = share["publications"][0]["id"]
    for action in ("cancel", "retry"):
        problem_of(ana_api.post(f"publications/{publication}/{action}/"), 409)
    answer = ana_api.ask("post", f"publications/{publication}/answer/", {"out": True})
    problem_of(answer, 409)


def test_a_member_settles_what_could_not_be_confirmed(
    ana_api: Program, ana: Membership, press: dict[str, Any]
) -> None:
    pk = ana_api.share(press).json()["publications"][0]["id"]
    update(ana, state=State.NEEDS_USER, reason="unconfirmed", sending_at=timezone.now())

    assert "out" in errors_of(ana_api.ask("post", f"publications/{pk}/answer/", {}))
    answer = ana_api.ask("post", f"publications/{pk}/answer/", {"out": True})

    assert answer.json()["state"] == "published"


def test_a_publication_is_tried_again_when_it_is_known_not_to_be_out(
    ana_api: Program, ana: Membership, press: dict[str, Any]
) -> None:
    pk = ana_api.share(press).json()["publications"][0]["id"]
    update(ana, state=State.NEEDS_USER, reason="gave_up")

    assert ana_api.post(f"publications/{pk}/retry/").json()["state"] == "ready"


@pytest.mark.parametrize("who", ["mo_api", "cora_api", "ada_api", "eve_api"])
def test_shares_and_publications_of_others_do_not_exist(
    request: Any, ana_api: Program, press: dict[str, Any], who: str
) -> None:
    stranger = request.getfixturevalue(who)
    share = ana_api.share(press).json()
    publication = share["publications"][0]["id"]

    for method, path in (
        ("get", f"shares/{share['id']}/"),
        ("post", f"shares/{share['id']}/cancel/"),
        ("get", f"publications/{publication}/"),
        ("post", f"publications/{publication}/cancel/"),
        ("post", f"publications/{publication}/retry/"),
        ("post", f"publications/{publication}/answer/"),
        ("get", f"accounts/{share['publications'][0]['account']}/"),
    ):
        body = {"out": True} if method == "post" else None
        problem_of(stranger.ask(method, path, body), 404)
    for path in ("shares/", "publications/", "accounts/"):
        assert stranger.get(path).json()["count"] == 0


def test_publications_are_filtered(ana_api: Program, press: dict[str, Any]) -> None:
    first = ana_api.share(press, "1").json()
    second = ana_api.share(press, "2").json()
    ana_api.post(f"shares/{first['id']}/cancel/")

    def shares(query: str) -> list[str]:
        found = ana_api.get(f"publications/?{query}").json()["results"]
        return [row["share"] for row in found]

    assert shares("") == [second["id"], first["id"]]
    assert shares("state=cancelled") == [first["id"]]
    assert shares("state=ready&state=cancelled") == [second["id"], first["id"]]
    assert shares("state=published") == []
    assert shares(f"share={second['id']}") == [second["id"]]
    assert shares("updated_since=2020-01-01T00:00:00Z") == [second["id"], first["id"]]
    assert shares("updated_since=2099-01-01T00:00:00Z") == []
    assert ana_api.get(f"shares/?item={press['item']}").json()["count"] == 2


@pytest.mark.parametrize(
    "query",
    [
        "state=out", "state=", "state=%00", "share=5", "share=%00", "updated_since=5",
        "updated_since=yesterday", "updated_since=0001-01-01T00:00:00Z", "page_size=0",
        "page_size=-1", "page_size=many", "page_size=%C2%B2", "state=ready&state=out",
    ],
)  # fmt: skip
def test_a_wrong_filter_is_an_error_at_its_name(ana_api: Program, query: str) -> None:
    found = errors_of(ana_api.get(f"publications/?{query}"))

    assert {name.partition(".")[0] for name in found} == {query.partition("=")[0]}


@pytest.mark.parametrize("page", ["0", "-1", "2", "none", "9" * 5000, "%00", "1e3"])
@pytest.mark.parametrize("path", ["publications/", "items/", "guidelines/", "feed/"])
def test_a_page_that_is_not_there_is_not_found(
    ana_api: Program, path: str, page: str
) -> None:
    problem_of(ana_api.get(f"{path}?page={page}"), 404)


def test_a_huge_page_size_is_cut(ana_api: Program, press: dict[str, Any]) -> None:
    ana_api.share(press)

    assert ana_api.get(f"publications/?page_size={'9' * 5000}").status_code == 200
