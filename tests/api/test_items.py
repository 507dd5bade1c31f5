from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from content_library.models import Item
from tenants.models import Membership, Tenant
from tenants.scoping import acting_for
from tests.api.conftest import Program, errors_of, problem_of
from tests.sharing.conftest import make_item

pytestmark = pytest.mark.django_db

WRITTEN = {
    "title": "Café på taget 🌞",
    "summary": "Nine gardens.",
    "why": "They will want one.",
    "source_url": "https://acme.example/roof",
    "source_name": "Acme",
    "topics": ["Green", "Offices"],
    "suggested_texts": [
        {"network": "linkedin", "text": "Come and see."},
        {"network": "", "text": "Look up!"},
    ],
    "starts_at": "2026-01-01T09:00:00+01:00",
    "ends_at": "2099-01-01T09:00:00+01:00",
}
UNCHANGED = ("title", "summary", "why", "source_url", "source_name", "topics")
FIELDS = {
    "id", "kind", "state", "title", "summary", "why", "source_url", "source_name",
    "image_url", "media", "topics", "suggested_texts", "starts_at", "ends_at", "created_at",
    "approved_at", "clicks",
}  # fmt: skip


def test_a_written_item_reads_exactly_as_promised(cora_api: Program) -> None:
    made = cora_api.ask("post", "items/", WRITTEN)

    body = made.json()
    assert made.status_code == 201
    assert set(body) == FIELDS
    assert (body["kind"], body["state"]) == ("link", "draft")
    assert body["image_url"] is body["approved_at"] is None
    assert body["media"] == []
    assert body["clicks"] == {"raw": 0, "machine": 0, "human": 0, "confirmed": None}
    assert body["suggested_texts"] == WRITTEN["suggested_texts"]
    assert {name: body[name] for name in UNCHANGED} == {
        name: WRITTEN[name] for name in UNCHANGED
    }
    assert cora_api.get(f"items/{body['id']}/").json() == body


def test_an_item_goes_from_draft_to_feed_to_archive(
    cora_api: Program, ana_api: Program
) -> None:
    pk = cora_api.ask("post", "items/", WRITTEN).json()["id"]

    approved = cora_api.post(f"items/{pk}/approve/")

    assert approved.json()["state"] == "approved"
    assert approved.json()["approved_at"]
    assert cora_api.post(f"items/{pk}/approve/").json() == approved.json()
    assert [row["id"] for row in ana_api.get("feed/").json()["results"]] == [pk]
    assert cora_api.post(f"items/{pk}/archive/").json()["state"] == "archived"
    assert ana_api.get("feed/").json()["results"] == []


def test_put_writes_anew_and_patch_changes_what_it_names(cora_api: Program) -> None:
    pk = cora_api.ask("post", "items/", WRITTEN).json()["id"]

    patched = cora_api.ask("patch", f"items/{pk}/", {"title": "Roof"}).json()
    put = cora_api.ask(
        "put", f"items/{pk}/", {"title": "A", "source_url": "https://acme.example/a"}
    ).json()

    assert patched["title"] == "Roof"
    assert patched["topics"] == WRITTEN["topics"]
    assert patched["suggested_texts"] == WRITTEN["suggested_texts"]
    assert patched["starts_at"]
    assert (put["title"], put["summary"], put["topics"]) == ("A", "", [])
    assert put["suggested_texts"] == []
    assert put["starts_at"] is None


def test_the_description_of_a_picture_survives_an_item_written_anew(
    cora_api: Program, acme: Tenant
) -> None:
    item = make_item(acme, image_alt="Two welders")

    body = {"title": "A", "source_url": "https://acme.example/a"}
    assert cora_api.ask("put", f"items/{item.pk}/", body).status_code == 200

    with acting_for(acme):
        item.refresh_from_db()
    assert item.image_alt == "Two welders"


def test_an_items_picture_has_an_address(cora_api: Program, acme: Tenant) -> None:
    item = make_item(acme, image="t/x/items/abcdefghij.jpg")

    address = cora_api.get(f"items/{item.pk}/").json()["image_url"]

    page = f"{settings.PUBLIC_URL}/t/acme/media/{item.pk}/"
    assert address == f"{page}?v={item.picture_version}"


def test_a_draft_is_deleted_and_an_approved_item_is_not(
    cora_api: Program, draft: Item, item: Item
) -> None:
    assert cora_api.delete(f"items/{draft.pk}/").status_code == 204
    assert cora_api.get(f"items/{draft.pk}/").status_code == 404

    problem_of(cora_api.delete(f"items/{item.pk}/"), 409)


def test_a_draft_is_not_archived(cora_api: Program, draft: Item) -> None:
    problem_of(cora_api.post(f"items/{draft.pk}/archive/"), 409)


def test_an_item_that_is_over_is_not_approved(cora_api: Program, acme: Tenant) -> None:
    over = timezone.now() - timedelta(days=1)
    item = make_item(acme, state="draft", approved_at=None, ends_at=over)

    assert "ends_at" in errors_of(cora_api.post(f"items/{item.pk}/approve/"))


@pytest.mark.parametrize("who", ["ana_api", "mo_api"])
def test_only_curators_write(
    request: Any, who: str, item: Item, cora_api: Program
) -> None:
    program = request.getfixturevalue(who)

    for method, path in (
        ("post", "items/"),
        ("put", f"items/{item.pk}/"),
        ("patch", f"items/{item.pk}/"),
        ("delete", f"items/{item.pk}/"),
        ("post", f"items/{item.pk}/approve/"),
        ("post", f"items/{item.pk}/archive/"),
    ):
        problem_of(program.ask(method, path, WRITTEN), 403)


