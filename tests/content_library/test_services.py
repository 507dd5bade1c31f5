"""Items: written, approved, archived."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile

from content_library import services
from content_library.models import Item, SuggestedText, Topic
from content_library.services import Suggestion
from tenants.models import AuditEntry, Membership, Tenant
from tenants.scoping import acting_for

from .conftest import ADDRESS, NOON, Write, image_bytes

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def actions(tenant: Tenant) -> list[str]:
    entries = AuditEntry.objects.for_tenant(tenant).order_by("at", "id")
    return [entry.action for entry in entries]


def picture() -> ContentFile:
    return ContentFile(image_bytes(kind="JPEG"), name="whatever.svg")


def files(media: Path) -> list[Path]:
    return [path for path in media.rglob("*") if path.is_file()]


def test_a_saved_item_is_a_draft_of_its_writer(
    write: Write, cora: Membership, acme: Tenant
) -> None:
    item = write(cora, "Wind is up", summary="A lot.", why="They asked.")

    with acting_for(acme):
        stored = Item.objects.for_tenant(acme).get()
        assert (stored.title, stored.summary, stored.why) == (
            "Wind is up",
            "A lot.",
            "They asked.",
        )
        assert (stored.state, stored.created_by_id) == (Item.State.DRAFT, cora.pk)
        assert stored.pk == item.pk
        assert actions(acme) == ["item.created"]


def test_save_and_approve_lets_members_share_at_once(
    write: Write, cora: Membership, acme: Tenant
) -> None:
    item = write(cora, approve=True)

    with acting_for(acme):
        assert item.is_shareable(NOON)
        assert (item.approved_by, item.approved_at) == (cora, NOON)
        assert actions(acme) == ["item.created", "item.approved"]


def test_a_live_item_stays_live_when_it_is_edited(
    write: Write, cora: Membership, acme: Tenant
) -> None:
    item = write(cora, approve=True)

    edited = write(cora, "Better title", item=item, now=NOON + HOUR)

    assert (edited.state, edited.approved_at) == (Item.State.APPROVED, NOON)
    with acting_for(acme):
        entry = AuditEntry.objects.for_tenant(acme).get(action="item.changed")
        assert entry.details == {"fields": ["title"]}


def test_approving_twice_is_approving_once(
    write: Write, cora: Membership, acme: Tenant
) -> None:
    item = write(cora)

    with acting_for(acme):
        for later in (NOON, NOON + HOUR):
            item = services.approve_item(by=cora, item=item, now=later)

        assert item.approved_at == NOON
        assert actions(acme).count("item.approved") == 1


def test_an_item_whose_window_is_over_cannot_be_approved(
    write: Write, cora: Membership, acme: Tenant
) -> None:
    item = write(cora, ends_at=NOON)

    with acting_for(acme), pytest.raises(ValidationError) as refused:
        services.approve_item(by=cora, item=item, now=NOON)

    assert list(refused.value.message_dict) == ["ends_at"]


def test_a_window_that_ends_before_it_begins_is_refused(
    write: Write, cora: Membership, acme: Tenant
) -> None:
    with pytest.raises(ValidationError) as refused:
        write(cora, starts_at=NOON, ends_at=NOON)

    assert list(refused.value.message_dict) == ["ends_at"]
    with acting_for(acme):
        assert not Item.objects.for_tenant(acme).exists()


def test_an_archived_item_may_be_approved_again_and_is_new(
    write: Write, cora: Membership, acme: Tenant
) -> None:
    item = write(cora, approve=True)

    with acting_for(acme):
        item = services.archive_item(by=cora, item=item)
        assert not item.is_shareable(NOON)
        item = services.approve_item(by=cora, item=item, now=NOON + HOUR)

        assert item.approved_at == NOON + HOUR
        assert actions(acme) == [
            "item.created",
            "item.approved",
            "item.archived",
            "item.approved",
        ]


def test_a_draft_is_deleted_and_never_archived(
    write: Write, cora: Membership, acme: Tenant
) -> None:
    draft, live = write(cora), write(cora, approve=True)

    with acting_for(acme):
        with pytest.raises(services.NotApproved):
            services.archive_item(by=cora, item=draft)
        with pytest.raises(services.NotADraft):
            services.delete_draft(by=cora, item=live)
        services.delete_draft(by=cora, item=draft)

        assert [item.pk for item in Item.objects.for_tenant(acme)] == [live.pk]


def test_an_address_is_stored_as_dns_knows_it(write: Write, cora: Membership) -> None:
    item = write(cora, source_url="  https://Rødgrød.example/på?q=æ ")

    assert item.source_url == ("https://xn--rdgrd-vuad.example/p%C3%A5?q=%C3%A6")


def test_a_dangerous_address_is_refused_even_past_the_form(
    write: Write, cora: Membership
) -> None:
    with pytest.raises(ValidationError):
        write(cora, source_url="javascript:alert(1)")


def test_topics_are_made_once_however_they_are_typed(
    write: Write, cora: Membership, eve: Membership, acme: Tenant
) -> None:
    write(eve, topics=["Wind"])
    write(cora, topics=["Wind", "Æbler"])

    item = write(cora, topics=[" wind ", "WIND", "æbler", "New  jobs", ""])

    with acting_for(acme):
        assert {topic.name for topic in item.topics.all()} == {
            "Wind",
            "Æbler",
            "New jobs",
        }
        assert Topic.objects.for_tenant(acme).count() == 3


def test_topics_that_are_no_longer_named_leave_the_item(
    write: Write, cora: Membership, acme: Tenant
) -> None:
    item = write(cora, topics=["Wind", "Jobs"])

    with acting_for(acme):
        services.set_topics(item=item, names=["Jobs", "Sun"])

        assert {topic.name for topic in item.topics.all()} == {"Jobs", "Sun"}


def test_suggested_texts_keep_their_order_and_network(
    write: Write, cora: Membership, acme: Tenant
) -> None:
    item = write(cora, suggested_texts=[Suggestion("Old")])

    write(
        cora,
        item=item,
        suggested_texts=[Suggestion("For all"), Suggestion("Short", "x")],
    )

    with acting_for(acme):
        texts = SuggestedText.objects.for_tenant(acme).order_by("position")
        assert [(text.text, text.network) for text in texts] == [
            ("For all", ""),
            ("Short", "x"),
        ]


def test_a_picture_lies_under_its_tenant_by_a_name_of_ours(
    write: Write, cora: Membership, acme: Tenant, media: Path
) -> None:
    item = write(cora, picture=picture())

    assert item.image.name.startswith(f"t/{acme.pk}/items/")
    assert item.image.name.endswith(".jpg")
    assert "whatever" not in item.image.name
    assert len(files(media)) == 1


def test_a_replaced_picture_is_deleted_once_the_change_is_certain(
    write: Write,
    cora: Membership,
    media: Path,
    django_capture_on_commit_callbacks,
) -> None:
    item = write(cora, picture=picture())
    old = Path(item.image.path)

    with django_capture_on_commit_callbacks() as waiting:
        item = write(cora, item=item, picture=picture())
    assert old.exists()
    for callback in waiting:
        callback()

    assert files(media) == [Path(item.image.path)]


@pytest.mark.parametrize("way", ["remove", "delete"])
def test_no_picture_is_left_behind(
    way: str,
    write: Write,
    cora: Membership,
    acme: Tenant,
    media: Path,
    django_capture_on_commit_callbacks,
) -> None:
    item = write(cora, picture=picture())

    with django_capture_on_commit_callbacks(execute=True), acting_for(acme):
        if way == "remove":
            item = write(cora, item=item, remove_picture=True)
            assert not item.image
        else:
            services.delete_draft(by=cora, item=item)

    assert files(media) == []


def test_a_picture_stays_when_only_words_change(write: Write, cora: Membership) -> None:
    item = write(cora, picture=picture())
    before = item.image.name

    assert write(cora, "Other", item=item).image.name == before


def test_a_stored_address_stays_as_it_is(write: Write, cora: Membership) -> None:
    assert write(cora).source_url == ADDRESS
