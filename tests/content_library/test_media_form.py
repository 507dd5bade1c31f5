"""A curator gives an item pictures, a video or a PDF; with no script at all."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from content_library import item_media
from content_library.models import Item, ItemMedia
from tenants.models import Membership, Tenant
from tenants.scoping import acting_for
from tenants.tokens import create_api_token

from .conftest import Write, image_bytes
from .files import PDF, a_film, an_animation, uploaded
from .test_form import curator, edit, filled, new, stored

__all__ = ["curator"]

pytestmark = pytest.mark.django_db


def send(client: Client, url: str | None = None, **changes: Any) -> Any:
    url = url or new()
    return client.post(url, filled(client, url) | {"media-here": "1"} | changes)


def files_of(tenant: Tenant) -> list[ItemMedia]:
    item = stored(tenant)
    with acting_for(tenant):
        return item_media.media_of(item)


def pictures(count: int) -> list[Any]:
    return [uploaded(image_bytes((20 + n, 20)), f"p{n}.png") for n in range(count)]


@pytest.fixture
def kept(cora: Membership) -> list[ItemMedia]:
    """Three pictures that wait for an item."""
    return [item_media.keep_upload(by=cora, upload=one) for one in pictures(3)]


def ids(files: list[ItemMedia]) -> list[str]:
    return [str(one.pk) for one in files]


# -- Saving ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "kind"),
    [(a_film(), "video"), (PDF, "document"), (an_animation(), "image")],
)
def test_an_item_needs_no_address_when_it_has_a_file(
    curator: Client, acme: Tenant, data: bytes, kind: str
) -> None:
    answer = send(curator, source_url="", files=[uploaded(data)], action="approve")

    assert answer.url == "/t/acme/library/?shelf=live"
    assert stored(acme).source_url == ""
    assert [one.kind for one in files_of(acme)] == [kind]


def test_an_item_with_neither_says_so_at_the_address(
    curator: Client, acme: Tenant
) -> None:
    answer = send(curator, source_url="")

    assert answer.status_code == 422
    assert "web address" in str(answer.context["editor"].form["source_url"].errors)
    with acting_for(acme):
        assert not Item.objects.for_tenant(acme).exists()


def test_the_order_and_the_words_are_kept(
    curator: Client, acme: Tenant, kept: list[ItemMedia]
) -> None:
    first, second, third = ids(kept)

    send(curator, media=[third, first, second], **{f"alt-{first}": " Cables "})

    assert ids(files_of(acme)) == [third, first, second]
    assert [one.alt for one in files_of(acme)] == ["", "Cables", ""]


def test_what_is_left_out_is_taken_out(
    curator: Client, acme: Tenant, kept: list[ItemMedia]
) -> None:
    send(curator, media=ids(kept))

    send(curator, edit(stored(acme)), media=ids(kept)[:1])

    assert ids(files_of(acme)) == ids(kept)[:1]
    with acting_for(acme):
        gone = ItemMedia.objects.for_tenant(acme).get(pk=kept[1].pk)
        assert gone.removed_at


def test_a_form_without_the_section_leaves_the_files(
    curator: Client, acme: Tenant, kept: list[ItemMedia]
) -> None:
    send(curator, media=ids(kept))
    url = edit(stored(acme))

    curator.post(url, filled(curator, url, title="New title"))

    assert stored(acme).title == "New title"
    assert ids(files_of(acme)) == ids(kept)


# -- Mistakes ---------------------------------------------------------------------------------


def test_a_mistake_elsewhere_costs_no_upload(
    curator: Client, acme: Tenant, media: Path
) -> None:
    answer = send(curator, title="", files=pictures(2))

    rows = answer.context["editor"].media.rows
    assert answer.status_code == 422
    assert [row.media.name for row in rows] == ["p0", "p1"]
    assert answer.content.decode().count('name="media" value=') == 2

    send(curator, media=[str(row.media.pk) for row in rows])

    assert [one.name for one in files_of(acme)] == ["p0", "p1"]


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ([b""], "empty"),
        ([b"MZ a program"], "not a file we can use"),
        ([image_bytes(), PDF], "pictures, or one video, or one PDF"),
        ([a_film(), a_film()], "pictures, or one video, or one PDF"),
        ([image_bytes((9, 9))] * 21, "20 pictures are the most"),
    ],
    ids=["empty", "program", "mixed", "two films", "too many"],
)
def test_files_that_cannot_be_are_told_at_the_field(
    curator: Client, acme: Tenant, files: list[bytes], sentence: str
) -> None:
    answer = send(curator, files=[uploaded(one, "file.jpg") for one in files])

    assert answer.status_code == 422
    assert sentence in " ".join(answer.context["editor"].media.errors)
    assert 'id="id_files-error"' in answer.content.decode()
    with acting_for(acme):
        assert not Item.objects.for_tenant(acme).exists()


def test_a_file_beside_a_bad_one_is_kept_in_the_form(curator: Client) -> None:
    answer = send(curator, files=[uploaded(b"", "bad.jpg"), *pictures(1)])

    editor = answer.context["editor"]
    assert [row.media.name for row in editor.media.rows] == ["p0"]
    assert editor.media.errors[0].startswith("bad.jpg: ")


def test_words_that_are_too_many_are_kept_and_told(
    curator: Client, kept: list[ItemMedia]
) -> None:
    [pk] = ids(kept[:1])

    answer = send(curator, media=[pk], **{f"alt-{pk}": "x" * 1001})

    assert "1,000 characters" in answer.context["editor"].media.errors[0]
    assert answer.context["editor"].media.rows[0].alt == "x" * 1001


# -- Pressing what moves ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "number", "order"),
    [
        ("up", 1, [1, 0, 2]),
        ("up", 0, [0, 1, 2]),
        ("down", 1, [0, 2, 1]),
        ("down", 2, [0, 1, 2]),
        ("remove", 1, [0, 2]),
    ],
)
def test_files_are_moved_before_anything_is_saved(
    curator: Client,
    acme: Tenant,
    kept: list[ItemMedia],
    verb: str,
    number: int,
    order: list[int],
) -> None:
    wish = f"{verb}:{kept[number].pk}"

    answer = send(
        curator, title="", media=ids(kept), **{"media-do": wish, "summary": "Typed"}
    )

    editor = answer.context["editor"]
    assert answer.status_code == 200
    assert [row.media.pk for row in editor.media.rows] == [kept[n].pk for n in order]
    assert editor.form["summary"].value() == "Typed"
    assert '-error"' not in answer.content.decode()
    with acting_for(acme):
        assert not Item.objects.for_tenant(acme).exists()


def test_uploading_is_a_press_of_its_own(curator: Client, acme: Tenant) -> None:
    answer = send(curator, title="", action="upload", files=pictures(1))

    assert answer.status_code == 200
    assert len(answer.context["editor"].media.rows) == 1
    assert '-error"' not in answer.content.decode()


@pytest.mark.parametrize("wish", ["", "up", "up:", "sideways:1", "\0:\0", "remove:x"])
def test_an_odd_wish_moves_nothing(
    curator: Client, kept: list[ItemMedia], wish: str
) -> None:
    answer = send(curator, media=[*ids(kept), "\0", "x"], **{"media-do": wish})

    assert len(answer.context["editor"].media.rows) == 3


# -- Who may ---------------------------------------------------------------------------------


def test_another_tenants_file_is_no_file_of_ours(
    curator: Client, acme: Tenant, eve: Membership
) -> None:
    theirs = item_media.keep_upload(by=eve, upload=pictures(1)[0])

    send(curator, media=[str(theirs.pk)])

    assert files_of(acme) == []


def test_a_file_of_another_item_stays_there(
    curator: Client, acme: Tenant, kept: list[ItemMedia]
) -> None:
    send(curator, media=ids(kept))
    first = stored(acme)

    send(curator, title="Another", media=ids(kept))

    with acting_for(acme):
        assert len(item_media.media_of(first)) == 3


def test_one_file_is_uploaded_by_itself(curator: Client, acme: Tenant) -> None:
    answer = curator.post(
        reverse("content_library:upload", args=["acme"]), {"file": pictures(1)[0]}
    )

    assert answer.status_code == 200
    with acting_for(acme):
        media = ItemMedia.objects.for_tenant(acme).get()
    assert f'value="{media.pk}"' in answer.content.decode()
    assert media.item_id is None


@pytest.mark.parametrize("data", [b"", b"MZ"])
def test_a_bad_file_uploaded_by_itself_gets_one_plain_sentence(
    curator: Client, acme: Tenant, data: bytes, media: Path
) -> None:
    answer = curator.post(
        reverse("content_library:upload", args=["acme"]), {"file": uploaded(data)}
    )

    assert (answer.status_code, answer["Content-Type"]) == (
        422,
        "text/plain; charset=utf-8",
    )
    assert [path for path in media.rglob("*") if path.is_file()] == []


def test_only_curators_upload(client: Client, ana: Membership) -> None:
    client.force_login(ana.user)

    answer = client.post(
        reverse("content_library:upload", args=["acme"]), {"file": pictures(1)[0]}
    )

    assert answer.status_code == 403


def test_a_video_larger_than_a_form_may_be_is_taken_from_curators_alone(
    curator: Client, ana: Membership, eve: Membership, monkeypatch: Any
) -> None:
    """Of everybody else not a byte of it is read."""
    monkeypatch.setattr(settings, "MAX_BODY_BYTES", 1000)
    url = reverse("content_library:upload", args=["acme"])
    page = reverse(
        "content_library:approve", args=["acme", "0" * 8 + "-0000" * 3 + "-" + "0" * 12]
    )
    body = {"file": uploaded(image_bytes((400, 400), "PNG") + b"x" * 4000)}

    assert curator.post(url, body).status_code == 200
    body["file"].seek(0)
    assert curator.post(page, body).status_code == 413
    body["file"].seek(0)
    assert Client().post(url, body).status_code == 413
    for other in (ana, eve):
        body["file"].seek(0)
        browser = Client()
        browser.force_login(other.user)
        assert browser.post(url, body).status_code == 413


def test_four_gigabytes_are_refused_before_any_of_it_is_read(curator: Client) -> None:
    answer = curator.generic(
        "POST",
        reverse("content_library:upload", args=["acme"]),
        CONTENT_LENGTH=str(4 * 1024**3),
    )

    assert answer.status_code == 413
    assert "smaller file" in answer.content.decode()


# -- Looking ---------------------------------------------------------------------------------


@pytest.fixture
def film(write: Write, cora: Membership) -> ItemMedia:
    media = item_media.keep_upload(by=cora, upload=uploaded(a_film(), "Film.mp4"))
    chosen = [item_media.Chosen(media.pk)]
    write(cora, "Film", media=chosen, source_url="", approve=True)
    return media


def look(client: Client, media: ItemMedia, name: str = "file", **headers: str) -> Any:
    answer = client.get(
        reverse(f"content_library:{name}", args=["acme", media.pk]), headers=headers
    )
    answer.body = b"".join(answer) if answer.streaming else answer.content
    return answer


def test_members_watch_a_film_in_the_parts_their_player_asks_for(
    client: Client, ana: Membership, film: ItemMedia
) -> None:
    client.force_login(ana.user)

    answer = look(client, film, range="bytes=0-1")

    assert (answer.status_code, answer["Content-Type"]) == (206, "video/mp4")
    assert answer["Content-Range"] == f"bytes 0-1/{film.size}"
    assert len(answer.body) == 2
    assert look(client, film, "preview")["Content-Type"] == "image/jpeg"


def test_a_stranger_finds_no_film(
    client: Client, eve: Membership, film: ItemMedia
) -> None:
    client.force_login(eve.user)

    assert look(client, film).status_code == 404
    assert look(client, film, "preview").status_code == 404


def test_an_upload_is_seen_by_curators_and_nobody_else(
    curator: Client, ana: Membership, kept: list[ItemMedia]
) -> None:
    assert look(curator, kept[0]).status_code == 200

    curator.force_login(ana.user)
    assert look(curator, kept[0]).status_code == 404


def test_a_film_of_a_draft_is_not_seen_by_members(
    client: Client, ana: Membership, film: ItemMedia
) -> None:
    with acting_for(film.tenant_id):
        Item.objects.for_tenant(film.tenant_id).update(state="draft")
    client.force_login(ana.user)

    assert look(client, film).status_code == 404


def test_what_was_taken_out_is_seen_no_more(
    curator: Client, write: Write, cora: Membership, film: ItemMedia, acme: Tenant
) -> None:
    write(cora, item=stored(acme), media=[])

    assert look(curator, film).status_code == 404


def test_a_document_is_downloaded(curator: Client, cora: Membership) -> None:
    media = item_media.keep_upload(by=cora, upload=uploaded(PDF, "Report.pdf"))

    answer = look(curator, media)

    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer.body == PDF


def test_the_library_and_the_feed_show_what_an_item_has(
    curator: Client, join: Any, acme: Tenant, kept: list[ItemMedia]
) -> None:
    send(curator, media=ids(kept), action="approve", source_url="")

    row = curator.get("/t/acme/library/").content.decode()
    card = curator.get("/t/acme/").content.decode()

    assert "3 pictures" in row
    assert f"/files/{kept[0].pk}/preview/" in row
    assert "3 pictures" in card
    assert f"/files/{kept[0].pk}/preview/" in card
    assert 'href=""' not in row + card


def test_the_api_lists_an_items_files_and_leaves_them_alone(
    curator: Client, cora: Membership, acme: Tenant, kept: list[ItemMedia]
) -> None:
    send(curator, media=ids(kept), source_url="", **{f"alt-{kept[0].pk}": "Cables"})
    item = stored(acme)
    with acting_for(acme):
        token = create_api_token(membership=cora, name="t")
    headers = {"authorization": f"Bearer {token}"}
    url = f"/api/v1/items/{item.pk}/"

    changed = curator.patch(
        url, {"title": "New"}, content_type="application/json", headers=headers
    )
    told = curator.get(url, headers=headers).json()

    assert changed.status_code == 200
    assert (told["title"], told["source_url"]) == ("New", "")
    assert [one["id"] for one in told["media"]] == ids(kept)
    assert told["media"][0] == {
        "id": str(kept[0].pk), "kind": "image", "content_type": "image/png",
        "name": "p0", "alt": "Cables", "size": kept[0].size, "width": 20, "height": 20,
        "seconds": None, "url": told["media"][0]["url"],
    }  # fmt: skip
    assert f"/t/acme/files/{kept[0].pk}/?v=" in told["media"][0]["url"]