def test_an_admin_writes_too(ada_api: Program) -> None:
    assert ada_api.ask("post", "items/", WRITTEN).status_code == 201


def test_drafts_and_what_has_not_begun_are_for_curators_only(
    ana_api: Program, cora_api: Program, item: Item, draft: Item, acme: Tenant
) -> None:
    soon = make_item(acme, starts_at=timezone.now() + timedelta(days=1))

    assert ana_api.get(f"items/{draft.pk}/").status_code == 404
    assert ana_api.get(f"items/{soon.pk}/").status_code == 404
    assert ana_api.get("items/").json()["count"] == 1
    assert cora_api.get("items/").json()["count"] == 3


def test_another_tenants_items_do_not_exist(
    cora_api: Program, eve_api: Program, item: Item, their_item: Item
) -> None:
    for method, rest in (
        ("get", ""),
        ("put", ""),
        ("patch", ""),
        ("delete", ""),
        ("post", "approve/"),
        ("post", "archive/"),
        ("get", "clicks/"),
    ):
        theirs = cora_api.ask(method, f"items/{their_item.pk}/{rest}", WRITTEN)
        ours = eve_api.ask(method, f"items/{item.pk}/{rest}", WRITTEN)
        assert (theirs.status_code, ours.status_code) == (404, 404)

    assert "CANARY" not in cora_api.get("items/").content.decode()


def test_items_are_filtered(cora_api: Program, item: Item, draft: Item) -> None:
    def titles(query: str) -> list[str]:
        return [
            row["title"] for row in cora_api.get(f"items/?{query}").json()["results"]
        ]

    cora_api.ask("patch", f"items/{item.pk}/", {"topics": ["Cables"]})

    assert titles("state=draft") == ["Draft"]
    assert titles("topic=cables") == [item.title]
    assert titles("topic=none") == []
    assert titles("updated_since=2099-01-01T00:00:00Z") == []
    assert len(titles("updated_since=2020-01-01T00:00:00+01:00")) == 2


def test_a_topic_keeps_one_spelling(cora_api: Program, eve_api: Program) -> None:
    for name in ("Green", "green"):
        cora_api.ask("post", "items/", WRITTEN | {"topics": [name]})

    found = cora_api.get("topics/").json()["results"]
    assert [topic["name"] for topic in found] == ["Green"]
    assert cora_api.get("topics/?name=GREEN").json()["count"] == 1
    assert eve_api.get("topics/").json()["count"] == 0


BAD = {
    "title": ["", "x" * 201, None, 5, ["a"], {"a": 1}, "nul \0", "half \ud800"],
    "summary": ["x" * 1001, 5, "nul \0"],
    "why": ["x" * 301, True],
    "source_url": [
        "", "javascript:alert(1)", "no address", "http://", "ftp://x.example/",
        "https://acme.example/" + "a" * 10_000, "https://a\0.example/", 7, None,
        "https://user:secret@acme.example/", "data:text/html,x", "https://[::1",
    ],
    "source_name": ["x" * 81],
    "kind": ["story", 4, ["link"], "\ud800"],
    "topics": ["one", [5], ["x" * 61], ["nul \0"], [f"t{n}" for n in range(9)], {}],
    "suggested_texts": [
        "one", ["one"], [{}], [{"text": ""}], [{"text": "x" * 3001}], [{"text": None}],
        [{"text": "a", "network": "nowhere"}], [{"text": "a", "network": 5}],
        [{"text": "\0"}], [{"text": "a"}] * 21, {"text": "a"}, 5,
    ],
    "starts_at": [
        "soon", 5, "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00", [], "\0", "1e9",
        "99999-01-01", "2026-02-30T00:00:00Z",
    ],
    "ends_at": ["2025-01-01T00:00:00Z"],
}  # fmt: skip


@pytest.mark.parametrize("method", ["post", "put", "patch"])
@pytest.mark.parametrize(
    ("field", "value"), [(name, value) for name in BAD for value in BAD[name]]
)
def test_a_bad_value_is_an_error_at_its_field_and_nothing_is_written(
    cora_api: Program,
    draft: Item,
    cora: Membership,
    method: str,
    field: str,
    value: Any,
) -> None:
    path = "items/" if method == "post" else f"items/{draft.pk}/"

    found = errors_of(cora_api.ask(method, path, WRITTEN | {field: value}))

    assert {name.partition(".")[0] for name in found} == {field}
    with acting_for(cora.tenant_id):
        rows = Item.objects.for_tenant(cora.tenant_id).values_list("title", flat=True)
        assert list(rows) == ["Draft"]


def test_errors_inside_lists_name_their_place(cora_api: Program) -> None:
    texts = [{"text": "fine"}, {"text": "", "network": "nowhere"}]

    found = errors_of(
        cora_api.ask("post", "items/", WRITTEN | {"suggested_texts": texts})
    )

    assert set(found) == {"suggested_texts.1.text", "suggested_texts.1.network"}


def test_a_missing_field_is_named(cora_api: Program) -> None:
    assert set(errors_of(cora_api.ask("post", "items/", {}))) == {"title"}
    without = cora_api.ask("post", "items/", {"title": "A"})
    assert set(errors_of(without)) == {"source_url"}
