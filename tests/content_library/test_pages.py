"""The curators' list, what they do there, and the pictures members see."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from content_library.models import Item, Shelf
from content_library.services import archive_item
from tenants.models import Membership, Tenant
from tenants.scoping import acting_for

from .conftest import Write, image_bytes

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
LIST = "/t/acme/library/"


@pytest.fixture
def curator(client: Client, cora: Membership) -> Client:
    client.force_login(cora.user)
    return client


@pytest.fixture
def full(write: Write, cora: Membership, eve: Membership) -> dict[str, Item]:
    """One item on each shelf, by the shelf's name."""
    now = timezone.now()
    write(eve, "live of another tenant", approve=True, now=now)
    items = {
        "draft": write(cora, "A draft"),
        "live": write(cora, "A live one", approve=True, now=now),
        "scheduled": write(
            cora, "A later one", approve=True, now=now, starts_at=now + HOUR
        ),
        "expired": write(
            cora, "An old one", approve=True, now=now - 2 * HOUR, ends_at=now - HOUR
        ),
        "archived": write(cora, "A stored one", approve=True, now=now),
    }
    with acting_for(cora.tenant_id):
        items["archived"] = archive_item(by=cora, item=items["archived"])
    return items


def titles(response: Any) -> list[str]:
    return [row.item.title for row in response.context["library"].rows]


def act(client: Client, action: str, item: Item, **data: str) -> Any:
    url = reverse(f"content_library:{action}", args=["acme", item.pk])
    return client.post(url, data)


def state(item: Item) -> str:
    with acting_for(item.tenant_id):
        return Item.objects.for_tenant(item.tenant_id).get(pk=item.pk).state


# -- The list ----------------------------------------------------------------------------


@pytest.mark.parametrize("shelf", Shelf.values)
def test_each_shelf_shows_its_items_and_counts_all(
    shelf: str, curator: Client, full: dict[str, Item]
) -> None:
    response = curator.get(LIST, {"shelf": shelf})

    assert titles(response) == [full[shelf].title]
    assert [tab["count"] for tab in response.context["tabs"]] == [1] * 5


def test_the_list_begins_with_what_is_live(
    curator: Client, full: dict[str, Item]
) -> None:
    assert titles(curator.get(LIST)) == ["A live one"]


def test_where_nothing_is_live_it_begins_with_the_drafts(
    write: Write, curator: Client, cora: Membership
) -> None:
    write(cora, "A draft")

    assert titles(curator.get(LIST)) == ["A draft"]


def test_an_empty_library_offers_one_thing_to_do(curator: Client) -> None:
    html = curator.get(LIST).content.decode()

    assert "The library is empty" in html
    assert "Add the first item" in html


@pytest.mark.parametrize("words", ["LIVE", "a li"])
def test_titles_are_searched_whatever_the_case(
    words: str, curator: Client, full: dict[str, Item]
) -> None:
    response = curator.get(LIST, {"q": words})

    assert titles(response) == ["A live one"]
    assert [tab["count"] for tab in response.context["tabs"]] == [0, 1, 0, 0, 0]


@pytest.mark.parametrize("words", ["%", "_", "\\", "\x00", "x" * 5000, "'; --"])
def test_odd_words_find_nothing_odd(
    words: str, curator: Client, full: dict[str, Item]
) -> None:
    assert curator.get(LIST, {"q": words}).status_code == 200


@pytest.mark.parametrize(
    "query",
    [{"shelf": "secret"}, {"shelf": "x\x00"}, {"page": "999999999999"}, {"page": "x"}],
)
def test_an_odd_address_shows_the_list(
    query: dict[str, str], curator: Client, full: dict[str, Item]
) -> None:
    assert titles(curator.get(LIST, query)) == ["A live one"]


def test_a_long_shelf_comes_in_pages(
    write: Write, curator: Client, cora: Membership
) -> None:
    for number in range(23):
        write(cora, f"Draft {number}")

    assert len(titles(curator.get(LIST, {"shelf": "draft"}))) == 20
    assert len(titles(curator.get(LIST, {"shelf": "draft", "page": "2"}))) == 3


def test_ten_queries_whatever_the_number_of_items(
    write: Write, curator: Client, cora: Membership
) -> None:
    for number in range(15):
        write(cora, f"Draft {number}", topics=["Wind", f"Topic {number}"])
    curator.get(LIST)

    with CaptureQueriesContext(connection) as captured:
        curator.get(LIST, {"shelf": "draft"})

    asked = [q["sql"] for q in captured if not q["sql"].startswith(FRAME)]
    assert len(asked) <= 10
    assert len([sql for sql in asked if "content_library" in sql]) == 3


FRAME = ("SAVEPOINT", "RELEASE", "SELECT set_config")


# -- Approve, archive, delete -------------------------------------------------------------


def test_a_draft_is_approved_in_the_list(
    curator: Client, full: dict[str, Item]
) -> None:
    response = act(curator, "approve", full["draft"])

    assert response.url == f"{LIST}?shelf=live"
    assert state(full["draft"]) == Item.State.APPROVED


def test_a_live_item_is_archived_and_approved_again(
    curator: Client, full: dict[str, Item]
) -> None:
    act(curator, "archive", full["live"])
    assert state(full["live"]) == Item.State.ARCHIVED

    act(curator, "approve", full["live"])
    assert state(full["live"]) == Item.State.APPROVED


