"""A person is told each thing once, sees only their own, and is not reminded for ever."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from notifications import keeping
from notifications.models import Notice, in_words
from notifications.notifying import notify, see
from notifications.reading import unseen
from tenants.models import Membership, Tenant
from tenants.scoping import acting_for
from tests.notifications.conftest import let_pass, notices, tell

pytestmark = pytest.mark.django_db


def test_the_same_key_tells_the_same_person_once(ana: Membership) -> None:
    for text in ("first", "again"):
        tell(ana, text, key="k")

    assert [notice.words for notice in notices(ana.tenant)] == ["first"]


def test_the_same_key_tells_each_person_in_one_query(
    ana: Membership, mo: Membership, django_assert_num_queries: object
) -> None:
    with acting_for(ana.tenant), django_assert_num_queries(1):  # type: ignore[operator]
        notify(
            tenant_id=ana.tenant_id,
            members=[ana.pk, mo.pk],
            key="k",
            message={"msgid": "Hello", "values": {}},
        )

    assert {one.membership_id for one in notices(ana.tenant)} == {ana.pk, mo.pk}


def test_a_notice_is_gone_when_what_it_tells_of_is(ana: Membership) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        tell(ana)
        raise ZeroDivisionError

    assert notices(ana.tenant) == []


def test_a_notice_without_a_key_is_refused_by_the_database(ana: Membership) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        tell(ana, key="")


def test_what_waits_for_its_member_stands_first(ana: Membership) -> None:
    tell(ana, "do this", kind=Notice.Kind.TO_DO)
    for number in range(3):
        tell(ana, f"know {number}")

    with acting_for(ana.tenant):
        found = unseen(ana)

    assert found.first.notice.words == "do this"
    assert (len(found.rest), found.more) == (3, 3)


def test_seeing_one_leaves_those_of_colleagues_and_neighbours(
    ana: Membership, mo: Membership, eve: Membership
) -> None:
    for member in (ana, mo, eve):
        tell(member, key="k")

    with acting_for(ana.tenant):
        assert see(tenant_id=ana.tenant_id, member=ana.pk) == 1

    seen = {one.membership_id: one.seen_at for one in notices(ana.tenant)}
    assert seen[ana.pk] is not None
    assert seen[mo.pk] is None
    assert notices(eve.tenant)[0].seen_at is None


def test_seen_notices_are_kept_for_a_month(ana: Membership, eve: Membership) -> None:
    tell(ana, "old")
    with acting_for(ana.tenant):
        see(tenant_id=ana.tenant_id, member=ana.pk)
    let_pass(ana, days=31)
    tell(ana, "new")
    tell(eve, "unseen")
    let_pass(eve, days=31)

    assert keeping.forget_old() == 1
    assert [one.words for one in notices(ana.tenant)] == ["new"]
    assert len(notices(eve.tenant)) == 1


def test_unseen_notices_are_kept_for_half_a_year(ana: Membership) -> None:
    tell(ana)
    let_pass(ana, days=181)

    assert keeping.forget_old() == 1


def test_a_message_among_the_values_is_translated_too() -> None:
    inner = {"msgid": "Cancel", "values": {}}
    with translation.override("da"):
        said = in_words({"msgid": "%(why)s!", "values": {"why": inner}})

    assert said == "Annullér!"


def test_a_page_that_is_no_more_opens_nothing(ana: Membership, acme: Tenant) -> None:
    tell(ana, page="sharing:long_gone", args=["1"])

    assert notices(acme)[0].address("acme") == ""
