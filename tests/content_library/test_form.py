"""The one-screen form of an item."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from content_library.models import Item
from content_library.services import Suggestion
from tenants.models import Membership, Tenant
from tenants.scoping import acting_for

from .conftest import ADDRESS, Write, image_bytes

pytestmark = pytest.mark.django_db


@pytest.fixture
def curator(client: Client, cora: Membership) -> Client:
    client.force_login(cora.user)
    return client


def new() -> str:
    return reverse("content_library:new", args=["acme"])


def edit(item: Item) -> str:
    return reverse("content_library:edit", args=["acme", item.pk])


def filled(client: Client, url: str, **changes: Any) -> dict[str, Any]:
    """Return what a browser would send: the form as it is shown, with changes."""
    editor = client.get(url).context["editor"]
    data = {name: editor.form[name].value() or "" for name in editor.form.fields}
    for name in ("starts_at", "ends_at"):
        data[name] = data[name] and data[name].strftime("%Y-%m-%dT%H:%M")
    for name in ("remove_picture", "picture", "topics"):
        data.pop(name)
    data["topics"] = editor.form["topics"].value() or []
    data |= {"texts-TOTAL_FORMS": len(editor.texts), "texts-INITIAL_FORMS": 0}
    for number, row in enumerate(editor.texts):
        for name in ("network", "text"):
            data[f"texts-{number}-{name}"] = row[name].value() or ""
    return data | {"title": "Wind", "source_url": ADDRESS, "action": "save"} | changes


def send(client: Client, url: str | None = None, **changes: Any) -> Any:
    url = url or new()
    return client.post(url, filled(client, url, **changes))


def stored(tenant: Tenant) -> Item:
    with acting_for(tenant):
        return Item.objects.for_tenant(tenant).get()


def count(tenant: Tenant) -> int:
    with acting_for(tenant):
        return Item.objects.for_tenant(tenant).count()


def upload(data: bytes, name: str = "photo.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, "image/png")


def test_a_link_and_a_title_are_enough(curator: Client, acme: Tenant) -> None:
    response = send(curator)

    assert response.url == "/t/acme/library/?shelf=draft"
    assert stored(acme).state == Item.State.DRAFT


def test_one_press_more_makes_it_live(curator: Client, acme: Tenant) -> None:
    response = send(curator, action="approve")

    assert response.url == "/t/acme/library/?shelf=live"
    assert stored(acme).state == Item.State.APPROVED


def test_everything_a_curator_writes_is_kept(curator: Client, acme: Tenant) -> None:
    send(
        curator,
        title="Wind 🌬 שלום",
        summary="Long",
        why="Useful",
        source_name="Blog",
        image_alt="A mill",
        new_topics="Wind, Jobs",
        **{"texts-0-text": "Look", "texts-2-text": "Again"},
    )

    item = stored(acme)
    assert (item.title, item.summary, item.why) == ("Wind 🌬 שלום", "Long", "Useful")
    assert (item.source_name, item.image_alt) == ("Blog", "A mill")
    with acting_for(acme):
        assert {topic.name for topic in item.topics.all()} == {"Wind", "Jobs"}
        texts = item.suggested_texts.order_by("position")
        assert [text.text for text in texts] == ["Look", "Again"]


def test_opening_and_saving_an_item_changes_nothing(
    write: Write, curator: Client, cora: Membership, acme: Tenant
) -> None:
    item = write(
        cora,
        "Wind",
        summary="Long",
        topics=["Wind"],
        starts_at=datetime(2026, 11, 1, 8, tzinfo=UTC),
        suggested_texts=[Suggestion(f"Text {n}", "x" if n else "") for n in range(8)],
    )

    assert send(curator, edit(item)).status_code == 302

    again = stored(acme)
    assert (again.summary, again.starts_at) == ("Long", item.starts_at)
    with acting_for(acme):
        assert [topic.name for topic in again.topics.all()] == ["Wind"]
        assert again.suggested_texts.count() == 8
        assert again.suggested_texts.filter(network="x").count() == 7


def test_a_text_is_suggested_for_any_network_we_know(curator: Client) -> None:
    row = curator.get(new()).context["editor"].texts[0]

    labels = [str(label) for _slug, label in row.fields["network"].choices]

    assert labels[0] == "All networks"
    assert {"LinkedIn", "X", "Facebook"} < set(labels)
    assert labels[1:] == sorted(labels[1:], key=str.casefold)


# -- Time ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2026-01-15T09:00", datetime(2026, 1, 15, 8, tzinfo=UTC)),
        ("2026-07-15T09:00", datetime(2026, 7, 15, 7, tzinfo=UTC)),
        ("2026-10-25T03:00", datetime(2026, 10, 25, 2, tzinfo=UTC)),
    ],
)
def test_a_window_is_typed_in_the_tenants_time(
    typed: str, meant: datetime, curator: Client, acme: Tenant
) -> None:
    send(curator, starts_at=typed)

    assert stored(acme).starts_at == meant
    shown = curator.get(edit(stored(acme))).content.decode()
    assert f'value="{typed}"' in shown


def test_another_tenants_clock_is_another(curator: Client, acme: Tenant) -> None:
    acme.time_zone = "Atlantic/Faroe"
    acme.save()

    send(curator, starts_at="2026-01-15T09:00")

    assert stored(acme).starts_at == datetime(2026, 1, 15, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "typed",
    [
        "2026-03-29T02:30",  # skipped that night
        "2026-10-25T02:30",  # comes twice
        "2026-13-45T99:99",
        "0001-01-01T00:00",
        "9999-12-31T23:59",
        "tomorrow",
        "9" * 400,
    ],
)
def test_a_moment_that_is_none_is_said_at_the_field(
    typed: str, curator: Client, acme: Tenant
) -> None:
    response = send(curator, starts_at=typed)

    assert response.status_code == 422
    assert response.context["editor"].form.errors["starts_at"]
    assert count(acme) == 0


def test_a_window_that_ends_first_is_said_at_its_end(curator: Client) -> None:
    response = send(curator, starts_at="2027-01-02T00:00", ends_at="2027-01-01T00:00")

    assert list(response.context["editor"].form.errors) == ["ends_at"]


def test_an_item_nobody_could_see_is_not_approved(
    curator: Client, acme: Tenant
) -> None:
    response = send(curator, ends_at="2020-01-01T00:00", action="approve")

    assert response.status_code == 422
    assert "nobody would see" in response.content.decode()
    assert count(acme) == 0


# -- Mistakes -----------------------------------------------------------------------------

WRONG = {
    "no title": ({"title": ""}, "title"),
    "title too long": ({"title": "x" * 201}, "title"),
    "summary too long": ({"summary": "x" * 1001}, "summary"),
    "no address": ({"source_url": ""}, "source_url"),
    "script": ({"source_url": "javascript:alert(1)"}, "source_url"),
    "10 kB": ({"source_url": "https://a.dk/" + "x" * 10_000}, "source_url"),
    "password": ({"source_url": "https://a:b@a.dk/"}, "source_url"),
    "NUL": ({"title": "a\x00b"}, "title"),
    "NUL in the address": ({"source_url": "https://a.dk/\x00"}, "source_url"),
    "unknown topic": ({"topics": ["Stolen"]}, "topics"),
    "long topic": ({"new_topics": "x" * 61}, "new_topics"),
    "many topics": ({"new_topics": "a,b,c,d,e,f,g,h,i"}, "topics"),
}


@pytest.mark.parametrize(("change", "field"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_at_its_field_and_the_rest_is_kept(
    change: dict[str, Any], field: str, curator: Client, acme: Tenant
) -> None:
    response = send(curator, image_alt="Typed before", **change)

    assert response.status_code == 422
    assert field in response.context["editor"].form.errors
    assert "Typed before" in response.content.decode()
    assert count(acme) == 0


TEXTS = {
    "too long": {"texts-0-text": "x" * 3001},
    "unknown network": {"texts-0-text": "Hi", "texts-0-network": "myspace"},
    "no count": {"texts-TOTAL_FORMS": "x"},
    "too many": {"texts-TOTAL_FORMS": "2000"},
}


@pytest.mark.parametrize("change", TEXTS.values(), ids=TEXTS)
def test_a_wrong_text_stores_nothing(
    change: dict[str, str], curator: Client, acme: Tenant
) -> None:
    assert send(curator, **change).status_code == 422
    assert count(acme) == 0


def test_another_tenants_topics_are_not_offered(
    write: Write, curator: Client, eve: Membership
) -> None:
    write(eve, topics=["Secret plans"])

    assert "Secret plans" not in curator.get(new()).content.decode()


def test_a_colleagues_change_is_not_overwritten_unseen(
    write: Write, curator: Client, cora: Membership, acme: Tenant
) -> None:
    item = write(cora)
    data = filled(curator, edit(item), title="Mine")
    write(cora, "Theirs", item=item)

    refused = curator.post(edit(item), data)

    assert refused.status_code == 422
    assert "Somebody else has changed" in refused.content.decode()
    assert stored(acme).title == "Theirs"
    data["based_on"] = refused.context["editor"].form["based_on"].value()
    assert curator.post(edit(item), data).status_code == 302
    assert stored(acme).title == "Mine"


# -- The picture --------------------------------------------------------------------------


def test_a_picture_is_stored_as_a_jpeg_of_ours(curator: Client, acme: Tenant) -> None:
    send(curator, picture=upload(image_bytes()))

    with stored(acme).image.open() as file:
        assert file.read(3) == b"\xff\xd8\xff"


def test_a_file_that_is_no_picture_is_said_at_the_field(
    curator: Client, acme: Tenant, media: Path
) -> None:
    response = send(curator, picture=upload(b"<svg onload=alert(1)>"))

    assert "cannot read this picture" in response.content.decode()
    assert count(acme) == 0
    assert not [path for path in media.rglob("*") if path.is_file()]


def test_an_empty_file_is_said_at_the_field(curator: Client) -> None:
    response = send(curator, picture=upload(b""))

    assert list(response.context["editor"].form.errors) == ["picture"]


@pytest.mark.parametrize(
    "change", [{"title": ""}, {"ends_at": "2020-01-01T00:00", "action": "approve"}]
)
def test_a_good_picture_in_a_wrong_form_has_to_be_chosen_again_and_we_say_so(
    change: dict[str, str], curator: Client, media: Path
) -> None:
    response = send(curator, picture=upload(image_bytes()), **change)

    assert "Choose the picture once more" in response.content.decode()
    assert not [path for path in media.rglob("*") if path.is_file()]


def test_a_picture_is_removed_when_asked(
    write: Write, curator: Client, acme: Tenant
) -> None:
    send(curator, picture=upload(image_bytes()))
    item = stored(acme)

    send(curator, edit(item), remove_picture="on")

    assert not stored(acme).image