def test_an_item_whose_window_is_over_asks_for_another_end(
    write: Write, curator: Client, cora: Membership
) -> None:
    item = write(cora, ends_at=timezone.now() - HOUR)

    response = act(curator, "approve", item)

    assert response.url == f"{LIST}{item.pk}/"
    assert state(item) == Item.State.DRAFT


def test_a_draft_is_deleted_for_good(
    curator: Client, full: dict[str, Item], acme: Tenant
) -> None:
    act(curator, "delete", full["draft"])

    with acting_for(acme):
        assert not Item.objects.for_tenant(acme).filter(pk=full["draft"].pk).exists()


def test_what_members_may_have_shared_is_not_deleted(
    curator: Client, full: dict[str, Item]
) -> None:
    act(curator, "delete", full["live"])

    assert state(full["live"]) == Item.State.APPROVED


def test_a_draft_is_not_archived(curator: Client, full: dict[str, Item]) -> None:
    act(curator, "archive", full["draft"])

    assert state(full["draft"]) == Item.State.DRAFT


def test_a_curator_returns_to_the_page_they_were_on(
    curator: Client, full: dict[str, Item]
) -> None:
    back = f"{LIST}?shelf=live&page=2"

    assert act(curator, "archive", full["live"], next=back).url == back


# -- Who may -----------------------------------------------------------------------------

ACTIONS = ["edit", "approve", "archive", "delete"]


@pytest.mark.parametrize("name", ["ana", "mo"])
def test_who_is_no_curator_changes_nothing(
    name: str, client: Client, full: dict[str, Item], request: Any
) -> None:
    client.force_login(request.getfixturevalue(name).user)

    assert client.get(LIST).status_code == 403
    for action in ACTIONS:
        assert act(client, action, full["draft"]).status_code == 403
    assert state(full["draft"]) == Item.State.DRAFT


@pytest.mark.parametrize("action", ACTIONS)
def test_another_tenants_item_is_not_found(
    action: str, write: Write, curator: Client, eve: Membership
) -> None:
    theirs = write(eve)

    assert act(curator, action, theirs).status_code == 404
    assert state(theirs) == Item.State.DRAFT


@pytest.mark.parametrize("action", ["approve", "archive", "delete"])
def test_a_link_alone_changes_nothing(
    action: str, curator: Client, full: dict[str, Item]
) -> None:
    url = reverse(f"content_library:{action}", args=["acme", full["draft"].pk])

    assert curator.get(url).status_code == 405


# -- Pictures ------------------------------------------------------------------------------


@pytest.fixture
def pictured(write: Write, cora: Membership) -> Item:
    picture = ContentFile(image_bytes(kind="JPEG"), name="x.jpg")
    return write(cora, approve=True, picture=picture)


def picture_of(item: Item, slug: str = "acme") -> str:
    return reverse("content_library:media", args=[slug, item.pk])


def test_a_member_sees_the_picture_as_nothing_but_a_picture(
    client: Client, ana: Membership, pictured: Item
) -> None:
    client.force_login(ana.user)

    response = client.get(picture_of(pictured))

    assert response.content == image_bytes(kind="JPEG")
    assert response["Content-Type"] == "image/jpeg"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("version", "kept"),
    [("{}", "private, max-age=31536000, immutable"), ("old", "private, no-cache")],
)
def test_a_browser_keeps_a_picture_while_its_address_names_the_version(
    version: str, kept: str, client: Client, ana: Membership, pictured: Item
) -> None:
    client.force_login(ana.user)

    url = f"{picture_of(pictured)}?v={version.format(pictured.picture_version)}"

    assert client.get(url)["Cache-Control"] == kept


def test_the_version_changes_with_the_picture(
    write: Write, cora: Membership, pictured: Item
) -> None:
    picture = ContentFile(image_bytes(kind="JPEG"), name="x.jpg")

    changed = write(cora, item=pictured, picture=picture)

    assert changed.picture_version != pictured.picture_version


def test_a_stranger_finds_no_picture(
    client: Client, eve: Membership, pictured: Item
) -> None:
    client.force_login(eve.user)

    assert client.get(picture_of(pictured)).status_code == 404
    assert client.get(picture_of(pictured, "globex")).status_code == 404


def test_nobody_at_all_is_asked_to_sign_in(client: Client, pictured: Item) -> None:
    assert client.get(picture_of(pictured)).status_code == 302


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({}, 404),
        ({"approve": True, "starts_at": timezone.now() + HOUR}, 404),
        ({"approve": True, "ends_at": timezone.now() + HOUR}, 200),
    ],
    ids=["draft", "embargoed", "live"],
)
def test_a_picture_is_seen_no_sooner_than_its_item(
    values: dict[str, Any],
    status: int,
    write: Write,
    client: Client,
    cora: Membership,
    ana: Membership,
) -> None:
    picture = ContentFile(image_bytes(kind="JPEG"), name="x.jpg")
    item = write(cora, picture=picture, **values)

    client.force_login(ana.user)
    assert client.get(picture_of(item)).status_code == status
    client.force_login(cora.user)
    assert client.get(picture_of(item)).status_code == 200


def test_a_lost_file_is_not_found(
    client: Client, ana: Membership, pictured: Item
) -> None:
    pictured.image.storage.delete(pictured.image.name)
    client.force_login(ana.user)

    assert client.get(picture_of(pictured)).status_code == 404
