"""The owner learns what became of a publication without them; admins what stops a network."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import OperationalError, connection, connections
from django.test import Client
from django.utils import translation

from notifications.models import Notice
from sharing import publishing, services, telling
from sharing.connectors.text import Sentence
from sharing.models import Account, Publication, Reason, State
from sharing.publishing.moving import move
from tenants.models import Membership, Role, Tenant
from tenants.scoping import acting_for
from tests.conftest import COMMITTED, Join
from tests.sharing.conftest import Press, fresh

pytestmark = pytest.mark.django_db


def become(publication: Publication, state: str, reason: str, **fields: Any) -> None:
    """Make the transition; the machine tells of it."""
    with acting_for(publication.tenant_id):
        assert move(publication, state, reason=reason, **fields)


def notices(tenant: Tenant) -> list[Notice]:
    with acting_for(tenant):
        return list(Notice.objects.for_tenant(tenant).order_by("pk"))


def test_refused_post_says_what_the_network_said(
    press: Press, x: Account, ana: Membership, globex: Tenant
) -> None:
    why = Sentence("The text is too long by %(count)s characters.", count=3)

    become(press(x), State.FAILED, "invalid", message=why)

    (notice,) = notices(ana.tenant)
    assert (notice.membership_id, notice.kind) == (ana.pk, Notice.Kind.TO_DO)
    assert notice.words == (
        "X did not take “How the new cables were laid”. "
        "The text is too long by 3 characters."
    )
    assert notices(globex) == []


def test_what_needs_its_member_opens_the_share(
    press: Press, x: Account, ana: Membership
) -> None:
    publication = press(x)

    become(publication, State.NEEDS_USER, Reason.UNCONFIRMED)

    (notice,) = notices(ana.tenant)
    assert notice.kind == Notice.Kind.TO_DO
    assert notice.address("acme") == f"/t/acme/shared/{publication.share_id}/"


def test_lost_account_is_told_once_however_many_posts_wait(
    press: Press, x: Account, ana: Membership
) -> None:
    for key in ("k1", "k2", "k3"):
        become(press(x, key=key), State.NEEDS_USER, Reason.RECONNECT)

    (notice,) = notices(ana.tenant)
    assert notice.address("acme") == "/t/acme/accounts/"


def test_telling_again_tells_nothing_new(
    press: Press, x: Account, ana: Membership
) -> None:
    publication = press(x)
    become(publication, State.NEEDS_USER, Reason.GAVE_UP)
    with acting_for(ana.tenant):
        telling.tell(publication)

    assert len(notices(ana.tenant)) == 1


def test_each_failure_of_a_post_is_told(
    press: Press, x: Account, ana: Membership
) -> None:
    publication = press(x)
    become(publication, State.NEEDS_USER, Reason.GAVE_UP)
    publishing.release(publication, reason=Reason.RETRY)

    become(publication, State.NEEDS_USER, Reason.GAVE_UP)

    assert len(notices(ana.tenant)) == 2


@pytest.mark.parametrize(
    "reason", [Reason.BY_MEMBER, Reason.MEMBER_LEFT, Reason.ACCOUNT_GONE]
)
def test_nobody_is_told_of_what_they_did_themselves(
    press: Press, x: Account, ana: Membership, reason: str
) -> None:
    become(press(x), State.CANCELLED, reason)

    assert notices(ana.tenant) == []


@pytest.mark.parametrize("state", [State.PUBLISHED, State.READY])
def test_good_news_are_no_notice(
    press: Press, x: Account, ana: Membership, state: str
) -> None:
    publication = press(x)
    with acting_for(ana.tenant):
        telling.tell(publication)

    assert notices(ana.tenant) == []


def test_recalled_item_asks_nothing_of_its_member(
    press: Press, x: Account, ana: Membership
) -> None:
    become(press(x), State.CANCELLED, Reason.ITEM_CLOSED)

    (notice,) = notices(ana.tenant)
    assert notice.kind == Notice.Kind.TO_KNOW
    with translation.override("da"):
        assert "trukket tilbage" in notice.words


def test_who_left_is_told_nothing(press: Press, x: Account, ana: Membership) -> None:
    publication = press(x)
    ana.deactivated_at = publication.created_at
    with acting_for(ana.tenant):
        ana.save(update_fields=["deactivated_at"])

    become(publication, State.FAILED, "invalid")

    assert notices(ana.tenant) == []


@pytest.mark.parametrize(
    ("state", "reason", "path"),
    [
        (State.FAILED, "invalid", "/t/acme/shared/{share}/"),
        (State.NEEDS_USER, Reason.RECONNECT, "/t/acme/accounts/"),
    ],
)
def test_whoever_looks_at_the_page_needs_no_notice_of_it(
    press: Press,
    x: Account,
    ana: Membership,
    client: Client,
    state: str,
    reason: str,
    path: str,
) -> None:
    publication = press(x)
    become(publication, state, reason)
    client.force_login(ana.user)

    client.get(path.format(share=publication.share_id))

    assert notices(ana.tenant)[0].seen_at


def test_whoever_has_acted_needs_no_notice_of_what_was_before(
    press: Press, x: Account, ana: Membership
) -> None:
    publication = press(x)
    become(publication, State.NEEDS_USER, Reason.GAVE_UP)

    with acting_for(ana.tenant):
        services.retry(publication=publication, by=ana)

    assert notices(ana.tenant)[0].seen_at


def test_admins_learn_once_why_a_network_is_paused(
    ana: Membership, ada: Membership, join: Join, eve: Membership
) -> None:
    bo = join("bo", ada.tenant, Role.ADMIN)
    gone = join("gone", ada.tenant, Role.ADMIN)
    why = Sentence("The app of %(network)s was blocked.", network="X")
    with acting_for(ada.tenant):
        gone.deactivated_at = gone.joined_at
        gone.save()
        for _ in range(2):
            telling.tell_admins(
                tenant_id=ada.tenant_id, network="x", sentence=why, key="paused:x:1"
            )

    told = notices(ada.tenant)
    assert {one.membership_id for one in told} == {ada.pk, bo.pk}
    assert len(told) == 2
    assert told[0].words.startswith("X is paused for everybody here: The app of X was")
    assert notices(eve.tenant) == []


def test_telling_asks_two_queries_within_a_savepoint(
    press: Press, x: Account, ana: Membership, django_assert_num_queries: Any
) -> None:
    publication = press(x)
    with acting_for(ana.tenant):
        move(publication, State.FAILED, reason="invalid")
        with django_assert_num_queries(4):  # two of them the savepoint
            telling.tell(publication)


def test_fault_in_the_telling_costs_the_notice_and_no_more(
    press: Press, x: Account, ana: Membership, caplog: pytest.LogCaptureFixture
) -> None:
    publication = press(x)
    with acting_for(ana.tenant):
        Publication.objects.for_tenant(ana.tenant).update(card=["no title here"])

    become(publication, State.FAILED, "invalid")

    assert fresh(publication).state == State.FAILED
    assert "nobody was told" in caplog.text
    assert notices(ana.tenant) == []


@contextmanager
def by_the_owner(before: str, after: str) -> Iterator[None]:
    """Do something to the table of notices as the role that owns it, and undo it."""
    with connections["owner"].cursor() as owner:
        owner.execute(before)
        try:
            yield
        finally:
            owner.execute(after)


@COMMITTED
def test_notice_that_the_database_refuses_leaves_the_transition_alone(
    press: Press, x: Account, ana: Membership, caplog: pytest.LogCaptureFixture
) -> None:
    publication = press(x)
    table = "ALTER TABLE notifications_notice"

    with by_the_owner(
        f"{table} ADD CONSTRAINT no_more CHECK (false) NOT VALID",
        f"{table} DROP CONSTRAINT no_more",
    ):
        become(publication, State.FAILED, "invalid")

    assert fresh(publication).state == State.FAILED
    assert "nobody was told" in caplog.text


@COMMITTED
def test_database_in_trouble_undoes_notice_and_transition_together(
    press: Press, x: Account, ana: Membership
) -> None:
    publication = press(x)

    with (
        by_the_owner("BEGIN; LOCK TABLE notifications_notice", "ROLLBACK"),
        pytest.raises(OperationalError),
        acting_for(ana.tenant),
    ):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = 50")
        move(publication, State.FAILED, reason="invalid")

    assert fresh(publication).state == State.READY
