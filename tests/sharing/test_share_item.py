"""Accepting a press: one share, its publications, its frozen text; or why not."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from content_library.models import Item
from guidelines.models import Guideline, GuidelineVersion
from guidelines.services import acknowledge
from sharing import services
from sharing.models import Account, Draft, Publication, Share, State, TrackedLink
from sharing.services import Part, ShareRefused
from tenants.models import AuditEntry, Membership, Tenant
from tenants.scoping import acting_for
from tests.conftest import COMMITTED
from tests.sharing.conftest import make_account, make_item

pytestmark = pytest.mark.django_db


def share(
    by: Membership, item: Item, *parts: Part, key: str = "k1", **more: Any
) -> Share:
    with acting_for(by.tenant_id):
        return services.share_item(
            by=by,
            item=item,
            parts=parts,
            idempotency_key=key,
            now=timezone.now(),
            **more,
        )


def refusal(
    by: Membership, item: Item, *parts: Part, **more: Any
) -> dict[str, list[str]]:
    with pytest.raises(ShareRefused) as refused:
        share(by, item, *parts, **more)
    with acting_for(by.tenant_id):
        assert not Share.objects.for_tenant(by.tenant_id).exists()
        assert not TrackedLink.objects.for_tenant(by.tenant_id).exists()
    return refused.value.errors


def test_each_account_gets_its_own_words_and_its_own_link(
    ana: Membership, item: Item, linkedin: Account, x: Account
) -> None:
    made = share(ana, item, Part(linkedin, "On the boat."), Part(x, "At sea."))

    with acting_for(ana.tenant_id):
        by_network = {
            one.network: one for one in made.publications.select_related("link")
        }
    assert by_network["linkedin"].text == "On the boat."
    assert by_network["x"].text == f"At sea.\n\n{by_network['x'].link.url}"
    assert by_network["linkedin"].link.code != by_network["x"].link.code
    assert {one.state for one in by_network.values()} == {State.READY}


def test_the_pasted_source_address_becomes_the_tracked_link(
    ana: Membership, item: Item, x: Account
) -> None:
    made = share(ana, item, Part(x, f"See {item.source_url} today"))

    with acting_for(ana.tenant_id):
        publication = made.publications.select_related("link").get()
    assert publication.text == f"See {publication.link.url} today"


def test_the_same_press_again_is_the_same_share(
    ana: Membership, item: Item, x: Account
) -> None:
    first = share(ana, item, Part(x, "Once."))
    again = share(ana, item, Part(x, "Twice?"))

    assert (again.pk, first.is_new, again.is_new) == (first.pk, True, False)
    with acting_for(ana.tenant_id):
        assert Publication.objects.for_tenant(ana.tenant_id).count() == 1


def test_another_member_may_use_the_same_key(
    ana: Membership, cora: Membership, item: Item, x: Account
) -> None:
    hers = make_account(cora, "x")

    assert share(ana, item, Part(x, "A")).pk != share(cora, item, Part(hers, "B")).pk


@COMMITTED
def test_two_presses_at_the_same_moment_make_one_share(
    ana: Membership, item: Item, x: Account
) -> None:
    start, made = threading.Barrier(4), []

    def press() -> None:
        start.wait()
        made.append(share(ana, item, Part(x, "Once.")).pk)
        connection.close()

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(made) == 4
    assert len(set(made)) == 1
    with acting_for(ana.tenant_id):
        assert Publication.objects.for_tenant(ana.tenant_id).count() == 1


def test_sharing_leaves_an_audit_entry_and_takes_the_draft(
    ana: Membership, item: Item, x: Account
) -> None:
    with acting_for(ana.tenant_id):
        services.save_draft(by=ana, item=item, texts={"": "Half a tho"})
        assert services.find_draft(ana, item) == {"": "Half a tho"}

    share(ana, item, Part(x, "A thought."))

    with acting_for(ana.tenant_id):
        assert services.find_draft(ana, item) == {}
        entry = AuditEntry.objects.for_tenant(ana.tenant_id).get(action="share.pressed")
    assert entry.actor_id == ana.pk
    assert "thought" not in str(entry.details)


def test_a_draft_of_nothing_is_no_draft(ana: Membership, item: Item) -> None:
    with acting_for(ana.tenant_id):
        services.save_draft(by=ana, item=item, texts={"": "Some\0thing"})
        services.save_draft(by=ana, item=item, texts={"": ""})

        assert not Draft.objects.for_tenant(ana.tenant_id).exists()


# -- Refused -------------------------------------------------------------------------------


def test_an_item_that_is_not_shareable_is_refused(
    ana: Membership, acme: Tenant, x: Account
) -> None:
    over = make_item(acme, ends_at=timezone.now() - timedelta(minutes=1))

    assert "item" in refusal(ana, over, Part(x, "Late."))


def test_an_item_of_another_tenant_is_refused(
    ana: Membership, globex: Tenant, x: Account
) -> None:
    theirs = make_item(globex)

    assert "item" in refusal(ana, theirs, Part(x, "Hello."))


def test_a_colleagues_account_is_refused(
    ana: Membership, cora: Membership, item: Item
) -> None:
    hers = make_account(cora, "x")

    assert "publications.0.account" in refusal(ana, item, Part(hers, "Hello."))


def test_an_account_is_used_once(ana: Membership, item: Item, x: Account) -> None:
    errors = refusal(ana, item, Part(x, "One."), Part(x, "Two."))

    assert list(errors) == ["publications.1.account"]


@pytest.mark.parametrize("text", ["", "   \n", "x" * 281, "y" * 20_000, "nul \0 byte"])
def test_a_text_the_network_would_not_take_is_refused_at_its_field(
    ana: Membership, item: Item, x: Account, text: str
) -> None:
    assert list(refusal(ana, item, Part(x, text))) == ["publications.0.text"]


def test_nothing_chosen_is_refused(ana: Membership, item: Item) -> None:
    assert "publications" in refusal(ana, item)


@pytest.mark.parametrize("days", [-1, 91])
def test_a_time_too_early_or_too_far_is_refused(
    ana: Membership, item: Item, x: Account, days: int
) -> None:
    moment = timezone.now() + timedelta(days=days)

    assert "scheduled_at" in refusal(ana, item, Part(x, "Then."), scheduled_at=moment)


def test_a_share_for_later_waits_in_its_row(
    ana: Membership, item: Item, x: Account
) -> None:
    moment = timezone.now() + timedelta(days=2)

    made = share(ana, item, Part(x, "Then."), scheduled_at=moment)

    with acting_for(ana.tenant_id):
        publication = made.publications.get()
    assert (publication.not_before, publication.reason) == (moment, "scheduled")


def test_guidelines_are_acknowledged_once_before_the_first_share(
    ana: Membership, acme: Tenant, item: Item, x: Account
) -> None:
    with acting_for(acme):
        version = GuidelineVersion.objects.create(
            tenant=acme,
            guideline=Guideline.objects.create(tenant=acme, title="How we share"),
            number=1,
            published_at=timezone.now(),
        )
    assert "guidelines" in refusal(ana, item, Part(x, "Hello."))

    with acting_for(acme):
        acknowledge(by=ana, version=version, now=timezone.now())
    assert share(ana, item, Part(x, "Hello.")).is_new


def test_the_database_refuses_a_second_share_for_one_press(
    ana: Membership, item: Item, x: Account
) -> None:
    made = share(ana, item, Part(x, "Once."))

    with pytest.raises(IntegrityError), transaction.atomic(), acting_for(ana.tenant_id):
        Share.objects.create(
            tenant_id=ana.tenant_id,
            membership=ana,
            item=item,
            idempotency_key=made.idempotency_key,
        )


# -- Afterwards ---------------------------------------------------------------------------


def test_cancelling_in_time_says_so_and_is_written_down(
    ana: Membership, item: Item, linkedin: Account, x: Account
) -> None:
    made = share(ana, item, Part(linkedin, "On the boat."), Part(x, "At sea."))

    with acting_for(ana.tenant_id):
        stopped = services.cancel_share(share=made, by=ana)
        again = services.cancel_share(share=made, by=ana)
        entries = AuditEntry.objects.for_tenant(ana.tenant_id)
        cancelled = entries.filter(action="publication.cancelled", actor=ana)
        assert (stopped, again, cancelled.count()) == (2, 0, 2)
